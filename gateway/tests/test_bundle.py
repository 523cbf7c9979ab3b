"""The envelope: one clear error for each thing that is not a bundle of this organisation's."""

import json

import pytest

from helsami_gateway.fhir.bundle import read_bundle
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed


def refusal(body):
    with pytest.raises(Malformed) as refused:
        read_bundle(body, "st_olavs")
    return refused.value.code, refused.value.problems


def test_a_bundle_is_opened_entry_by_entry(bundled, patient, condition):
    bundle = read_bundle(bundled(patient, condition), "st_olavs")

    assert bundle.type == "collection"
    assert [(entry.index, entry.type, entry.full_url) for entry in bundle.entries] == [
        (0, "Patient", "urn:uuid:p1"),
        (1, "Condition", "urn:uuid:c1"),
    ]


def test_a_decimal_keeps_its_text():
    body = b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"X1","value":1.50}}]}'

    value = read_bundle(body.replace(b"X1", b"Xx"), "st_olavs").entries[0].resource["value"]

    assert value.text == "1.50"
    assert value == 1.5


def test_a_byte_order_mark_is_no_hindrance(bundled, patient):
    assert len(read_bundle(b"\xef\xbb\xbf" + bundled(patient), "st_olavs").entries) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<Bundle xmlns='http://hl7.org/fhir'/>",
        b"\xff\xfe{}",
        b'{"resourceType": "Bundle", "type": NaN}',
        b'{"resourceType": "Bundle"} {"again": true}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1e99999999999999999999}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_not_json_is_refused(body):
    assert refusal(body)[0] in {"not-json", "truncated"}


@pytest.mark.parametrize("rest", [b" x", b' {"a":', b"}"])
def test_more_after_the_end_is_not_called_truncated(rest):
    assert refusal(b'{"resourceType": "Bundle"}' + rest)[0] == "not-json"


def test_the_place_where_json_ends_is_told():
    code, problems = refusal(b'{"resourceType":\n "Bundle",, }')

    assert code == "not-json"
    assert problems == (FieldProblem("Bundle", "JSON (application/fhir+json); line 2 column 11 is not"),)


def test_every_truncation_of_a_bundle_is_refused_as_truncated(bundled, patient):
    whole = bundled(patient)

    for length in range(1, len(whole)):
        code, problems = refusal(whole[:length])
        assert code == "truncated", length
        assert str(length) in problems[0].expected


@pytest.mark.parametrize("body", [b"[]", b"3", b"null", b'"Bundle"', b'{"resourceType": "Patient"}', b"{}"])
def test_what_is_not_a_bundle_is_refused(body):
    assert refusal(body)[0] == "not-a-bundle"


@pytest.mark.parametrize("kind", ["searchset", "document", "history", "message", None, ["batch"], {"batch": 1}])
def test_a_bundle_of_another_type_is_refused(bundled, kind):
    code, problems = refusal(bundled(type=kind))

    assert code == "bundle-type"
    assert problems == (FieldProblem("Bundle.type", "one of transaction, batch, collection"),)


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({}, "Bundle.entry[1].resource"),
        (5, "Bundle.entry[1].resource"),
        ({"resource": []}, "Bundle.entry[1].resource"),
        ({"resource": {"id": "a"}}, "Bundle.entry[1].resource.resourceType"),
        ({"resource": {"resourceType": "13924500160"}}, "Bundle.entry[1].resource.resourceType"),
        ({"resource": {"resourceType": "Patient"}, "fullUrl": 5}, "Bundle.entry[1].fullUrl"),
        ({"resource": {"resourceType": "Patient"}, "fullUrl": ""}, "Bundle.entry[1].fullUrl"),
        ({"resource": {"resourceType": "Patient"}, "fullUrl": "urn:\0"}, "Bundle.entry[1].fullUrl"),
        ({"resource": {"resourceType": "Patient"}, "request": "POST"}, "Bundle.entry[1].request"),
    ],
)
def test_an_entry_that_is_no_entry_is_named_by_its_place(entry, path):
    whole = {"resource": {"resourceType": "Patient"}}
    code, problems = refusal(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [whole, entry]}).encode())

    assert code == "bundle-entry"
    assert [problem.field for problem in problems] == [path]


def test_a_bundle_whose_entries_are_no_list_is_refused(bundled):
    assert refusal(bundled(entry={}))[1] == (FieldProblem("Bundle.entry", "a list"),)


def test_a_bundle_in_another_organisations_name_is_forbidden(bundled):
    with pytest.raises(Forbidden) as refused:
        read_bundle(bundled(meta={"source": "urn:helsami:organisation:trondheim"}), "st_olavs")

    assert refused.value.code == "another-organisation"


@pytest.mark.parametrize(
    "meta", [{"source": "urn:helsami:organisation:st_olavs"}, {"source": "https://dips.no"}, {}, 5, None]
)
def test_a_bundle_in_its_own_or_nobodys_name_is_opened(bundled, meta):
    assert read_bundle(bundled(meta=meta), "st_olavs").entries == ()
