"""The demo's bundles: sound FHIR, the same each time, and something for everybody in every part of the home view."""

import json
from base64 import b64decode
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from fhir.resources.R4B import get_fhir_model_class

from helsami_gateway.demo import bundles, dumps, people
from helsami_gateway.demo.__main__ import main
from helsami_gateway.demo.welcome import deliveries

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GO_LIVE = {"trondheim": "2025-05-01", "oya_legesenter": "2025-09-01", "st_olavs": "2025-03-01"}
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"

WHEN = {
    "Appointment": lambda body: body["start"],
    "MedicationRequest": lambda body: body["authoredOn"],
    "MedicationStatement": lambda body: body["effectivePeriod"]["start"],
    "DiagnosticReport": lambda body: body["effectiveDateTime"],
    "Encounter": lambda body: body["period"]["start"],
    "Condition": lambda body: body["onsetDateTime"],
    "AllergyIntolerance": lambda body: body["recordedDate"],
    "Immunization": lambda body: body["occurrenceDateTime"],
}
SECTIONS = {
    "appointments": {"Appointment"},
    "medications": {"MedicationRequest", "MedicationStatement"},
    "results": {"DiagnosticReport"},
    "visits": {"Encounter"},
    "conditions": {"Condition"},
    "allergies": {"AllergyIntolerance"},
    "vaccines": {"Immunization"},
}
SHARED_AT_ONCE_BY_THE_OFFICE = {"718-7", "1988-5", "51990-0", "57698-3"}
NORWEGIAN_LETTERS = "æøåÆØÅ"


@pytest.fixture(scope="module")
def demo():
    """What a receiver reads: the bundles as they come out of their JSON."""
    return [(organisation, json.loads(dumps(bundle), parse_float=Decimal)) for organisation, bundle in bundles(TODAY)]


@pytest.fixture(scope="module")
def resources(demo):
    return [(organisation, entry["resource"]) for organisation, bundle in demo for entry in bundle["entry"]]


@pytest.fixture(scope="module")
def of_person(demo):
    """National id -> what each organisation has written about them."""
    written = defaultdict(list)
    for organisation, bundle in demo:
        first = bundle["entry"][0]["resource"]
        if first["resourceType"] == "Patient":
            written[first["identifier"][0]["value"]] += [(organisation, entry["resource"]) for entry in bundle["entry"]]
    return written


def test_the_same_day_gives_the_same_bytes():
    first, second = ([dumps(bundle) for _, bundle in bundles(TODAY)] for _ in range(2))

    assert first == second


def test_another_day_gives_other_dates_under_the_same_identifiers(demo):
    tomorrow = [bundle for organisation, bundle in bundles(date(2026, 11, 23)) if organisation == "oya_legesenter"]
    urls = [entry["request"]["url"] for bundle in tomorrow for entry in bundle["entry"]]
    today = {entry["request"]["url"] for _, bundle in demo for entry in bundle["entry"]}

    assert len(today & set(urls)) > 0.9 * len(urls)


def test_json_keeps_the_digits_of_a_laboratory_and_every_letter():
    made = {"value": Decimal("5.40"), "whole": Decimal(78), "flag": True, "count": 3, "text": 'Ære "på" øya\n'}
    written = '{"value":5.40,"whole":78,"flag":true,"count":3,"text":"Ære \\"på\\" øya\\n"}'

    assert dumps(made) == written.encode()


def test_json_refuses_what_would_lose_digits():
    with pytest.raises(TypeError, match="float"):
        dumps({"value": 5.4})


def test_laboratory_values_include_some_that_end_in_nought(resources):
    values = [str(body["valueQuantity"]["value"]) for _, body in resources if "valueQuantity" in body]

    assert any("." in value and value.endswith("0") for value in values)


def test_the_demo_is_small_enough_to_load_while_somebody_waits(resources, of_person):
    assert len(resources) < 2100
    assert len(of_person) == 60
    assert all(15 <= len(written) <= 60 for written in of_person.values())


def test_every_resource_is_sound_fhir_r4(resources):
    for _, body in resources:
        get_fhir_model_class(body["resourceType"]).model_validate(body)


def test_no_two_resources_share_an_identifier(resources):
    keys = Counter(
        (organisation, body["resourceType"], identifier["value"])
        for organisation, body in resources
        for identifier in body.get("identifier", ())
        if identifier["system"] == "urn:helsami:demo"
    )
    events = [body for _, body in resources if body["resourceType"] == "AuditEvent"]  # these have no identifiers

    # A person is the same person at each organisation, yet each puts its own.
    assert len(keys) == len(resources) - len(events)
    assert set(keys.values()) == {1}


