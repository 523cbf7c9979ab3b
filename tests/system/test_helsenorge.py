"""Twenty appointments of Helsenorge's profile go in through the journal and come out with their citizen (issue 4)."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from fhirpathpy import evaluate

from harness.helsenorge import VOLVEN, appointment, bundle, by_video, cancelled, coding, tags, window
from helsami_kernel.testing import until

PROFILES = Path(__file__).parents[3] / "shared" / "data" / "norway-fhir" / "helsenorge-profiles"
needs_profile = pytest.mark.skipif(not PROFILES.is_dir(), reason="needs ../shared/data/norway-fhir/helsenorge-profiles")
NOT_RUN = {
    "supportinginformation-organization-partof": "needs resolve(), which fhirpathpy does not have",
    "community-services-requires-kommunikasjonspart-organization": "needs resolve(), which fhirpathpy does not have",
    "must-be-max-1000-chars": "is written for a text element, and is checked as one below",
}
DAY = timedelta(days=1)
FIRST = (datetime.now(UTC) + 100 * DAY).replace(hour=9, minute=0, second=0, microsecond=0)
OFFICE = [("OF", "Rimfrost legekontor, 2. etasje", "rimfrost-1")]
STATION = [("OF", "Rimfrost helsestasjon", "trondheim.health-station")]
AT_HOME = [("PTRES", "Hjemme", "home-1")]
WARD = [("HU", "Hjertepoliklinikken", "hu-1"), ("HOSP", "Rimfrost sykehus", "hosp-1")]
TYPE, CONTACT, LEVEL = VOLVEN + "7617", VOLVEN + "8432", VOLVEN + "8406"
CONTROL = [coding(CONTACT, "3", "Kontroll"), coding(LEVEL, "3", "Poliklinisk konsultasjon")]
MEETING = [coding(TYPE, "Hjemmebesok", "Hjemmebesøk"), coding("urn:helsami:service", "interdisciplinary-meeting")]


def on(day):
    return FIRST + day * DAY


def twenty(pid):
    """By organisation, what its record system sends; the n-th is n days after FIRST unless it is over."""

    def at(day, **said):
        return appointment(f"helsenorge-{day}", pid, said.pop("starts_at", on(day)), **said)

    gp = [
        at(1, category="10", places=OFFICE, kind=[coding(TYPE, "Vaksine")], flags=["cancel"]),
        at(2, category="10", places=OFFICE, patientInstruction="Ta med vaksinekortet.", minutesDuration=30, end=None),
        at(3, category="8", places=OFFICE, kind=[coding(TYPE, "Hastetime", "Hastetime")], **tags(varsling="1")),
        at(4, category="8", places=OFFICE, **cancelled("7621", "AAT")),
        at(5, category="10", places=OFFICE, kind=[coding(TYPE, "Lab", "Time på lab")], status="fulfilled",
           starts_at=on(-130)),
    ]  # fmt: skip
    municipality = [
        at(6, category="3", places=STATION, **tags(paminnelse="1", varsling="9")),
        at(7, category="4", places=STATION, flags=["cancelWithComment", "canChangeAppointment"]),
        at(8, category="5", places=STATION, kind=[coding(TYPE, "Ordinær", "Ordinær time")]),
        at(9, category="6", **cancelled("7621", "AAI"), places=STATION),
        at(10, category="7", places=AT_HOME),
        at(11, category="7", places=AT_HOME, kind=MEETING),
        at(12, category="7", places=STATION, **window(on(12), 7)),
        at(13, category="16", extension=[by_video("https://video.example/rimfrost/13")]),
        at(14, category="17", places=STATION, status="noshow", starts_at=on(-140)),
        at(15, category="19", places=STATION, status="entered-in-error"),
    ]
    hospital = [
        at(16, category="27", places=WARD, kind=CONTROL, flags=["canAcknowledge", "canInitiateDialog"]),
        at(17, category="27", places=WARD, kind=[coding(LEVEL, "1", "Døgnopphold")],
           patientInstruction="Møt fastende."),
        at(18, category="30", places=WARD, kind=CONTROL, **cancelled("8445", "2")),
        at(19, category="27", kind=[coding(CONTACT, "6", "Videokonsultasjon")], places=WARD,
           extension=[by_video("https://video.example/rimfrost/19")]),
        at(20, category="30", places=WARD, kind=[coding(TYPE, "Dagbehandling", "Dagbehandling")],
           clinician="Blid Ball"),
    ]  # fmt: skip
    return {"oya_legesenter": gp, "trondheim": municipality, "st_olavs": hospital}


def invariants():
    """The expressions of the profile, by name."""
    for path in sorted((PROFILES / "invariants-fsh").glob("*.fsh")):
        text = path.read_text(encoding="utf-8")
        expression = re.search(r'expression\s*[:=]\s*"(.*)"', text, re.DOTALL | re.IGNORECASE)
        yield re.search(r"Invariant:\s*(\S+)", text)[1], expression[1].strip()


def elements(name, resource):
    """What an invariant of the profile is about: the appointment, its codings, its participants, or their numbers."""
    patients = [one["actor"]["identifier"] for one in resource["participant"] if "identifier" in one["actor"]]
    concepts = [*resource["serviceCategory"], resource["appointmentType"], resource.get("cancelationReason", {})]
    if name == "inv-a":
        return patients
    if name == "inv-3":
        return [each for one in patients for each in one["type"]["coding"]]
    if name == "inv-4":
        return [each for one in concepts for each in one.get("coding", ())]
    if name.startswith("appointment-participant"):
        return [one for one in resource["participant"] if "type" in one["actor"]]
    return [resource]


def broken(resource):
    """The invariants that an appointment does not hold to."""
    found = set()
    for name, expression in invariants():
        if name not in NOT_RUN:
            answers = [evaluate(element, expression, []) for element in elements(name, resource)]
            if any(answer != [True] for answer in answers):
                found.add(name)
    texts = (resource.get(name, "") for name in ("description", "patientInstruction"))
    return found | ({"must-be-max-1000-chars"} if any(len(text) > 1000 for text in texts) else set())


PID = "13924500160"


@needs_profile
def test_the_twenty_hold_to_the_profiles_invariants():
    names = [name for name, _ in invariants()]
    assert len(names) == 27
    assert set(NOT_RUN) < set(names)

    every = [one for sent in twenty(PID).values() for one in sent]
    assert len(every) == 20
    assert [broken(one) for one in every] == [set()] * 20


@needs_profile
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "cancelled"}, "cancelationReason-inv"),
        ({"status": "proposed"}, "hn-app-proposed-only-servicecategory-7"),
        ({"contained": []}, "virtualservice-or-location-required"),
        ({"patientInstruction": "a" * 1001}, "must-be-max-1000-chars"),
        ({"appointmentType": {"coding": [{"code": "x"}]}}, "inv-4"),
    ],
)
def test_the_invariants_are_run_and_can_fail(change, rule):
    sound = twenty(PID)["trondheim"][1]

    assert rule in broken(sound | change)


def outcomes(answer):
    return [entry["response"]["status"][:3] for entry in answer.json()["entry"]]


def test_twenty_appointments_of_helsenorges_profile_come_out_in_the_citizens_list_and_calendar(demo):
    everybody = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    pid = everybody[11]["pid"]
    citizen = demo.log_in(pid)
    before = told(citizen)

    for organisation, sent in twenty(pid).items():
        answer = demo.deliver(organisation, bundle(*sent))
        assert answer.status_code == 200, answer.text
        assert set(outcomes(answer)) <= {"200", "201"}, answer.text
        assert set(outcomes(demo.deliver(organisation, bundle(*sent)))) == {"200"}, "sent again, all is unchanged"

    listed = {item["starts_at"][:10]: item for item in citizen.get("/api/v1/appointments?limit=100").json()["items"]}
    mine = {day: listed.get(f"{on(day):%Y-%m-%d}") for day in range(1, 21)}
    hidden_or_over = {5, 10, 14, 15}
    assert {day for day, item in mine.items() if item is None} == hidden_or_over
    assert [mine[day]["status"] for day in (1, 4, 9, 12, 18)] == [
        "booked",
        "cancelled",
        "cancelled",
        "proposed",
        "cancelled",
    ]
    assert [mine[day]["cancelled_because"] for day in (4, 9, 18, 1)] == ["service", "citizen", "other", None]
    assert [mine[day]["instructions"] for day in (2, 17, 1)] == ["Ta med vaksinekortet.", "Møt fastende.", None]
    assert [mine[day]["setting"] for day in (13, 19, 11, 17)] == ["virtual", "virtual", "home", "inpatient"]
    assert [(day, mine[day]["window"]) for day in (12, 6)] == [(12, True), (6, False)]
    assert (mine[1]["kind"], mine[1]["place"]) == ("Vaksinetime", "Rimfrost legekontor, 2. etasje")
    assert (mine[16]["kind"], mine[16]["place"]) == ("Kontroll", "Hjertepoliklinikken, Rimfrost sykehus")
    assert (mine[20]["clinician"], mine[16]["clinician"]) == ("Blid Ball", "Klar Kompass")
    assert mine[2]["ends_at"] == f"{on(2) + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    assert mine[6]["unit"] == "health-station"
    past = citizen.get("/api/v1/appointments?when=past&limit=100").json()["items"]
    assert {"fulfilled", "noshow"} <= {item["status"] for item in past if item["starts_at"] < f"{on(-120):%Y-%m-%d}"}

    span = {"from": f"{on(0):%Y-%m-%dT00:00:00Z}", "to": f"{on(22):%Y-%m-%dT00:00:00Z}"}
    calendar = citizen.get("/api/v1/calendar", params=span).json()["items"]
    for day, item in mine.items():
        if item is not None:
            assert {"type": "appointment", **item} in calendar, day
    news = {mine[day]["id"] for day in (1, 2, 6, 7, 8, 11, 12, 13, 16, 17, 19, 20)}
    until(lambda: told(citizen) - before >= news, within=30)
    assert told(citizen) - before == news


def told(citizen):
    """The new appointments that a citizen has been told of."""
    everything = citizen.get("/api/v1/notices?limit=100").json()["items"]
    return {one["about"]["id"] for one in everything if one["message"] == "notice.appointment-scheduled"}
