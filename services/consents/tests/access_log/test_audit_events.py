"""AuditEvents from record systems: who, why, when and which areas are kept, and no free text."""

import copy
from datetime import timedelta

import orjson
import pytest

from helsami_kernel.errors import Forbidden, Malformed
from helsami_kernel.testing import citizen_token, system_token

CITIZEN, OTHER = "a" * 32, "b" * 32
SYSTEM = "http://terminology.hl7.org/CodeSystem/"
PROFESSION = "urn:oid:2.16.578.1.12.4.1.1.9060"
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
# What nobody may read in the log.
SECRET = "HIV og 13838600136"
READ = {
    "resourceType": "AuditEvent",
    "type": {"system": SYSTEM + "audit-event-type", "code": "rest", "display": SECRET},
    "action": "R",
    "recorded": "2026-03-01T11:00:00.000Z",
    "outcome": "0",
    "outcomeDesc": SECRET,
    "agent": [
        {
            "type": {"coding": [{"system": SYSTEM + "v3-ParticipationType", "code": "IRCP"}]},
            "role": [{"coding": [{"system": PROFESSION, "code": "LE"}], "text": SECRET}],
            "who": {"identifier": {"system": HPR, "value": "9144900"}, "display": "Klar Kompass"},
            "altId": SECRET,
            "requestor": True,
            "network": {"address": SECRET, "type": "2"},
            "purposeOfUse": [{"coding": [{"system": SYSTEM + "v3-ActReason", "code": "TREAT"}], "text": SECRET}],
        },
        {
            "who": {"identifier": {"system": "urn:helsami:unit", "value": "st_olavs.surgery"}, "display": SECRET},
            "requestor": False,
        },
    ],
    "source": {"observer": {"display": SECRET}, "site": SECRET},
    "entity": [
        {"what": {"type": "Patient"}, "role": {"system": SYSTEM + "object-role", "code": "1"}},
        {
            "what": {"reference": "DiagnosticReport/1", "display": SECRET},
            "name": SECRET,
            "description": SECRET,
            "detail": [{"type": SECRET, "valueString": SECRET}],
        },
        {"what": {"reference": "DocumentReference/2"}, "query": "SElW"},
    ],
}
KEPT = {
    "organisation": "st_olavs",
    "unit": "surgery",
    "at": "2026-03-01T11:00:00Z",
    "name": "Klar Kompass",
    "role": "staff",
    "profession": "doctor",
    "basis": "staff",
    "purpose": "treatment",
    "kinds": ["records", "results"],
    "outcome": "allowed",
}


@pytest.fixture
def deliver(consents):
    """Deliver events, each under its key; their outcomes."""

    def send(*events, organisation="st_olavs", citizen=CITIZEN, **keyed):
        told = {**{f"k{place}": event for place, event in enumerate(events)}, **keyed}
        entries = [
            {"index": place, "type": event["resourceType"], "key": key, "resource": event}
            for place, (key, event) in enumerate(told.items())
        ]
        answer = consents.receive({"citizen": citizen, "entries": entries}, system_token(organisation))
        return [outcome.get("code", outcome["outcome"]) for outcome in answer["outcomes"]]

    return send


@pytest.fixture
def logged(consents):
    def read(citizen=CITIZEN, **page):
        return orjson.loads(consents.access_log(page, citizen_token(citizen, ["access-log:read"])))["items"]

    return read


def _event(agent=None, **more):
    event = copy.deepcopy(READ) | more
    event["agent"][0] |= agent or {}
    return {name: value for name, value in event.items() if value is not None}


def test_a_reading_by_staff_is_shown_with_who_why_when_and_which_areas(deliver, logged):
    assert deliver(READ) == ["stored"]

    [item] = logged()
    assert {name: item[name] for name in KEPT} == KEPT
    assert len(item["actor"]) == 32


def test_nothing_that_was_written_freely_is_kept(deliver, logged, store):
    deliver(READ, _event({"who": {"display": SECRET}}), _event({"who": {"display": "pasienten har hiv"}}))

    assert [item["name"] for item in logged()] == [None, None, "Klar Kompass"]
    kept = str(store.reading(CITIZEN).chain())
    assert "HIV" not in kept
    assert "hiv" not in kept
    assert "13838600136" not in kept


def test_sent_again_an_event_is_unchanged_and_told_otherwise_it_is_refused(deliver, logged, store):
    assert deliver(READ) == ["stored"]
    assert deliver(READ) == ["unchanged"]
    assert deliver(_event(outcome="8")) == ["logged-otherwise"]
    assert deliver(k0=READ, k1=READ) == ["unchanged", "stored"]
    assert deliver(READ, organisation="trondheim") == ["stored"]

    assert [item["outcome"] for item in logged()] == ["allowed"] * 3
    assert store.reading(CITIZEN).head().sequence == 3


