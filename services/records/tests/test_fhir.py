"""What a record holds is read from what record systems send."""

import base64
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helsami_kernel.journal import Entry, Unreadable, Unsupported
from helsami_records.fhir import READERS
from helsami_records.html import plain

SHARED = Path(__file__).parents[4] / "shared/data"
SERVICE = "urn:helsami:service"
VISIT = {
    "resourceType": "Encounter",
    "status": "finished",
    "class": {"code": "AMB"},
    "type": [{"text": "Legetime", "coding": [{"system": SERVICE, "code": "gp-consultation"}]}],
    "participant": [{"type": []}, {"individual": {"display": "Sindig Lykt"}}],
    "period": {"start": "2026-02-01T09:00:00Z", "end": "2026-02-01T09:30:00Z"},
    "location": [{"location": {"display": "Øya legesenter, legekontoret"}}],
    "serviceProvider": {"display": "Øya legesenter"},
}
NOTE = {
    "resourceType": "DocumentReference",
    "status": "current",
    "docStatus": "final",
    "type": {"text": "Journalnotat"},
    "date": "2026-02-01T10:00:00Z",
    "content": [
        {
            "attachment": {
                "contentType": "text/plain; charset=utf-8",
                "data": base64.b64encode("Går bra æøå.\n".encode()).decode(),
            }
        }
    ],
    "context": {"encounter": [{"reference": "Encounter/urn:x|e1"}]},
}
CONDITION = {
    "resourceType": "Condition",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "code": {
        "text": "Migrene",
        "coding": [{"system": "urn:own", "code": "x"}, {"system": "urn:oid:2.16.578.1.12.4.1.1.7170", "code": "N89"}],
    },
    "onsetDateTime": "2020",
    "recordedDate": "2026-02-01T09:00:00Z",
}
ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "code": {"text": "Penicillin", "coding": [{"system": "http://www.whocc.no/atc", "code": "J01CE"}]},
    "criticality": "high",
    "recordedDate": "2026-02-01",
    "reaction": [
        {"manifestation": [{"text": "Utslett"}, {"text": "Hevelse"}]},
        {"manifestation": [{"text": "Utslett"}]},
    ],
}
VACCINE = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"text": "Influensavaksine", "coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}]},
    "occurrenceDateTime": "1998-10-12",
}


def read(resource, **changes):
    changed = {name: value for name, value in (resource | changes).items() if value is not None}
    kind = resource["resourceType"]
    return READERS[kind](Entry(0, kind, "k", changed))


def attachment(kind, data, **parts):
    return [{"attachment": {"contentType": kind, "data": base64.b64encode(data).decode(), **parts}}]


def test_a_visit_is_read():
    found = read(VISIT)

    assert (found.setting, found.visit_type, found.name) == ("outpatient", "gp-consultation", "Legetime")
    assert (found.place, found.clinician) == ("Øya legesenter, legekontoret", "Sindig Lykt")
    assert (found.starts_at, found.ends_at) == ("2026-02-01T09:00:00Z", "2026-02-01T09:30:00Z")
    assert found.began_at == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert found.ended_at == datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
    assert read(VISIT, period={"start": "2026-02-01"}).starts_at == "2026-02-01"
    assert found.finished
    assert read(VISIT, location=None).place == "Øya legesenter"
    assert not read(VISIT, status="in-progress").finished


@pytest.mark.parametrize(
    ("code", "setting"), [("IMP", "inpatient"), ("EMER", "emergency"), ("HH", "home"), ("VR", "virtual"), ("FLD", "")]
)
def test_the_setting_of_a_visit_is_its_class(code, setting):
    assert read(VISIT, **{"class": {"code": code}}).setting == setting


@pytest.mark.parametrize(
    ("codes", "visit_type"),
    [
        (["185349003", "care-group-meeting"], "care-group-meeting"),
        (["care-group-meeting", "home-care-visit"], "home-care-visit"),
        (["x" * 61, "185349003"], "185349003"),
        ([], ""),
    ],
)
def test_of_several_types_the_one_that_decides_about_sharing_counts(codes, visit_type):
    assert read(VISIT, type=[{"coding": [{"code": code}]} for code in codes]).visit_type == visit_type


def test_a_service_type_tells_the_type_as_well():
    assert read(VISIT, type=None, serviceType={"coding": [{"code": "home-care-visit"}]}).visit_type == "home-care-visit"


def test_a_note_is_read_with_its_visit():
    found = read(NOTE)

    assert (found.title, found.text, found.visit) == ("Journalnotat", "Går bra æøå.", "urn:x|e1")
    assert (found.written_at, found.dated_at) == ("2026-02-01T10:00:00Z", datetime(2026, 2, 1, 10, tzinfo=UTC))
    assert read(NOTE, context=None).visit is None
    assert read(NOTE, description="Epikrise").title == "Epikrise"


def test_the_text_of_a_page_is_read_without_what_could_run():
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Går  <b>bra</b> &amp; greit</p>"
        "<script>x()</script><table><tr><td>CRP</td><td>5</td></tr></table>Takk<br>igjen"
    )

    assert read(NOTE, content=attachment("text/html", page.encode())).text == "Går bra & greit\nCRP 5\nTakk\nigjen"
    assert plain("<script>alert(1)") == plain("</style>") == ""
    assert plain("a < b") == "a < b"


