"""What consents keeps and exports of who has looked, and what the gateway takes, says and believes, fit together."""

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

import helsami_consents.domain
from helsami_consents.access_log import codes, domain, export, fhir, schemas, shown
from helsami_consents.access_log.domain import Access, Entry
from helsami_consents.people import Person
from helsami_gateway import access_log_schemas, texts
from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.normalise import Deliverable, prepare
from helsami_gateway.fhir.validation import problems
from helsami_kernel import journal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT, RECEIVER = "a" * 32, "b" * 32
KEY = b"k" * 32
NATIONAL = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "13838600136"}
EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "ihe-balp" / "examples"
ENTRIES = [
    Entry(SUBJECT, number, "", access)
    for number, access in enumerate(
        [
            Access(NOW, "0" * 32, "staff", "treatment", "allowed", "x", 1, "oya", "ward", "Klar", "doctor", "results"),
            Access(NOW, "0" * 32, "support", "not-stated", "refused", "x", None, "oya", None, None, "other", "other"),
            Access(NOW, RECEIVER, "grant", "home", "refused", "no-grant", None, kinds="overview results"),
            Access(NOW, RECEIVER, "grant", "book", "allowed", "grant", 3),
            Access(NOW, "calendar-link", "system", "calendar-feed", "allowed", "system", kinds="appointments"),
        ],
        1,
    )
]


@pytest.mark.parametrize("location_free", [True, False])
def test_what_is_exported_is_fhir_as_the_journal_itself_would_take_it(location_free):
    people = {RECEIVER: Person(RECEIVER, "Modig Fjell", None, protected=False, deceased=False)}
    reader = shown.Reader(people, location_free=location_free)

    bundle = orjson.loads(export.bundle(ENTRIES, 4, reader, "/api/v1/access-log/export", {"limit": "4"}))

    assert [len(bundle["link"]), len(bundle["entry"])] == [2, 4]
    assert problems(bundle) == []
    for event in bundle["entry"]:
        assert problems(event["resource"]) == []


def test_everything_that_the_log_says_in_codes_has_words():
    said = texts.catalogue("en")

    assert set(said["access_role"]) == set(domain.ROLES)
    assert set(said["access_kind"]) == set(domain.KINDS)
    assert set(said["access_outcome"]) == set(domain.OUTCOMES)
    assert set(said["profession"]) == {*codes.PROFESSIONS.values(), domain.OTHER}
    purposes = {*codes.STAFF_PURPOSES, *helsami_consents.domain.SERVING, "home", "calendar-feed"}
    assert purposes <= set(said["access_purpose"])
    assert shown.LOCATION_FREE["kind"] in said["reason"]


def test_what_may_be_asked_for_at_the_door_is_what_consents_knows():
    door = access_log_schemas.ExportQuery().fields
    inside = schemas.Export().fields

    assert {each.data_key or name for name, each in door.items()} == {
        each.data_key or name for name, each in inside.items()
    } - {"path"}
    assert access_log_schemas.LONGEST_EXPORT == schemas.LONGEST_EXPORT


def _delivered(event):
    patient = {"resourceType": "Patient", "identifier": [NATIONAL], "id": "ex-patient"}
    entries = [{"resource": patient, "fullUrl": "http://x/fhir/Patient/ex-patient"}]
    entries.append({"resource": event, "fullUrl": f"http://x/fhir/AuditEvent/{event['id']}"})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return list(prepare(read_bundle(json.dumps(bundle).encode(), "oya")))[1]


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the shared data (../shared/data) is not beside this checkout")
def test_the_examples_of_ihe_are_taken_where_they_are_readings_about_a_patient():
    outcomes = {}
    for path in sorted(EXAMPLES.glob("AuditEvent-*.json")):
        prepared = _delivered(json.loads(path.read_text(encoding="utf-8")))
        outcomes[path.stem.removeprefix("AuditEvent-ex-audit")] = _read(prepared)

    taken = {name: kinds for name, kinds in outcomes.items() if isinstance(kinds, tuple)}
    assert taken["BasicReadServer"] == ("staff", "records")
    assert taken["BasicReadNoUser"] == ("system", "records")
    assert taken["BasicQueryGetClient"] == ("staff", "other")
    assert taken["AuthZconsent-deny"] == ("staff", "profile")
    assert outcomes["BasicReadNoPatient"] == "no-person"
    assert outcomes["BasicCreate1"] == "not-a-read"
    assert outcomes["PrivacyDisclosure-source2"] == "not-by-staff"
    assert set(map(type, outcomes.values())) == {str, tuple}


def _read(prepared):
    if not isinstance(prepared, Deliverable):
        return prepared.code
    entry = journal.Entry(**prepared.for_owner())
    try:
        read = fhir.access(entry, "oya", SUBJECT, NOW, KEY)
    except journal.NotTaken as reason:
        return reason.code
    return (read.basis, read.kinds)


@pytest.mark.parametrize(
    ("more", "whom"),
    [
        ({"entity": [{"what": {"identifier": NATIONAL}, "role": {"code": "1"}}]}, NATIONAL["value"]),
        ({"entity": [{"what": {"reference": "Patient/ex-patient"}}] * 2}, NATIONAL["value"]),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.no/fhir/StructureDefinition/auditevent-patient-extension",
                        "valueReference": {"type": "Patient", "identifier": NATIONAL},
                    }
                ]
            },
            NATIONAL["value"],
        ),
        ({"entity": [{"what": {"reference": "Patient/ex-patient"}}, {"what": {"reference": "Patient/2"}}]}, None),
        ({"entity": [{"what": {"reference": "DocumentReference/1"}}]}, None),
        ({}, None),
    ],
)
def test_an_event_is_about_exactly_one_patient_wherever_its_sender_names_them(more, whom):
    event = {
        "resourceType": "AuditEvent",
        "id": "e",
        "type": {"code": "rest"},
        "action": "R",
        "recorded": "2026-03-01T11:00:00Z",
        "agent": [{"requestor": True, "who": {"display": "Klar Kompass"}}],
        "source": {"observer": {"display": "x"}},
        **more,
    }

    prepared = _delivered(event)

    assert getattr(prepared, "national_id", None) == whom
    if whom is not None:
        assert NATIONAL["value"] not in str(prepared.for_owner())
    else:
        assert prepared.code == "no-person"


@pytest.mark.parametrize(("element", "code"), [("action", "X"), ("outcome", "2")])
def test_a_code_that_is_none_is_refused_at_the_door(element, code):
    event = {
        "resourceType": "AuditEvent",
        "id": "e",
        "type": {"code": "rest"},
        "recorded": "2026-03-01T11:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
        element: code,
    }

    prepared = _delivered(event)

    assert (prepared.code, prepared.problems[0].path) == ("invalid", f"AuditEvent.{element}")
