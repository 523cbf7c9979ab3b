"""Letters with what is enclosed: read, fetched, linked from appointments, and told of (R40)."""

import base64
from dataclasses import replace
from datetime import date

import orjson
import pytest
import sqlalchemy as sa

from harness.news import come_back
from helsami_kernel.errors import Malformed, NotFound, to_wire
from helsami_kernel.items import item_id
from helsami_kernel.testing import citizen_token
from helsami_records.letters.domain import LARGEST
from helsami_records.letters.storage import MOST_OF_AN_APPOINTMENT
from helsami_records.models import ENCLOSURES
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

CATEGORY = "urn:helsami:document-category"
PDF = b"%PDF-1.7\nkart"
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
OF_A1 = item_id("c1", "trondheim", "Appointment|a1")


def attached(data, kind, title=None):
    attachment = {"contentType": kind, "data": base64.b64encode(data).decode()}
    return {"attachment": attachment | ({"title": title} if title else {})}


TEXT = attached("Du har fått time.".encode(), "text/plain; charset=utf-8", "Innkalling")
MAP = attached(PDF, "application/pdf", "Kart")


def letter(*contents, key="l1", about="a1", day="2026-02-25", category="summons", **parts):
    return {
        "resourceType": "DocumentReference",
        "id": key,
        "status": "current",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "date": f"{day}T10:00:00Z",
        "content": list(contents) or [TEXT, MAP],
        "context": {"related": [{"reference": f"Appointment/{about}"}]} if about else {},
    } | parts


@pytest.fixture
def read(records, citizen, page):
    """The one letter that the citizen has, in full."""

    def one(access=citizen):
        (item,) = page("letters")["items"]
        return records.letter({"letter": item["id"]}, access)

    return one


@pytest.fixture
def about(records, citizen):
    def linked(appointment=OF_A1, access=citizen):
        return orjson.loads(records.letters_of_appointment({"appointment": appointment}, access))

    return linked


def test_a_letter_is_read_and_what_is_enclosed_is_fetched_byte_by_byte(receive, read, records, citizen, page):
    assert receive(letter()) == ["stored"]
    assert receive(letter()) == ["unchanged"]

    one = read()
    assert (one["title"], one["text"], one["written_at"]) == ("Innkalling", "Du har fått time.", "2026-02-25T10:00:00Z")
    assert one["attachments"] == [{"number": 1, "title": "Kart", "content_type": "application/pdf", "size": len(PDF)}]
    fetched = records.letter_attachment({"letter": one["id"], "number": 1}, citizen)
    assert fetched == {"content_type": "application/pdf", "data": base64.b64encode(PDF).decode()}
    assert page("documents")["items"] == []


def test_it_is_told_with_a_letter_which_appointment_it_is_about_so_that_it_can_be_hidden_with_that(receive, told):
    receive(letter(TEXT), letter(TEXT, key="l2", about=None))

    both = zip(told("letter"), told("letter", "appointment"), strict=True)
    assert dict(both) == {
        item_id("c1", "trondheim", "DocumentReference|l1"): OF_A1,
        item_id("c1", "trondheim", "DocumentReference|l2"): None,
    }


def test_a_letter_that_is_hidden_takes_no_place_of_another(receive, about, citizen):
    receive(*(letter(TEXT, key=f"l{number}") for number in range(MOST_OF_AN_APPOINTMENT + 1)))
    whole = [item["id"] for item in about()["items"]]
    representative = replace(citizen, actor="c2", basis="grant", hidden=frozenset(whole[:1]))

    shown = [item["id"] for item in about(access=representative)["items"]]

    assert len(whole) == len(shown) == MOST_OF_AN_APPOINTMENT
    assert shown[:-1] == whole[1:]