def test_every_bundle_says_whose_it_is_and_the_organisations_come_first(demo):
    assert [bundle["entry"][0]["resource"]["resourceType"] for _, bundle in demo[:4]] == ["Organization"] * 3 + [
        "Patient"
    ]
    assert all(bundle["meta"]["source"] == f"urn:helsami:organisation:{organisation}" for organisation, bundle in demo)
    assert {bundle["type"] for _, bundle in demo} == {"transaction"}


def test_every_reference_leads_somewhere(demo):
    for _, bundle in demo:
        inside = {entry["fullUrl"] for entry in bundle["entry"]}
        everywhere = {entry["request"]["url"] for _, other in demo for entry in other["entry"]}
        for reference in _references(bundle):
            assert reference["reference"] in inside | everywhere
            assert reference["reference"] in inside or reference["display"]
        assert len(inside) == len(bundle["entry"])


@pytest.mark.parametrize("section", SECTIONS)
def test_everybody_has_something_since_the_start_in(section, of_person):
    for person in people(TODAY):
        since_start = [
            body
            for organisation, body in of_person[person.pid]
            if body["resourceType"] in SECTIONS[section]
            and GO_LIVE[organisation] <= WHEN[body["resourceType"]](body)
            and not _is_home_care(body)
        ]
        assert since_start, f"{person.name} has no {section}"


def test_everybody_has_a_result_that_nobody_has_to_release_first(of_person):
    for person in people(TODAY):
        codes = {
            coding["code"]
            for organisation, body in of_person[person.pid]
            if organisation == "oya_legesenter"
            and body["resourceType"] == "DiagnosticReport"
            and body["effectiveDateTime"] >= GO_LIVE[organisation]
            for coding in body["code"]["coding"]
        }
        assert codes & SHARED_AT_ONCE_BY_THE_OFFICE, person.name


def test_everybody_who_was_born_then_has_something_from_before_the_start(of_person):
    for person in people(TODAY):
        older = [
            body
            for organisation, body in of_person[person.pid]
            if body["resourceType"] == "Encounter" and body["period"]["start"] < GO_LIVE[organisation]
        ]
        assert older or person.birth_date > date(2025, 5, 1), person.name


def test_nothing_happens_before_a_person_is_born_or_is_over_before_it_has_happened(of_person):
    for person in people(TODAY):
        for _, body in of_person[person.pid]:
            if (when := WHEN.get(body["resourceType"])) is None:
                continue
            coming = (body["resourceType"], body.get("status")) in {("Appointment", "booked"), ("Encounter", "planned")}
            assert when(body)[:10] >= person.birth_date.isoformat()
            assert (when(body)[:10] > TODAY.isoformat()) is coming


def test_nobody_is_given_what_they_do_not_tolerate(of_person):
    for written in of_person.values():
        bodies = [body for _, body in written]
        taken = {
            body["medicationCodeableConcept"]["coding"][0]["code"][:4]
            for body in bodies
            if "medicationCodeableConcept" in body
        }
        shunned = {
            body["code"]["coding"][0]["code"][:4] for body in bodies if body["resourceType"] == "AllergyIntolerance"
        }
        assert not taken & shunned


def test_visits_are_of_every_kind(resources):
    kinds = Counter(
        (body["class"]["code"], body["type"][0]["coding"][0]["code"])
        for _, body in resources
        if body["resourceType"] == "Encounter"
    )

    for kind in [
        ("AMB", "consultation"),
        ("AMB", "follow-up"),
        ("IMP", "inpatient-stay"),
        ("VR", "video-consultation"),
        ("HH", "home-care-visit"),
        ("HH", "care-group-meeting"),
        ("AMB", "physiotherapy"),
        ("AMB", "health-station-check"),
    ]:
        assert kinds[kind] >= 2, kind


def test_no_clinician_and_no_citizen_is_in_two_places_at_once(resources):
    taken = defaultdict(list)
    for organisation, body in resources:
        if body["resourceType"] == "Appointment":
            for participant in body["participant"][:2]:
                taken[participant["actor"]["reference"]].append((body["start"], body["end"]))
        elif body["resourceType"] == "Slot":
            clinician = body["identifier"][0]["value"].rsplit(".", 2)[0]
            assert clinician.startswith(organisation)
            taken[f"Practitioner?identifier=urn:helsami:demo|{clinician}"].append((body["start"], body["end"]))
    # The same person has a resource at each organisation.
    for times in [*taken.values(), *_appointments_by_person(resources)]:
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(sorted(times)))


