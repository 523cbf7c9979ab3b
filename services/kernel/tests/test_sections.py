"""A section is read newest first or soonest first, in pages, and without rules where the items are the portal's own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import Database, Reads, Writes
from helsami_kernel.errors import Malformed, load
from helsami_kernel.items import Item, item_id, items_table, keep, keep_all, withdraw
from helsami_kernel.pages import Cursor, PageQuery
from helsami_kernel.sections import Inside, Section, Sections
from helsami_kernel.showing import is_open
from helsami_kernel.testing import MovableClock, citizen_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

METADATA = sa.MetaData()
MEETINGS = items_table("meetings", METADATA)
SECTION = Section(MEETINGS, "appointments")
OWN = Section(MEETINGS, None)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = organisations_of(rules_of())
ACCESS = citizen_token("c1", ["appointments:read"])


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database of each kind with the table of items."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/items.db" if sqlite else request.getfixturevalue("new_database")("items")
    opened = Database(url, 2, MovableClock(NOW))
    METADATA.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def reads(database):
    """What one citizen reads."""
    return Reads(database.reading_engine, "c1")


@pytest.fixture
def meet(database):
    """Store meetings by name and by hours from now."""

    def store(organisation="trondheim", **hours):
        with database.transaction(Writes, "c1") as tx:
            for name, ahead in hours.items():
                at = NOW + timedelta(hours=ahead)
                keep(tx, MEETINGS, Item("c1", organisation, name, at, "appointment", {"name": name}))

    return store


def names(page):
    return [item["name"] for item in page["items"]]


def read(reader, reads, limit=5, cursor=None, rules=RULES, access=ACCESS):
    return orjson.loads(reader(reads, rules, access, NOW, limit, cursor))


def test_what_is_to_come_is_read_soonest_first_and_from_now_on(meet, reads):
    meet(later=3, soon=1, this_moment=0, over=-1)

    assert names(read(SECTION.soonest_first, reads)) == ["this_moment", "soon", "later"]
    assert names(read(SECTION.finished, reads)) == ["later", "soon", "this_moment", "over"]


def test_a_page_begins_before_the_place_of_its_cursor(meet, reads):
    meet(later=3, this_moment=0, over=-1, long_over=-2)

    assert names(read(SECTION.finished, reads, cursor=str(Cursor(NOW, "")))) == ["over", "long_over"]


@pytest.mark.parametrize("reader", [SECTION.soonest_first, SECTION.finished], ids=["soonest", "newest"])
def test_pages_follow_each_other_without_gap_or_overlap(meet, reads, reader):
    meet(**{f"m{number}": number // 2 for number in range(7)})
    whole = names(read(reader, reads, limit=10))

    paged, cursor = [], None
    while True:
        page = read(reader, reads, limit=2, cursor=cursor)
        paged += names(page)
        cursor = page["next"]
        if cursor is None:
            break

    assert len(whole) == 7
    assert paged == whole


@pytest.mark.parametrize("reader", [SECTION.soonest_first, SECTION.finished], ids=["soonest", "newest"])
def test_what_a_rule_withholds_makes_no_page_shorter(meet, reads, reader):
    meet("st_olavs", **{f"hidden{number}": number for number in range(5)})
    meet(before=-1, after=9, last=10)
    rules = organisations_of(
        rules_of(), rules_of(manifest=manifest_of("st_olavs"), restrict_sharing=Restriction.withhold("not-here"))
    )

    page = read(reader, reads, limit=2, rules=rules)

    assert names(page) == (["after", "last"] if reader == SECTION.soonest_first else ["last", "after"])
    assert page["absences"] == [{"code": "hidden_by_rule", "kind": "not-here"}]


def test_what_comes_before_the_organisation_went_live_is_absent(meet, reads):
    meet(soon=1)
    rules = organisations_of(rules_of(manifest=manifest_of(everything_since=date(2026, 4, 1))))

    page = read(SECTION.soonest_first, reads, rules=rules)

    assert page["items"] == []
    assert page["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-04-01"}]


def test_a_representative_cannot_tell_what_is_withheld_from_them_by_what_is_said_to_be_absent(meet, reads, database):
    withhold = organisations_of(
        rules_of(restrict_sharing=lambda q: Restriction.withhold("hidden") if q.reader == "grant" else None)
    )
    grant = replace(ACCESS, basis="grant")
    before = SECTION.finished(reads, withhold, grant, NOW, 5)

    meet(old=-24 * 2000, new=-24)

    assert SECTION.finished(reads, withhold, grant, NOW, 5) == before


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("section", [SECTION, OWN], ids=["delivered", "own"])
@pytest.mark.parametrize("reader", ["finished", "soonest_first"])
def test_a_page_with_what_is_hidden_is_the_page_without_it_byte_for_byte(
    meet, reads, database, reader, section, limit
):
    meet("st_olavs", shown1=1, hidden1=1, hidden2=2, hidden3=3, shown2=-2, hidden4=-3)
    meet("trondheim", hidden5=-1, hidden6=5, shown3=-9, shown4=9)
    hidden = [(each, f"hidden{number}") for number in range(1, 7) for each in ("st_olavs", "trondheim")]
    representative = replace(
        ACCESS, actor="c2", basis="grant", hidden=frozenset(item_id("c1", *each) for each in hidden)
    )
    starts = {"st_olavs": date(2026, 2, 1), "trondheim": date(2026, 1, 1)}
    rules = organisations_of(
        *(rules_of(manifest=manifest_of(each, everything_since=start)) for each, start in starts.items())
    )
    before = whole(getattr(section, reader), reads, limit, representative, rules)

    with database.transaction(Writes, "c1") as tx:
        outcomes = [withdraw(tx, MEETINGS, *each) for each in hidden]

    assert outcomes.count("stored") == 6
    assert whole(getattr(section, reader), reads, limit, representative, rules) == before
    assert b"shown" in b"".join(before)


def whole(reader, reads, limit, access, rules):
    """Every page, one after the other."""
    pages, cursor = [], None
    while not pages or cursor is not None:
        pages.append(reader(reads, rules, access, NOW, limit, cursor))
        cursor = orjson.loads(pages[-1])["next"]
    return pages


def test_the_portals_own_items_are_shown_whatever_organisations_there_are(meet, reads):
    meet("helsami", told=-1)
    rules = organisations_of(closed_rules())

    assert names(read(OWN.finished, reads, rules=rules)) == ["told"]
    assert read(OWN.finished, reads, rules=rules)["absences"] == []
    assert read(SECTION.finished, reads, rules=rules)["items"] == []


def test_another_citizens_items_are_not_read(meet, database):
    meet(soon=1)
    reads = Reads(database.reading_engine, "c2")

    assert read(SECTION.soonest_first, reads) == {
        "items": [],
        "as_of": "2026-03-01T12:00:00Z",
        "status": "ok",
        "absences": [{"code": "none_recorded"}],
        "next": None,
    }


@pytest.mark.parametrize("reader", [SECTION.soonest_first, SECTION.finished], ids=["soonest", "newest"])
@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_of_no_sensible_size_is_malformed(reads, reader, limit):
    with pytest.raises(Malformed, match="malformed-limit"):
        read(reader, reads, limit=limit)


A_ZERO_BYTE = "MjAyNi0wMy0wMlQwODowMDowMCswMDowMHwA"


@pytest.mark.parametrize(
    "cursor", ["", "x", "bm9uc2Vuc2U", "MjAyNi0wMS0wMXxh", "OTk5OS0xMi0zMVQyMzo1OTo1OS0xMjowMHx4", A_ZERO_BYTE]
)
def test_a_cursor_that_is_none_of_ours_is_malformed(reads, cursor):
    with pytest.raises(Malformed, match="malformed-cursor"):
        read(SECTION.soonest_first, reads, cursor=cursor)


NOTES = items_table("notes", METADATA, sa.Column("meeting", sa.String(36)))
WITH_NOTES = Section(MEETINGS, "appointments", inside=Inside(NOTES, NOTES.c.meeting, "notes"))
TEXTS = items_table("texts", METADATA, sa.Column("category", sa.String(60), nullable=False, default=""))
BY_CATEGORY = Section(TEXTS, "results", categories=TEXTS.c.category)


@pytest.fixture
def note(database):
    """Store a note of a meeting."""

    def store(name, meeting, ahead, owner="c1", **parts):
        at = NOW + timedelta(hours=ahead)
        extra = {"meeting": item_id("c1", "trondheim", meeting)}
        with database.transaction(Writes, owner) as tx:
            keep(tx, NOTES, Item(owner, "trondheim", name, at, "note", {"name": name}, extra=extra, **parts))

    return store


def notes(page):
    return {item["name"]: [note["name"] for note in item["notes"]] for item in page["items"]}


def test_what_is_inside_an_item_is_shown_with_it_in_its_order(meet, note, reads):
    meet(first=1, second=2, third=3)
    note("late", "second", 9)
    note("early", "second", 8)
    note("other", "first", 7)
    note("lost", "nowhere", 2)
    note("a stranger's", "second", 2, owner="c2")

    assert notes(read(WITH_NOTES.finished, reads)) == {"third": [], "second": ["early", "late"], "first": ["other"]}
    assert notes(read(WITH_NOTES.soonest_first, reads, limit=2)) == {"first": ["other"], "second": ["early", "late"]}


def test_what_is_inside_is_withheld_by_a_rule_of_its_own_and_by_the_type_of_what_it_is_inside(
    meet, note, reads, database
):
    with database.transaction(Writes, "c1") as tx:
        keep(tx, MEETINGS, Item("c1", "trondheim", "visit", NOW, "visit", {"name": "visit"}, visit_type="ward-round"))
    note("of the doctor", "visit", 1, author_role="doctor")
    note("of the nurse", "visit", 1, author_role="nurse")
    asked = []

    def nurses_alone(question):
        asked.append((question.kind, question.visit_type))
        return Restriction.withhold("not-doctors") if question.author_role == "doctor" else None

    page = read(WITH_NOTES.finished, reads, rules=organisations_of(rules_of(restrict_sharing=nurses_alone)))

    assert notes(page) == {"visit": ["of the nurse"]}
    assert set(asked) == {("visit", "ward-round"), ("note", "ward-round")}
    assert page["absences"] == [{"code": "hidden_by_rule", "kind": "not-doctors"}]


def test_sections_read_at_once_are_what_each_is_alone(meet, note, database, reads):
    meet("st_olavs", **{f"hidden{number}": 20 - number for number in range(9)})
    meet(first=1, second=2, third=3)
    note("early", "second", 8)
    with database.transaction(Writes, "c1") as tx:
        keep(tx, TEXTS, Item("c1", "trondheim", "text", NOW, "result", {"name": "text"}))
    rules = organisations_of(
        rules_of(), rules_of(manifest=manifest_of("st_olavs"), restrict_sharing=Restriction.withhold("not-here"))
    )
    sections = {"meetings": WITH_NOTES, "texts": BY_CATEGORY, "none": Section(NOTES, "visits", sa.false())}

    at_once = Sections(sections).finished(reads, rules, ACCESS, NOW, 2)

    assert at_once == {name: one.finished(reads, rules, ACCESS, NOW, 2) for name, one in sections.items()}
    assert notes(orjson.loads(at_once["meetings"])) == {"third": [], "second": ["early"]}


def test_an_item_of_another_category_has_that_categorys_floor(database, reads):
    with database.transaction(Writes, "c1") as tx:
        for name, category in (("corona", "corona_results"), ("other", "")):
            at = datetime(2021, 1, 1, tzinfo=UTC)
            keep(tx, TEXTS, Item("c1", "trondheim", name, at, "result", {"name": name}, extra={"category": category}))

    page = read(BY_CATEGORY.finished, reads)

    assert names(page) == ["corona"]
    assert page["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2025-01-01"}]


def test_what_the_citizen_could_not_read_is_not_open():
    item = Item("c1", "trondheim", "k", NOW, "visit", {}, visit_type="home-care-visit")
    old = Item("c1", "trondheim", "k", datetime(2021, 1, 1, tzinfo=UTC), "visit", {})

    assert is_open(replace(item, visit_type="consultation"), "visits", RULES["trondheim"])
    assert not is_open(item, "visits", RULES["trondheim"])
    assert not is_open(old, "visits", RULES["trondheim"])
    assert not is_open(replace(item, visit_type="consultation"), "visits", closed_rules())


def test_a_page_is_of_the_usual_size_and_the_newest_unless_asked_otherwise():
    assert load(PageQuery, {}) == {"limit": 20, "cursor": None}
    assert load(PageQuery, {"limit": 3, "cursor": "x"}) == {"limit": 3, "cursor": "x"}
    with pytest.raises(Malformed):
        load(PageQuery, {"limit": "3"})


def test_many_items_are_kept_at_once_and_the_last_word_on_each_counts(database, reads):
    def item(name, text):
        return Item("c1", "trondheim", name, NOW, "result", {"name": text})

    with database.transaction(Writes, "c1") as tx:
        assert keep_all(tx, MEETINGS, []) == []
        assert keep_all(tx, MEETINGS, [item("a", "a"), item("b", "b"), item("a", "a"), item("b", "c")]) == [
            "stored",
            "stored",
            "unchanged",
            "stored",
        ]
    with database.transaction(Writes, "c1") as tx:
        again = [item("a", "x"), item("b", "c"), item("a", "a"), item("d", "d")]
        assert keep_all(tx, MEETINGS, again) == ["stored", "unchanged", "stored", "stored"]

    assert sorted(names(read(SECTION.finished, reads))) == ["a", "c", "d"]


def test_an_item_is_not_kept_for_another_owner_than_the_transactions(database):
    with database.transaction(Writes, "c2") as tx, pytest.raises(ValueError, match="another owner"):
        keep(tx, MEETINGS, Item("c1", "trondheim", "k", NOW, "visit", {}))


def test_a_page_past_much_that_is_not_shown_costs_few_reads(meet, database):
    meet(**{f"old{number}": -24 * 1000 - number for number in range(1200)})
    meet(new=-1)
    reads = Counting(database.reading_engine, "c1")

    page = read(SECTION.finished, reads, limit=1)

    assert (names(page), page["next"]) == (["new"], None)
    assert reads.fetched <= 2


@pytest.mark.parametrize("limit", [1, 3])
def test_what_a_citizen_has_hidden_costs_no_second_read(meet, database, limit):
    meet(**{f"meeting{number}": -number for number in range(20)})
    hidden = frozenset(item_id("c1", "trondheim", f"meeting{number}") for number in (0, 1, 3))
    deputy = replace(ACCESS, actor="c2", basis="grant", hidden=hidden)
    left = [f"meeting{number}" for number in range(20) if number not in {0, 1, 3}]

    one, all_at_once = (Counting(database.reading_engine, "c1") for _ in range(2))
    page = read(SECTION.finished, one, limit, access=deputy)
    together = Sections({"a": SECTION, "b": OWN}).finished(all_at_once, RULES, deputy, NOW, limit)

    assert names(page) == left[:limit]
    assert [names(orjson.loads(each)) for each in together.values()] == [left[:limit]] * 2
    assert (one.fetched, all_at_once.fetched) == (1, 1)


class Counting(Reads):
    """Reads that count how often they go to the database."""

    fetched = 0

    def fetch(self, statement, **parameters):
        self.fetched += 1
        return super().fetch(statement, **parameters)