def test_the_charset_of_a_text_is_the_one_it_names():
    assert read(NOTE, content=attachment("text/plain; charset=ISO-8859-1", "æ".encode("latin-1"))).text == "æ"


def test_the_first_attachment_with_a_text_is_the_document():
    content = attachment("application/pdf", b"%PDF") + attachment("TEXT/plain", b"ja", title="Notat")

    assert (read(NOTE, content=content).text, read(NOTE, content=content).title) == ("ja", "Notat")


def test_a_condition_is_read_with_the_code_that_norwegian_clinicians_use():
    found = read(CONDITION)

    assert (found.name, found.code, found.active) == ("Migrene", "N89", True)
    assert found.since == "2020"
    assert found.recorded_at == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert read(CONDITION, recordedDate=None).recorded_at == datetime(2019, 12, 31, 23, tzinfo=UTC)
    assert not read(CONDITION, clinicalStatus={"coding": [{"code": "resolved"}]}).active
    assert not read(CONDITION, abatementDateTime="2026-02-10").active


def test_an_allergy_is_read_with_its_reactions_once():
    found = read(ALLERGY)

    assert (found.name, found.code, found.criticality) == ("Penicillin", "J01CE", "high")
    assert found.reactions == ("Utslett", "Hevelse")
    assert found.active
    assert not read(ALLERGY, clinicalStatus=status("resolved")).active


def test_a_vaccine_is_read():
    found = read(VACCINE)

    assert (found.name, found.code) == ("Influensavaksine", "J07BB02")
    assert (found.given_at, found.occurred_at) == ("1998-10-12", datetime(1998, 10, 11, 22, tzinfo=UTC))


def status(code):
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("resource", "changes"),
    [
        (VISIT, {"status": "cancelled", "period": None}),
        (VISIT, {"status": "entered-in-error", "period": None}),
        (NOTE, {"status": "superseded"}),
        (NOTE, {"docStatus": "entered-in-error", "content": None}),
        (CONDITION, {"verificationStatus": status("entered-in-error"), "code": None}),
        (CONDITION, {"verificationStatus": status("refuted")}),
        (CONDITION, {"verificationStatus": status("differential")}),
        (ALLERGY, {"verificationStatus": status("entered-in-error"), "code": None}),
        (ALLERGY, {"verificationStatus": status("refuted")}),
        (VACCINE, {"status": "not-done"}),
        (VACCINE, {"status": "entered-in-error", "occurrenceDateTime": None}),
    ],
)
def test_what_its_citizen_does_not_have_is_nothing(resource, changes):
    assert read(resource, **changes) is None


LIMITED = {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "SPERRET"}]}


@pytest.mark.parametrize(
    ("resource", "changes", "path"),
    [
        (VISIT, {"status": "planned"}, "Encounter.status"),
        (NOTE, {"docStatus": "preliminary"}, "DocumentReference.docStatus"),
        (NOTE, {"content": attachment("application/pdf", b"%PDF")}, "DocumentReference.content.attachment"),
        (
            NOTE,
            {"content": [{"attachment": {"contentType": "text/plain", "url": "http://x"}}]},
            "DocumentReference.content.attachment",
        ),
        *[
            (one, {"meta": LIMITED}, f"{one['resourceType']}.meta.security")
            for one in (VISIT, NOTE, CONDITION, ALLERGY, VACCINE)
        ],
    ],
)
def test_what_cannot_be_shown_is_not_supported(resource, changes, path):
    with pytest.raises(Unsupported) as reason:
        read(resource, **changes)

    assert reason.value.path == path


@pytest.mark.parametrize(
    ("resource", "changes", "path"),
    [
        (VISIT, {"period": None}, "Encounter.period.start"),
        (
            NOTE,
            {"content": [{"attachment": {"contentType": "text/plain", "data": "%"}}]},
            "DocumentReference.content.attachment.data",
        ),
        (NOTE, {"content": attachment("text/plain", b"\xff")}, "DocumentReference.content.attachment.data"),
        (NOTE, {"content": attachment("text/plain;charset=x", b"a")}, "DocumentReference.content.attachment.data"),
        (NOTE, {"date": None, "context": None}, "DocumentReference.date"),
        (CONDITION, {"code": {}}, "Condition.code"),
        (CONDITION, {"recordedDate": None, "onsetDateTime": None}, "Condition.recordedDate"),
        (ALLERGY, {"recordedDate": "then"}, "AllergyIntolerance.recordedDate"),
        (VACCINE, {"occurrenceDateTime": None, "occurrenceString": "as a child"}, "Immunization.occurrenceDateTime"),
    ],
)
def test_what_has_no_name_no_time_or_no_readable_text_is_unreadable(resource, changes, path):
    with pytest.raises(Unreadable) as reason:
        read(resource, **changes)

    assert reason.value.path == path


@pytest.mark.skipif(not (SHARED / "synthea").is_dir(), reason="needs ../shared/data/synthea")
def test_everything_of_synthea_is_read():
    resources = [
        entry["resource"]
        for path in sorted((SHARED / "synthea").glob("*.json.gz"))
        for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]
        if entry["resource"]["resourceType"] in READERS
    ]
    kept = Counter(resource["resourceType"] for resource in resources if read(resource) is not None)

    assert kept == {"Encounter": 1342, "Condition": 248, "Immunization": 604, "AllergyIntolerance": 107}