def test_the_same_person_is_the_same_the_next_time_and_cannot_be_guessed(deliver, logged):
    deliver(READ)
    deliver(READ, organisation="trondheim")
    deliver(_event({"who": {"identifier": {"system": HPR, "value": "9144901"}}}), citizen=CITIZEN, organisation="oya")

    actors = [item["actor"] for item in logged()]
    assert len(set(actors)) == 2
    assert "9144900" not in "".join(actors)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"action": "C"}, "not-a-read"),
        ({"action": None}, "not-a-read"),
        ({"recorded": "2026-03-01T12:06:00Z"}, "in-the-future"),
        ({"recorded": "2026-03-01T12:04:00Z"}, "stored"),
        ({"recorded": None}, "undated"),
        ({"agent": [{"who": {"type": "Patient"}, "requestor": True}]}, "not-by-staff"),
        ({"agent": [{"who": {"reference": "RelatedPerson/1"}, "requestor": True}]}, "not-by-staff"),
        ({"resourceType": "Observation"}, "type"),
    ],
)
def test_what_is_no_reading_by_staff_or_not_yet_is_told_by_its_code(deliver, logged, change, outcome):
    event = {name: value for name, value in (READ | change).items() if value is not None}

    assert deliver(event) == [outcome]
    assert len(logged()) == (outcome == "stored")


def test_an_event_about_nobody_is_refused_and_the_others_are_kept(consents):
    entries = [
        {"index": place, "type": "AuditEvent", "key": f"k{place}", "resource": READ, "citizen": citizen}
        for place, citizen in enumerate([None, CITIZEN])
    ]

    answer = consents.receive({"citizen": None, "entries": entries}, system_token("st_olavs"))

    assert [outcome.get("code", outcome["outcome"]) for outcome in answer["outcomes"]] == ["no-citizen", "stored"]


def test_events_about_several_citizens_are_logged_at_once_each_in_its_own_log(consents, store, logged, register):
    entries = [
        {"index": place, "type": "AuditEvent", "key": f"k{place}", "resource": READ, "citizen": citizen}
        for place, citizen in enumerate([OTHER, CITIZEN, OTHER])
    ]

    answer = consents.receive({"citizen": None, "entries": entries}, system_token("st_olavs"))

    assert [outcome["outcome"] for outcome in answer["outcomes"]] == ["stored"] * 3
    assert (len(logged()), len(logged(OTHER))) == (1, 2)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({"purposeOfUse": None}, {"purpose": "not-stated"}),
        ({"purposeOfUse": [{"coding": [{"code": "BTG"}]}]}, {"purpose": "emergency"}),
        ({"purposeOfUse": [{"coding": [{"code": "GOSSIP"}]}]}, {"purpose": "other"}),
        ({"purposeOfUse": [{"coding": [{"code": "HSYSADMIN"}]}]}, {"role": "support"}),
        ({"role": [{"coding": [{"system": PROFESSION, "code": "SP"}]}]}, {"profession": "nurse"}),
        ({"role": [{"coding": [{"system": PROFESSION, "code": "XX"}]}]}, {"profession": "other"}),
        ({"role": [{"text": "Sjefen"}]}, {"profession": None}),
        ({"requestor": False}, {"role": "system", "name": None, "actor": "record-system", "profession": None}),
        ({"who": {"type": "Device", "display": "Skanner"}}, {"role": "system", "name": None, "actor": "record-system"}),
        ({"who": {"reference": f"Practitioner/{HPR}|9144900", "display": "Åse av Fjell"}}, {"name": "Åse av Fjell"}),
    ],
)
def test_roles_purposes_and_professions_are_read_from_codes_alone(deliver, logged, agent, expected):
    event = _event(agent)
    event["agent"][0] = {name: value for name, value in event["agent"][0].items() if value is not None}

    assert deliver(event) == ["stored"]

    [item] = logged()
    assert {name: item[name] for name in expected} == expected


def test_the_roles_of_the_trust_framework_are_read_from_within_the_event(deliver, logged):
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"display": "Stille Strand"},
        "code": [{"coding": [{"system": PROFESSION, "code": "JO"}]}],
    }

    deliver(_event({"who": {"reference": "#r"}, "role": []}, contained=[role]))

    assert [(item["name"], item["profession"]) for item in logged()] == [("Stille Strand", "midwife")]


def test_a_unit_that_is_no_code_is_left_out(deliver, logged):
    event = _event()
    event["agent"][1]["who"]["identifier"]["value"] = "st_olavs.Avdeling for alt om A. Nordmann"

    deliver(event)

    assert logged()[0]["unit"] is None


def test_a_refusal_in_a_record_system_is_shown_as_one(deliver, logged):
    deliver(_event(outcome="8"))

    assert logged()[0]["outcome"] == "refused"


def test_who_speaks_for_no_organisation_delivers_nothing(consents):
    with pytest.raises(Forbidden):
        consents.receive({"citizen": CITIZEN, "entries": []}, citizen_token(CITIZEN, ["journal:write"]))
    with pytest.raises(Malformed):
        consents.receive({"citizen": "13838600136", "entries": []}, system_token("st_olavs"))


def test_what_is_told_late_stands_where_it_belongs(deliver, logged, clock):
    deliver(READ)
    clock.move(timedelta(hours=1))
    deliver(k1=_event(recorded="2026-02-01T00:00:00Z"))

    assert [item["id"] for item in logged()] == ["1", "2"]
