"""Records as record systems and citizens meet them; with the golden scenarios 15 and 16."""

import base64
import copy
from datetime import UTC, date, datetime

import orjson
import pytest

from harness.news import come_back
from helsami_kernel.errors import Malformed
from helsami_kernel.testing import citizen_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

SERVICE = "urn:helsami:service"


def visit(key="e1", kind="gp-consultation", day="2026-02-20", setting="AMB", **parts):
    return {
        "resourceType": "Encounter",
        "id": key,
        "status": "finished",
        "class": {"code": setting},
        "type": [{"text": kind, "coding": [{"system": SERVICE, "code": kind}]}],
        "period": {"start": f"{day}T09:00:00Z", "end": f"{day}T09:30:00Z"},
        "serviceProvider": {"display": "Øya legesenter"},
    } | parts


def note(key="d1", of="e1", text="Går bra.", day="2026-02-20", **parts):
    return (
        {
            "resourceType": "DocumentReference",
            "id": key,
            "status": "current",
            "type": {"text": "Journalnotat"},
            "date": f"{day}T10:00:00Z",
            "content": [
                {"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}
            ],
        }
        | ({"context": {"encounter": [{"reference": f"Encounter/{of}"}]}} if of else {})
        | parts
    )


def condition(key="c1", name="Migrene", **parts):
    return {"resourceType": "Condition", "id": key, "code": {"text": name}, "recordedDate": "2026-02-20"} | parts


def vaccine(key="v1", given="2026-02-20", **parts):
    return {
        "resourceType": "Immunization",
        "id": key,
        "status": "completed",
        "vaccineCode": {"text": "Influensavaksine"},
        "occurrenceDateTime": given,
    } | parts


def allergy(key="a1"):
    return {"resourceType": "AllergyIntolerance", "id": key, "code": {"text": "Egg"}, "recordedDate": "2026-02-20"}


def notes(page):
    return {item["name"]: [note["text"] for note in item["notes"]] for item in page["items"]}


def test_a_visit_is_read_back_with_its_notes_in_order(receive, page):
    sent = [
        note("d2", text="Andre", day="2026-02-22"),
        note("d1", text="Første"),
        visit(),
        visit("e2", "outpatient", "2026-02-21"),
    ]

    assert receive(*sent) == ["stored"] * 4
    first, second = page("visits")["items"]
    assert (first["name"], first["notes"]) == ("outpatient", [])
    assert [one["text"] for one in second["notes"]] == ["Første", "Andre"]
    assert second["notes"][0].keys() >= {"id", "title", "text", "written_at"}
    assert (second["kind"], second["place"], second["clinician"]) == ("outpatient", "Øya legesenter", None)
    assert (second["starts_at"], second["ends_at"]) == ("2026-02-20T09:00:00Z", "2026-02-20T09:30:00Z")
    assert page("documents")["items"] == []


def test_a_note_waits_for_its_visit(receive, page):
    receive(note())
    before = page("visits"), page("documents")
    receive(visit())

    assert [one["items"] for one in before] == [[], []]
    assert notes(page("visits")) == {"gp-consultation": ["Går bra."]}


def test_a_document_of_no_visit_is_a_document(receive, page):
    receive(note(of=None, text="Brosjyre"))

    assert [item["text"] for item in page("documents")["items"]] == ["Brosjyre"]


def test_every_section_is_read_and_contributed(receive, page, records, citizen):
    receive(visit(), note(), condition(), allergy(), vaccine())

    home = records.for_home({}, citizen)

    assert list(home) == ["visits", "conditions", "allergies", "vaccines"]
    for section, contributed in home.items():
        assert len(page(section)["items"]) == 1
        assert orjson.loads(contributed) == page(section, limit=5)
    assert notes(page("visits")) == {"gp-consultation": ["Går bra."]}


def test_the_same_again_is_unchanged_and_tells_nobody(receive, told):
    sent = [visit(), note(), condition(), allergy(), vaccine()]
    receive(*sent)

    assert receive(*copy.deepcopy(sent)) == ["unchanged"] * 5
    assert len(told()) == 1


def test_one_bad_entry_does_not_lose_the_others(receive, page):
    outcomes = receive(condition(code=None), condition("c2", "Astma"), note(content=[]), as_they_are=True)

    assert outcomes == [
        {"index": 0, "outcome": "refused", "code": "nameless", "path": "Condition.code"},
        {"index": 1, "outcome": "stored"},
        {
            "index": 2,
            "outcome": "not supported",
            "code": "content-type",
            "path": "DocumentReference.content.attachment",
        },
    ]
    assert [item["name"] for item in page("conditions")["items"]] == ["Astma"]


def test_what_was_entered_in_error_is_gone(receive, page):
    receive(visit(), note(), condition(), vaccine())
    in_error = {"status": "entered-in-error"}
    verification = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}

    assert receive(visit(**in_error), condition(**verification), vaccine(**in_error)) == ["stored"] * 3
    assert [page(section)["items"] for section in ("visits", "documents", "conditions", "vaccines")] == [[]] * 4