def test_what_is_about_a_hidden_appointment_is_hidden_with_it(receive, records, citizen, page):
    receive(letter(TEXT), letter(TEXT, key="l2", about=None))
    hidden, other = (item_id("c1", "trondheim", f"DocumentReference|{key}") for key in ("l1", "l2"))
    representative = replace(citizen, actor="c2", basis="grant", hidden=frozenset({OF_A1}))

    with pytest.raises(NotFound):
        records.letter({"letter": hidden}, representative)
    listed = orjson.loads(records.page({"section": "letters"}, representative))

    assert [item["id"] for item in listed["items"]] == [other]
    assert {item["id"] for item in page("letters")["items"]} == {hidden, other}


def test_an_appointment_names_its_letters_and_no_others(receive, about):
    receive(letter(), letter(TEXT, key="l2", about="a2"), letter(TEXT, key="l3", about=None))

    (item,) = about()["items"]
    assert item.keys() == {"id", "title", "written_at", "attachments"}
    assert about(MISSING)["items"] == []
    assert about(MISSING)["absences"] == [{"code": "none_recorded"}]
    assert about(access=citizen_token("c2", ["records:read"]))["items"] == []


def test_a_document_about_an_appointment_is_a_letter_and_a_note_of_a_visit_stays_one(receive, page):
    visited = {"encounter": [{"reference": "Encounter/e1"}], "related": [{"reference": "Appointment/a1"}]}
    receive(letter(TEXT, category="other"), letter(TEXT, key="l2", category="other", context=visited))

    assert [item["title"] for item in page("letters")["items"]] == ["Innkalling"]


def test_html_is_read_as_text_and_never_kept_as_a_page(receive, read, store):
    page = b"<p>Du har f\xc3\xa5tt time.</p><script>alert(1)</script>"
    receive(letter(attached(page, "text/html"), MAP))

    assert read()["text"] == "Du har fått time."
    with store.transaction("c1") as tx:
        assert tx.connection.execute(sa.select(ENCLOSURES.c.content_type)).scalars().all() == ["application/pdf"]


@pytest.mark.parametrize(
    ("contents", "code", "where"),
    [
        ([TEXT, attached(b"<html>", "text/html")], "content-type", "contentType"),
        ([TEXT, attached(b"MZ", "application/octet-stream")], "content-type", "contentType"),
        ([TEXT, attached(b"<html>", "application/pdf")], "content-type", "data"),
        ([TEXT, attached(b"<svg/>", "image/svg+xml")], "content-type", "contentType"),
        ([TEXT, {"attachment": {"contentType": "application/pdf", "url": "https://x"}}], "content-type", "data"),
        ([TEXT, {"attachment": {"contentType": "application/pdf", "data": "%"}}], "no-content", "data"),
        ([attached(PDF.ljust(LARGEST + 1), "application/pdf")], "too-large", "attachment"),
        ([TEXT, *[MAP] * 11], "too-large", "attachment"),
        ([attached(b" ", "text/plain")], "no-text", "attachment"),
    ],
)
def test_what_may_not_be_enclosed_refuses_the_letter_and_says_where(receive, page, contents, code, where):
    (outcome,) = receive(letter(*contents), as_they_are=True)

    assert (outcome["outcome"], outcome["code"]) == ("refused", code)
    assert outcome["path"].startswith("DocumentReference.content.attachment")
    assert outcome["path"].endswith(where)
    assert page("letters")["items"] == []


def test_a_letter_may_be_nothing_but_what_is_enclosed(receive, read):
    receive(letter(MAP))

    assert (read()["text"], len(read()["attachments"])) == ("", 1)


def test_a_letter_that_changes_or_goes_takes_what_was_enclosed_with_it(receive, read, records, citizen, store, told):
    receive(letter())
    other = attached(PDF.replace(b"kart", b"plan"), "application/pdf", "Kart")
    assert receive(letter(TEXT, other)) == ["stored"]
    fetched = records.letter_attachment({"letter": read()["id"], "number": 1}, citizen)
    assert base64.b64decode(fetched["data"]).endswith(b"plan")
    assert len(told("letter")) == 1

    assert receive(letter(status="entered-in-error")) == ["stored"]
    with store.transaction("c1") as tx:
        assert tx.connection.execute(sa.select(sa.func.count()).select_from(ENCLOSURES)).scalar_one() == 0


