"""Real records in through the journal, and out in their owners' views (issue 2, shown by 2)."""

import gzip
import json
import os
import subprocess
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from harness.portal import HELSAMI
from helsami_gateway.national_id import synthetic
from helsami_kernel.access import SystemIssuer
from helsami_kernel.keys import KeyFolder

SHARED = Path(__file__).parents[3] / "shared" / "data" / "synthea"
needs_synthea = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the Synthea bundles in ../shared/data/synthea")


def import_files(portal, files, organisation="st_olavs", **more):
    data = portal.keys.path.parent
    env = {**os.environ, "HELSAMI_DATA": str(data), "HELSAMI_URL": portal.url, **more}
    command = [str(HELSAMI), "import", "--org", organisation, "--recent", *map(str, files)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)


def counts(line):
    return {name: int(number) for name, number in (part.split("=") for part in line.split() if "=" in part)}


def synthea_files(patients):
    registers = sorted(SHARED.glob("*Information*.json.gz"), key=lambda path: "practitioner" in path.name)
    return registers + sorted(path for path in SHARED.glob("*.json.gz") if "Information" not in path.name)[:patients]


@needs_synthea
@pytest.mark.parametrize(
    "patients", [3, pytest.param(40, marks=pytest.mark.system_long)], ids=["three-patients", "forty-patients"]
)
def test_synthea_goes_in_comes_out_and_is_unchanged_the_second_time(fresh, patients):
    files = synthea_files(patients)

    first = import_files(fresh, files)
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert len(lines) == len(files)
    totals = sum((Counter(counts(line)) for line in lines), Counter())
    assert totals["stored"] > 0
    assert totals["refused"] == totals["accepted"] == 0
    sent = Counter(entry["resource"]["resourceType"] for path in files for entry in bundle_of(path)["entry"])
    unsupported = sum(number for kind, number in sent.items() if kind in UNSUPPORTED)
    assert totals["not-supported"] == unsupported
    assert sum(totals.values()) == sum(sent.values())

    second = import_files(fresh, files)
    assert second.returncode == 0, second.stderr
    again = sum((Counter(counts(line)) for line in second.stdout.splitlines()), Counter())
    assert (again["stored"], again["unchanged"]) == (0, sum(sent.values()) - unsupported)

    for path, line in list(zip(files, lines, strict=True))[2:5]:
        read_own_record(fresh, line.split()[1], bundle_of(path))


GO_LIVE = {"code": "before_go_live", "organisation": "st_olavs", "date": "2025-03-01"}
UNSUPPORTED = {"Claim", "ExplanationOfBenefit", "Procedure", "CarePlan", "Goal", "ImagingStudy"}


def bundle_of(path):
    with gzip.open(path) as file:
        return json.load(file)


def read_own_record(portal, pid, bundle):
    """A patient sees what is theirs since the hospital's go-live, all vaccines, and why older things are absent."""
    patient = portal.log_in(pid)
    sent = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
    sections = {
        name: patient.get(f"/api/v1/{path}?limit=100").json()
        for name, path in (
            ("Immunization", "records/vaccines"),
            ("Encounter", "records/visits"),
            ("Condition", "records/conditions"),
            ("MedicationRequest", "medications"),
            ("DiagnosticReport", "results"),
        )
    }
    assert len(sections["Immunization"]["items"]) == sent["Immunization"], "all vaccines, however old"
    assert 0 < len(sections["Encounter"]["items"]) < sent["Encounter"]
    assert sections["DiagnosticReport"]["items"]
    for name in ("Encounter", "Condition"):
        if len(sections[name]["items"]) < sent[name]:
            assert GO_LIVE in sections[name]["absences"]
        assert all(item["at"] >= "2025-02-28" for item in sections[name]["items"])


SMALL = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:p1",
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "@pid"}],
                "name": [{"family": "Fjell", "given": ["Modig"]}],
                "birthDate": "1980-05-01",
            },
        },
        {
            "fullUrl": "urn:uuid:o1",
            "resource": {
                "resourceType": "Observation",
                "identifier": [{"system": "urn:test", "value": "o1"}],
                "status": "final",
                "category": [
                    {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                "code": "vital-signs",
                            }
                        ]
                    }
                ],
                "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Vekt"},
                "subject": {"reference": "urn:uuid:p1"},
                "effectiveDateTime": "2026-11-01T09:00:00+01:00",
                "valueQuantity": {"value": "@value", "unit": "kg"},
            },
        },
    ],
}


OF_TRONDHEIM = b'"meta": {"source": "urn:helsami:organisation:trondheim"}'


def small(pid, value="71.50"):
    return json.dumps(SMALL).replace("@pid", pid).replace('"@value"', value).encode()


@pytest.fixture
def pid():
    return synthetic(date(1980, 5, 1), 7)


def test_a_laboratory_decimal_comes_out_as_it_was_written(fresh, pid):
    answer = fresh.deliver("st_olavs", small(pid))
    assert [entry["response"]["status"][:3] for entry in answer.json()["entry"]] == ["201", "201"]

    (item,) = fresh.log_in(pid).get("/api/v1/results").json()["items"]
    assert item["values"][0]["value"] == "71.50"


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda body: body[:-40], 400, "truncated"),
        (lambda body: b"<Bundle/>", 400, "not-json"),
        (lambda body: body.replace(b'"transaction"', b'"searchset"'), 400, "bundle-type"),
        (lambda body: body.replace(b'"Bundle"', b'"Patient"'), 400, "not-a-bundle"),
        (
            lambda body: body.replace(b'"type":', OF_TRONDHEIM + b', "type":', 1),
            403,
            "another-organisation",
        ),
        (lambda body: body + b" " * 30 * 1024 * 1024, 413, "body-too-large"),
    ],
    ids=["truncated", "not-json", "wrong-type", "no-bundle", "another-organisation", "thirty-mebibytes"],
)
def test_a_body_that_cannot_be_taken_is_one_clear_error_and_nothing_is_stored(demo, pid, spoil, status, code):
    answer = demo.deliver("st_olavs", spoil(small(pid)))

    assert answer.status_code == status
    told = answer.json()
    issues = told.get("issue")
    found = issues[0]["details"]["coding"][0]["code"] if issues else told["code"]
    assert (found, len(issues or [told])) == (code, 1)
    with pytest.raises(Exception, match="404"):
        demo.log_in(pid)


@pytest.mark.parametrize("token", ["", "abc", "of another key"])
def test_a_delivery_without_a_valid_login_is_refused(demo, pid, token, tmp_path):
    if token == "of another key":
        other = KeyFolder(tmp_path / "keys")
        other.make()
        token = SystemIssuer(other.signing("systems")).issue("st_olavs", timedelta(hours=1))

    answer = demo.deliver("st_olavs", small(pid), Authorization=f"Bearer {token}")

    assert (answer.status_code, answer.json()["code"]) == (401, "system-login-needed")


def test_one_bad_entry_is_refused_by_itself_with_its_path(fresh, pid):
    bundle = json.loads(small(pid))
    bundle["entry"][1]["resource"]["status"] = "foo"

    entries = fresh.deliver("st_olavs", bundle).json()["entry"]

    assert [entry["response"]["status"][:3] for entry in entries] == ["201", "400"]
    assert entries[1]["response"]["outcome"]["issue"][0]["expression"] == ["Observation.status"]
    assert fresh.log_in(pid).get("/api/v1/results").json()["items"] == []
