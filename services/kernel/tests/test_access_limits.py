"""What a record system hides from parents, or from the young person, is for them as if it had never been (9603)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from helsami_kernel import fhir
from helsami_kernel.access_limits import FROM_PARENTS, AccessLimit, changed, is_told, keeps_out, together
from helsami_kernel.database import Database, Reads, Writes, fingerprint
from helsami_kernel.items import Item, items_table, keep, keep_all
from helsami_kernel.journal import Unsupported
from helsami_kernel.sections import Inside, Section
from helsami_kernel.showing import Showing, is_open
from helsami_kernel.testing import MovableClock, citizen_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
METADATA = sa.MetaData()
MEETINGS = items_table("meetings", METADATA)
NOTES = items_table("notes", METADATA, sa.Column("meeting", sa.String(36)))
SECTION = Section(MEETINGS, "appointments")
WITH_NOTES = Section(MEETINGS, "appointments", inside=Inside(NOTES, NOTES.c.meeting, "notes"))
OWN = Section(MEETINGS, None)
RULES = organisations_of(
    rules_of(restrict_sharing=lambda asked: Restriction.withhold("own-rule") if asked.kind == "secret" else None),
    rules_of(manifest=manifest_of("st_olavs", everything_since=NOW.date())),
)
ADULT = citizen_token("c1", ["appointments:read"])
YOUTH = replace(ADULT, age_band="12-15")
PARENT = replace(YOUTH, actor="c2", basis="parental")
LIMITS = tuple(AccessLimit)
READERS = {"adult": ADULT, "youth": YOUTH, "parent": PARENT}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database of each kind with the tables of items."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/items.db" if sqlite else request.getfixturevalue("new_database")("items")
    opened = Database(url, 2, MovableClock(NOW))
    METADATA.create_all(opened.engine)
    yield opened
    opened.close()


def meeting(name, limit=AccessLimit.NONE, hours=0, organisation="trondheim", kind="appointment"):
    at = NOW + timedelta(hours=hours)
    return Item("c1", organisation, name, at, kind, {"name": name}, access_limit=limit)


def labelled(*codes, system=fhir.ACCESS_LIMITS):
    return {
        "resourceType": "Encounter",
        "meta": {"security": [{"system": system, "code": code} for code in codes]},
    }


def read(database, access, section=SECTION, limit=100, cursor=None):
    reads = Reads(database.reading_engine, "c1")
    return section.finished(reads, RULES, access, NOW, limit, cursor)


def names(page):
    return [item["name"] for item in orjson.loads(page)["items"]]


@pytest.mark.parametrize(
    ("codes", "limit"),
    [
        ([], AccessLimit.NONE),
        (["N"], AccessLimit.NONE),
        (["NORN_FORANS"], AccessLimit.PARENTS),
        (["NORN_UNGDOM"], AccessLimit.YOUTH),
        (["N", "NORN_FORANS"], AccessLimit.PARENTS),
        (["NORN_UNGDOM", "NORN_FORANS"], AccessLimit.BOTH),
    ],
)
def test_a_code_says_from_whom_a_resource_is_hidden(codes, limit):
    assert fhir.access_limit(labelled(*codes)) is limit


@pytest.mark.parametrize("code", ["SPERRET", "norn_forans", "", "NORN"])
def test_a_code_that_nothing_here_can_keep_to_is_refused_with_those_that_can(code):
    with pytest.raises(Unsupported) as reason:
        fhir.access_limit(labelled("NORN_FORANS", code))

    assert (reason.value.code, reason.value.path) == ("access-limited", "Encounter.meta.security")
    assert reason.value.expected == "of 9603 one of N, NORN_FORANS, NORN_UNGDOM"


@pytest.mark.parametrize(
    ("basis", "age_band", "hidden"),
    [
        ("parental", "0-11", {AccessLimit.PARENTS, AccessLimit.BOTH}),
        ("parental", "12-15", {AccessLimit.PARENTS, AccessLimit.BOTH}),
        ("parental", None, {AccessLimit.PARENTS, AccessLimit.BOTH}),
        ("self", "12-15", {AccessLimit.YOUTH, AccessLimit.BOTH}),
        ("self", "0-11", {AccessLimit.YOUTH, AccessLimit.BOTH}),
        ("self", None, {AccessLimit.YOUTH, AccessLimit.BOTH}),
        ("self", "16+", set()),
        ("grant", "16+", set()),
        ("capacity", "16+", set()),
        ("grant", None, {AccessLimit.YOUTH, AccessLimit.BOTH}),
    ],
)
def test_whom_a_limit_keeps_out(basis, age_band, hidden):
    assert {limit for limit in LIMITS if keeps_out(limit, basis, age_band)} == hidden


@pytest.mark.parametrize("basis", ["grant", "capacity"])
def test_what_is_hidden_from_parents_stays_so_for_a_parent_who_acts_on_another_ground(basis):
    assert {limit for limit in LIMITS if keeps_out(limit, basis, "16+", parent=True)} == FROM_PARENTS


def test_a_limit_that_nobody_knows_keeps_parents_and_the_young_person_out():
    assert keeps_out("someone-new", "parental", "12-15")
    assert keeps_out("someone-new", "grant", "16+", parent=True)
    assert keeps_out("someone-new", "self", "12-15")


@given(
    st.lists(st.sampled_from(LIMITS)), st.sampled_from(["parental", "self", "grant"]), st.sampled_from(["12-15", "16+"])
)
def test_whoever_may_not_see_a_part_does_not_see_the_whole(limits, basis, age_band):
    whole = keeps_out(together(limits), basis, age_band)

    assert whole == any(keeps_out(limit, basis, age_band) for limit in limits)


@pytest.mark.parametrize("limit", LIMITS)
def test_nobody_is_told_of_what_is_hidden_from_the_young_person(limit):
    told = limit in {AccessLimit.NONE, AccessLimit.PARENTS}

    assert is_told(limit) == told
    assert is_open(meeting("m", limit), "appointments", RULES["trondheim"]) == told


def test_what_a_limit_hides_is_asked_of_nobody_noted_by_nobody_and_explained_to_nobody():
    asked, noted = [], []
    rules = organisations_of(rules_of(restrict_sharing=asked.append))
    notes = type("Notes", (), {"note_all": staticmethod(noted.extend)})()
    showing = Showing("appointments", rules, PARENT, notes)
    row = type("Row", (), {**vars(meeting("m", AccessLimit.PARENTS)), "id": "m", "category": "", "visit_type": ""})()

    assert not showing.may_show(row)
    showing.note()
    assert (asked, noted, showing.absences([], {})) == ([], [], [{"code": "none_recorded"}])


@pytest.mark.parametrize("section", [SECTION, OWN], ids=["organisations", "portal"])
def test_each_reader_is_shown_what_is_not_hidden_from_them(database, section):
    with database.transaction(Writes, "c1") as tx:
        keep_all(tx, MEETINGS, [meeting(limit.name.lower(), limit) for limit in LIMITS])

    assert {reader: set(names(read(database, access, section))) for reader, access in READERS.items()} == {
        "adult": {"none", "parents", "youth", "both"},
        "youth": {"none", "parents"},
        "parent": {"none", "youth"},
    }


def test_a_note_that_is_hidden_is_missing_from_a_visit_that_is_not(database):
    visit = meeting("visit")
    with database.transaction(Writes, "c1") as tx:
        keep(tx, MEETINGS, visit)
        notes = [meeting(limit.name.lower(), limit) for limit in LIMITS]
        keep_all(tx, NOTES, [replace(note, extra={"meeting": visit.id}) for note in notes])

    (shown,) = orjson.loads(read(database, PARENT, WITH_NOTES))["items"]
    assert {note["name"] for note in shown["notes"]} == {"none", "youth"}


def test_another_code_holds_from_the_next_request_on_and_is_told_once(database):
    found, told = [], []
    for limit in (AccessLimit.NONE, AccessLimit.PARENTS, AccessLimit.PARENTS, AccessLimit.YOUTH, AccessLimit.NONE):
        with database.transaction(Writes, "c1") as tx:
            keep(tx, MEETINGS, meeting("m", limit))
            told += [(one["access_limit"], its and its.category) for one, its in changed(tx, {"appointment": "visits"})]
        found.append([names(read(database, access)) == ["m"] for access in (YOUTH, PARENT)])

    assert found == [[True, True], [True, False], [True, False], [False, True], [True, True]]
    assert told == [("parents", "visits"), ("youth", "visits"), ("", "visits")]


def test_what_was_kept_before_there_were_limits_is_the_same_when_it_comes_again(database):
    item = meeting("m")
    names_then = ("owner", "organisation", "key", "occurred_at", "kind", "setting", "visit_type", "author_role")
    then = {**{name: getattr(item, name) for name in names_then}, "body": orjson.dumps(item.finished).decode()}
    with database.transaction(Writes, "c1") as tx:
        keep(tx, MEETINGS, item)
        (digest,) = tx.connection.execute(sa.select(MEETINGS.c.digest)).one()

    assert digest == fingerprint(then)


items = st.lists(
    st.tuples(
        st.sampled_from(LIMITS),
        st.integers(-30, 30),
        st.sampled_from(["trondheim", "st_olavs"]),
        st.sampled_from(["appointment", "appointment", "secret"]),
    ),
    max_size=8,
)


@settings(max_examples=20, deadline=None)
@given(items, st.integers(1, 4))
def test_a_view_with_what_is_hidden_is_byte_for_byte_the_view_without_it(told, limit):
    everything = [meeting(f"m{place}", *one) for place, one in enumerate(told)]
    for access in READERS.values():
        shown = [one for one in everything if not keeps_out(one.access_limit, access.basis, access.age_band)]
        assert pages(everything, access, limit) == pages(shown, access, limit)


def pages(kept, access, limit):
    """All that a reader is shown of these items, page by page."""
    opened = Database("sqlite://", 1, MovableClock(NOW))
    METADATA.create_all(opened.engine)
    try:
        with opened.transaction(Writes, "c1") as tx:
            keep_all(tx, MEETINGS, kept)
        found, cursor = [], None
        while not found or cursor:
            found.append(read(opened, access, limit=limit, cursor=cursor))
            cursor = orjson.loads(found[-1])["next"]
        return found
    finally:
        opened.close()


def test_that_more_had_to_be_read_for_a_page_does_not_show_in_what_is_explained(database):
    visible = [meeting("m2", hours=2), meeting("m1", hours=1), meeting("m0", hours=0, kind="secret")]
    with database.transaction(Writes, "c1") as tx:
        keep_all(tx, MEETINGS, visible)
    without = read(database, YOUTH, limit=1)
    with database.transaction(Writes, "c1") as tx:
        keep_all(tx, MEETINGS, [meeting("hidden", AccessLimit.YOUTH, hours=3)])

    assert read(database, YOUTH, limit=1) == without
    assert orjson.loads(read(database, YOUTH))["absences"] == [{"code": "hidden_by_rule", "kind": "own-rule"}]