def test_a_new_letter_is_told_of_by_its_id_and_an_old_or_hidden_one_is_not(receive, read, told, records):
    receive(letter())
    assert told("letter") == [read()["id"]]

    receive(letter(key="old", day="2025-11-01"))
    records.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("hidden-by-policy")))
    receive(letter(key="hidden"))
    assert len(told("letter")) == 1


def test_of_a_letter_that_comes_while_its_organisation_is_paused_is_told_afterwards(receive, read, told, records):
    records.rules["trondheim"].enter("paused")
    receive(letter(), letter(key="taken back"))
    receive(letter(key="taken back", status="entered-in-error"))
    assert told("letter") == []

    come_back(records)

    assert told("letter") == [read()["id"]]


def test_foreign_hidden_missing_and_no_letter_look_the_same(receive, read, records, citizen, page):
    receive(letter(), letter(TEXT, key="d1", about=None, category="brochure"))
    its, (document,) = read()["id"], page("documents")["items"]
    answers = set()

    def ask(named, access, number=1):
        for method, question in (("letter", {}), ("letter_attachment", {"number": number})):
            with pytest.raises(NotFound) as refusal:
                getattr(records, method)({"letter": named, **question}, access)
            answers.add(orjson.dumps(to_wire(refusal.value)))

    for named in (MISSING, document["id"], "nonsense\x00", "x" * 500):
        ask(named, citizen)
    ask(its, citizen_token("c2", ["records:read"]))
    records.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("hidden-by-policy")))
    ask(its, citizen)
    floor = {"documents": date(2026, 5, 1)}
    records.rules = organisations_of(rules_of(manifest=manifest_of("trondheim", go_live=floor)))
    ask(its, citizen)

    assert len(answers) == 1


def test_a_number_that_is_not_there_is_not_found_and_one_that_cannot_be_is_malformed(receive, read, records, citizen):
    receive(letter())

    with pytest.raises(NotFound, match="letter-not-found"):
        records.letter_attachment({"letter": read()["id"], "number": 2}, citizen)
    for number in (0, 11, "1", None):
        with pytest.raises(Malformed):
            records.letter_attachment({"letter": read()["id"], "number": number}, citizen)


def test_the_database_itself_gives_an_enclosure_to_its_owner_alone(receive, store):
    receive(letter())
    everything = sa.select(sa.func.count()).select_from(ENCLOSURES)
    with store.transaction("c1") as tx:
        assert tx.connection.execute(everything).scalar_one() == 1
        if tx.connection.dialect.name == "sqlite":
            return
    with store.transaction("c2") as tx:
        assert tx.connection.execute(everything).scalar_one() == 0


def test_a_letter_to_somebody_who_reads_nothing_here_is_not_taken_for_sent(receive, page, told):
    sent, known = receive(letter(), letter(key="l2"), as_they_are=True, by_post=True)

    assert (sent["outcome"], sent["code"], sent["path"]) == ("refused", "not-digital", "DocumentReference")
    assert "by post" in sent["expected"]
    assert known["outcome"] == "refused"
    assert (page("letters")["items"], told("letter")) == ([], [])

    assert receive(letter()) == ["stored"], "once they read here again"
    assert len(told("letter")) == 1


def test_what_is_no_news_and_what_is_no_letter_is_kept_for_whoever_comes_back(receive, page):
    note = letter(about=None, category="note", key="d1")
    old = letter(day="2025-02-25", key="l2")

    assert receive(note, old, by_post=True) == ["stored", "stored"]
    assert len(page("letters")["items"]) == 1


def test_a_letter_is_taken_back_also_from_whoever_reads_nothing_here_now(receive, page):
    receive(letter())

    assert receive(letter(status="entered-in-error"), by_post=True) == ["stored"]
    assert page("letters")["items"] == []