def test_a_note_that_may_no_longer_be_shown_leaves_its_visit(receive, page):
    receive(visit(), note())
    limit = {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "SPERRET"}]}

    assert receive(note(meta=limit)) == ["not supported"]
    assert notes(page("visits")) == {"gp-consultation": []}


def test_a_finished_visit_is_told_of_once_however_often_it_is_corrected(receive, page, told):
    receive(visit(status="in-progress"))
    unfinished = told()
    receive(visit())
    receive(visit(serviceProvider={"display": "Et annet sted"}))

    assert unfinished == []
    assert told() == [page("visits")["items"][0]["id"]]
    assert page("visits")["items"][0]["place"] == "Et annet sted"


def test_an_import_of_history_tells_nobody(receive, told):
    receive(visit(day="2026-02-14"), visit("e2", day="2025-06-01"))

    assert told() == []


@pytest.mark.parametrize(
    "rules",
    [
        rules_of(restrict_sharing=Restriction.withhold("not-now")),
        rules_of(manifest=manifest_of(everything_since=date(2026, 2, 25))),
        closed_rules(),
    ],
)
def test_nobody_is_told_of_a_visit_they_would_not_be_shown(records, receive, told, rules):
    records.rules = organisations_of(rules)
    receive(visit())

    assert told() == []


def test_of_a_visit_that_comes_while_its_organisation_is_paused_is_told_afterwards(records, receive, page, told):
    records.rules["trondheim"].enter("paused")
    receive(visit())
    assert told() == []

    come_back(records)

    assert told() == [page("visits")["items"][0]["id"]]


def test_an_unchanged_visit_tells_nobody_even_where_it_was_not_told_of_before(records, receive, told):
    rules, records.rules = records.rules, organisations_of(closed_rules())
    receive(visit())
    records.rules = rules

    assert receive(visit()) == ["unchanged"]
    assert told() == []


def test_notes_may_be_withheld_from_others_than_their_citizen(records, receive, page):
    records.rules = organisations_of(
        rules_of(
            restrict_sharing=lambda asked: (
                Restriction.withhold("young-person") if asked.kind == "note" and asked.reader == "parental" else None
            )
        )
    )
    receive(visit(), note())
    parent = citizen_token("c1", ["records:read"], actor="c2", basis="parental", age_band="0-11")

    assert notes(page("visits")) == {"gp-consultation": ["Går bra."]}
    assert notes(page("visits", parent)) == {"gp-consultation": []}
    assert [absence["code"] for absence in page("visits", parent)["absences"]] == ["before_go_live"]


@pytest.mark.parametrize(
    "query", [{}, {"section": "secrets"}, {"section": "visits", "limit": 0}, {"section": "visits", "x": 1}]
)
def test_a_question_of_another_form_is_malformed(records, citizen, query):
    with pytest.raises(Malformed):
        records.page(query, citizen)


def test_golden_scenario_15_a_home_care_visit_is_hidden_and_a_home_meeting_is_shown(receive, page, told):
    receive(
        visit("e1", "home-care-visit", setting="HH"),
        note("d1", of="e1", text="Hjelp med medisiner"),
        visit("e2", "care-group-meeting", setting="HH"),
        note("d2", of="e2", text="Møte hjemme"),
        visit("e3", "interdisciplinary-meeting", setting="HH"),
        visit("e4", "not-named", setting="HH"),
        visit("e5", "home-care-visit", setting="AMB"),
    )
    shown = page("visits")

    assert notes(shown) == {"care-group-meeting": ["Møte hjemme"], "interdisciplinary-meeting": []}
    assert shown["absences"] == [{"code": "hidden_by_rule", "kind": "home-care-hidden"}]
    assert page("documents")["items"] == []
    assert sorted(told()) == sorted(item["id"] for item in shown["items"])


def test_golden_scenario_15_who_is_not_the_citizen_is_not_told_that_anything_is_hidden(receive, page):
    receive(visit("e1", "home-care-visit", setting="HH"))
    other = citizen_token("c1", ["records:read"], actor="c2", basis="grant")

    assert page("visits", other)["absences"] == [{"code": "none_recorded"}]


def test_golden_scenario_16_a_visit_before_the_start_is_absent_and_an_old_vaccine_is_shown(records, receive, page):
    records.rules = organisations_of(rules_of(manifest=manifest_of(everything_since=date(2026, 3, 1))))
    before_midnight, after_midnight = ({"period": {"start": f"2026-02-28T{hour}:30:00Z"}} for hour in (22, 23))
    receive(
        visit("e1", "before", **before_midnight),
        visit("e2", "after", **after_midnight),
        note("d1", of="e1", text="for gammel"),
        condition(recordedDate="2026-02-28"),
        vaccine(given="1998-05-04"),
    )
    absent = [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-03-01"}]

    assert notes(page("visits")) == {"after": []}
    assert page("visits")["absences"] == absent
    assert (page("conditions")["items"], page("conditions")["absences"]) == ([], absent)
    assert [item["given_at"] for item in page("vaccines")["items"]] == ["1998-05-04"]
    assert page("vaccines")["absences"] == []
    assert datetime.fromisoformat(page("visits")["as_of"]) == datetime(2026, 3, 1, 12, tzinfo=UTC)
