"""What a record system hides of a record from parents, or from the young person (9603)."""

import base64
from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX
from helsami_kernel.errors import NotFound
from helsami_kernel.items import item_id
from helsami_kernel.origins import Origins
from helsami_kernel.testing import citizen_token

ADULT = citizen_token("c1", ["records:read"])
YOUTH = replace(ADULT, age_band="12-15")
READERS = {"adult": ADULT, "youth": YOUTH, "parent": replace(ADULT, age_band="0-11", actor="c2", basis="parental")}
EVERYBODY = [*READERS]
WHEN = "2026-02-27T09:00:00Z"
TEXT = {"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"tekst").decode()}}
NAMED = {"text": "Navn"}
RESOURCES = {
    "visits": {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [NAMED],
        "period": {"start": WHEN, "end": WHEN},
    },
    "documents": {"resourceType": "DocumentReference", "status": "current", "date": WHEN, "content": [TEXT]},
    "letters": {
        "resourceType": "DocumentReference",
        "status": "current",
        "date": WHEN,
        "category": [{"coding": [{"system": "urn:helsami:document-category", "code": "letter"}]}],
        "content": [TEXT],
        "context": {"related": [{"reference": "Appointment/a1"}]},
    },
    "conditions": {"resourceType": "Condition", "code": NAMED, "recordedDate": WHEN},
    "allergies": {"resourceType": "AllergyIntolerance", "code": NAMED, "recordedDate": WHEN},
    "vaccines": {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": NAMED,
        "occurrenceDateTime": WHEN,
    },
}
OF_A1 = item_id("c1", "trondheim", "Appointment|a1")


def labelled(section, *codes, key="k1", **more):
    labels = [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": code} for code in codes]
    return RESOURCES[section] | {"id": key, "meta": {"security": labels}} | more


@pytest.fixture
def shown_to(page):
    """Who is shown any item of a section; to whoever is not, nothing is explained."""

    def read(section):
        pages = {name: page(section, access) for name, access in READERS.items()}
        assert all(one["items"] or one["absences"] == [{"code": "none_recorded"}] for one in pages.values())
        return [name for name, one in pages.items() if one["items"]]

    return read


@pytest.fixture
def events(store):
    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX.c.type, OUTBOX.c.data).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, orjson.loads(row.data)["access_limit"]) for row in rows]

    return read


@pytest.mark.parametrize("section", RESOURCES)
def test_each_kind_of_item_is_shown_to_those_from_whom_it_is_not_hidden(receive, shown_to, section):
    found = []
    for codes in ((), ("NORN_FORANS",), ("NORN_UNGDOM",), ("NORN_UNGDOM", "NORN_FORANS"), ("N",)):
        assert receive(labelled(section, *codes)) == ["stored"]
        found.append(shown_to(section))

    assert found == [EVERYBODY, ["adult", "youth"], ["adult", "parent"], ["adult"], EVERYBODY]


@pytest.mark.parametrize(("section", "event"), [("visits", "summary_published"), ("letters", "letter_issued")])
def test_what_is_new_is_told_with_its_limit_unless_it_is_hidden_from_the_young_person(receive, events, section, event):
    receive(labelled(section, "NORN_UNGDOM"), labelled(section, "NORN_FORANS", key="k2"), labelled(section, key="k3"))

    assert sorted(limit for kind, limit in events() if kind == event) == ["", "parents"]
    assert sorted(limit for kind, limit in events() if kind == "access_limit_changed") == ["parents", "youth"]


def test_a_hidden_note_leaves_its_visit_and_a_hidden_visit_takes_its_notes_along(receive, page):
    inside = {"context": {"encounter": [{"reference": "Encounter/k1"}]}}
    receive(labelled("visits"), labelled("documents", "NORN_FORANS", key="n1", **inside))
    (visit,) = page("visits", READERS["parent"])["items"]
    receive(labelled("visits", "NORN_FORANS"), labelled("documents", key="n1", **inside))

    assert visit["notes"] == []
    assert [page(section, READERS["parent"])["items"] for section in ("visits", "documents")] == [[], []]
    assert len(page("visits", YOUTH)["items"][0]["notes"]) == 1