def test_free_times_lie_within_the_coming_two_weeks_at_each_organisation(resources):
    slots = [(organisation, body) for organisation, body in resources if body["resourceType"] == "Slot"]

    assert {organisation for organisation, _ in slots} == GO_LIVE.keys()
    for _, body in slots:
        starts = datetime.fromisoformat(body["start"])
        assert 0 < (starts - NOON).total_seconds() < 15 * 24 * 3600
        assert starts.weekday() < 5


def test_a_protected_address_is_nowhere_and_the_record_says_so(resources):
    hidden = {person.pid: person for person in people(TODAY) if person.protected}
    told = [
        body for _, body in resources if body["resourceType"] == "Patient" and body["identifier"][0]["value"] in hidden
    ]

    assert len(told) >= 2
    for body in told:
        assert body["meta"]["security"][0]["code"] == "V"
        assert "address" not in body
        assert "telecom" not in body


def test_everybody_else_has_an_address_and_a_telephone_that_rings_nowhere(resources):
    for _, body in resources:
        if body["resourceType"] == "Patient" and "meta" not in body:
            assert body["address"][0]["city"] == "Trondheim"
            assert body["telecom"][0]["value"].startswith("+47 00 00 10 ")


def test_a_national_id_stands_only_where_a_person_is_described(demo):
    pids = [person.pid for person in people(TODAY)]
    for _, bundle in demo:
        for entry in bundle["entry"]:
            text = json.dumps({**entry, "resource": {**entry["resource"], "identifier": []}}, default=str)
            assert not any(pid in text for pid in pids)
            ids = [known["value"] for known in entry["resource"].get("identifier", ()) if known["system"] == FNR]
            assert bool(ids) is (entry["resource"]["resourceType"] == "Patient")


def test_notes_are_plain_norwegian_texts(resources):
    notes = [
        (attachment["contentType"], b64decode(attachment["data"]).decode())
        for _, body in resources
        if body["resourceType"] == "DocumentReference"
        for attachment in [body["content"][0]["attachment"]]
    ]

    assert len(notes) > 100
    for kind, text in notes:
        assert kind.startswith("text/plain")
        assert 20 < len(text) < 400
        assert text.endswith(".")
        assert "<" not in text
    assert sum(any(letter in text for letter in NORWEGIAN_LETTERS) for _, text in notes) > 0.8 * len(notes)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2027, 5, 17), date(2028, 2, 29)], ids=str)
def test_the_demo_can_be_made_on_any_day(today):
    made = list(bundles(today))

    assert len({organisation for organisation, _ in made}) == 3
    assert sum(len(bundle["entry"]) for _, bundle in made) < 2200


def test_the_go_live_dates_may_be_others():
    later = dict.fromkeys(GO_LIVE, date(2026, 10, 1))
    recent = [
        entry["resource"]["recordedDate"]
        for _, bundle in bundles(TODAY, later)
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "AllergyIntolerance"
    ]

    assert len(recent) == 60
    assert min(recent) > "2026-10-01"


def test_the_command_writes_a_file_a_bundle_in_the_order_to_load_them(tmp_path, capsys):
    assert main([str(tmp_path / "demo"), "--today", "2026-11-22"]) == 0

    files = sorted((tmp_path / "demo").iterdir())
    assert [file.read_bytes().rstrip() for file in files] == [dumps(bundle) for _, bundle in bundles(TODAY)]
    assert files[0].name == "000_trondheim.json"
    assert f"{len(files)} bundles" in capsys.readouterr().out


def _references(node):
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for held in node:
            yield from _references(held)


def _is_home_care(body):
    kinds = body.get("serviceType", {})
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(coding["code"] == "home-care-visit" for kind in kinds for coding in kind.get("coding", ()))


def _appointments_by_person(resources):
    times = defaultdict(list)
    for _, body in resources:
        if body["resourceType"] == "Appointment":
            times[body["identifier"][0]["value"].split(".")[1]].append((body["start"], body["end"]))
    return times.values()


def test_a_first_start_delivers_every_entry_in_few_bundles_each_organisation_in_its_order():
    told = list(deliveries(TODAY))

    assert len(told) < 15
    assert all(bundle["meta"]["source"] == f"urn:helsami:organisation:{whose}" for whose, bundle in told)
    for organisation in GO_LIVE:
        delivered, known = (
            [entry for whose, bundle in some if whose == organisation for entry in bundle["entry"]]
            for some in (told, bundles(TODAY))
        )
        assert delivered == known