def test_a_hidden_letter_is_found_by_no_way_that_leads_to_it(records, receive, page):
    receive(labelled("letters", "NORN_FORANS"))
    (letter,) = page("letters", YOUTH)["items"]
    parent = READERS["parent"]

    for ask in (records.letter, records.letter_attachment):
        with pytest.raises(NotFound, match="letter-not-found"):
            ask({"letter": letter["id"], **({"number": 1} if ask == records.letter_attachment else {})}, parent)
    listed = orjson.loads(records.letters_of_appointment({"appointment": OF_A1}, parent))
    assert (listed["items"], listed["absences"]) == ([], [{"code": "none_recorded"}])


def test_letters_about_a_hidden_appointment_are_hidden_with_it(records, receive, page):
    receive(labelled("letters"))
    (letter,) = page("letters", YOUTH)["items"]
    parent = replace(READERS["parent"], hidden=frozenset({OF_A1}))

    assert page("letters", parent)["items"] == []
    with pytest.raises(NotFound, match="letter-not-found"):
        records.letter({"letter": letter["id"]}, parent)


@pytest.mark.parametrize("section", ["conditions", "allergies", "vaccines", "letters"])
def test_what_was_made_at_a_hidden_visit_is_hidden_with_it(receive, page, section):
    visited = [{"reference": "Encounter/k9"}]
    at_the_visit = {"context": {"encounter": visited}} if section == "letters" else {"encounter": visited[0]}
    receive(labelled(section, key="k1", **at_the_visit), labelled(section, key="k2"))
    kept, left = (item_id("c1", "trondheim", f"{RESOURCES[section]['resourceType']}|{key}") for key in ("k1", "k2"))
    parent = replace(READERS["parent"], hidden=frozenset({item_id("c1", "trondheim", "Encounter|k9")}))

    assert [item["id"] for item in page(section, parent)["items"]] == [left]
    assert {item["id"] for item in page(section, YOUTH)["items"]} == {kept, left}


def test_a_visit_is_hidden_with_each_appointment_and_each_visit_that_it_is_part_of(receive, page):
    receive(labelled("visits", appointment=[{"reference": f"Appointment/{key}"} for key in ("a2", "a1")]))
    receive(labelled("visits", key="k2", partOf={"reference": "Encounter/k1"}), labelled("visits", key="k3"))
    first, second, third = (item_id("c1", "trondheim", f"Encounter|{key}") for key in ("k1", "k2", "k3"))

    def shown(*hidden):
        parent = replace(READERS["parent"], hidden=frozenset(hidden))
        return {item["id"] for item in page("visits", parent)["items"]}

    assert [shown(OF_A1), shown(first), shown(second)] == [{second, third}, {third}, {first, third}]


@pytest.mark.parametrize(
    ("section", "more"),
    [
        ("visits", {"appointment": [{"reference": "Appointment/a1"}]}),
        ("visits", {"class": {"code": "HH"}}),
        ("letters", {"context": {}}),
    ],
)
def test_whose_an_item_is_is_told_again_when_it_has_become_another(receive, store, section, more):
    receive(labelled(section))
    first = sealed(store)
    receive(labelled(section), labelled(section, key="k2"))
    receive(labelled(section, **more))
    its = item_id("c1", "trondheim", f"{RESOURCES[section]['resourceType']}|k1")

    (before,) = (one for kind, item, one in first if item == its)
    ((kind, after),) = ((kind, one) for kind, item, one in sealed(store) if item == its and one != before)
    assert kind == "access_limit_changed"
    opened = [Origins(bytes(32)).open("c1", its, one) for one in (before, after)]
    assert opened[0] != opened[1]
    assert opened[0].category == opened[1].category


def sealed(store):
    """What was told of whose items are: the event, the item, and its origin."""
    with store._database.engine.connect() as connection:
        rows = connection.execute(sa.select(OUTBOX.c.type, OUTBOX.c.data).order_by(OUTBOX.c.announced_at)).all()
    told = [(row.type, orjson.loads(row.data)) for row in rows]
    return [
        (kind, next(data[name] for name in ("item", "visit", "letter") if name in data), data["origin"])
        for kind, data in told
        if "origin" in data
    ]
