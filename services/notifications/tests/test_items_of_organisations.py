"""Who acts for another hears of what organisations show them, and of nothing else, as it is when they look (R93)."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsami_kernel.database import Event
from helsami_kernel.origins import Origin, Origins
from helsami_notifications import models
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORIGINS = Origins(bytes(32))
TOLD = {  # how an item of each category is told of, and the scope that it takes to read it
    "appointments": ("tell_of_reminder", "appointment", "appointments:read"),
    "results": ("tell_of_result", "result", "results:read"),
    "visits": ("tell_of_summary", "visit", "records:read"),
    "documents": ("tell_of_letter", "letter", "records:read"),
    "messages": ("tell_of_answered_message", "thread", "messages:read"),
}
SCOPES = frozenset(scope for _, _, scope in TOLD.values())
READERS = (("grant", "16+"), ("capacity", "16+"), ("parental", "0-11"), ("parental", "12-15"))
FROM_12 = frozenset({"appointments:read"})
"""All that a parent reads by the region's rule from twelve on, of those organisations that are close to home."""
GRANT = {"actor": "c9", "basis": "grant", "age_band": "16+"}
numbers = count()


def news(category, item="i1", subject="c1", minutes=0, origin=None, **asked):
    """An event that tells of an item of an organisation."""
    said = {"organisation": "a", "occurred_at": AT, "kind": "visit", **asked}
    sealed = ORIGINS.seal(subject, Origin(item, category=category, **said)) if origin is None else origin
    data = {TOLD[category][1]: item, "origin": sealed}
    return Event(type="", subject=subject, data=data, id=f"e{next(numbers)}", time=AT + timedelta(minutes=minutes))


def tell(notifications, category, *args, **said):
    getattr(notifications, TOLD[category][0])(news(category, *args, **said))


@pytest.fixture
def shown(notifications, citizen):
    """The ids of what is told of to a reader."""

    def read(subject="c1", scopes=SCOPES, **claims):
        page = orjson.loads(notifications.page({}, citizen(subject, *scopes, **(claims or GRANT))))
        return {item["about"]["id"] for item in page["items"]}

    return read


def ruled(notifications, *rules):
    """Let organisations have other rules from now on, as they have when a policy changes."""
    notifications.rules = organisations_of(*rules)


def holding(*scopes, organisation="a", **more):
    """Rules that let representatives hold no more than these scopes."""
    return rules_of(
        manifest=manifest_of(organisation), limit_delegation=lambda asked: asked.scopes & set(scopes), **more
    )


organisations = st.fixed_dictionaries(
    {
        "holds": st.fixed_dictionaries({reader: st.frozensets(st.sampled_from(sorted(SCOPES))) for reader in READERS}),
        "withholds": st.frozensets(st.tuples(st.sampled_from(("grant", "parental")), st.sampled_from(("x", "y")))),
        "since": st.sampled_from((None, date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 2))),
        "live": st.sampled_from((True, True, True, False)),
    }
)
items = st.tuples(
    st.sampled_from(sorted(TOLD)), st.sampled_from("ab"), st.sampled_from(("x", "y")), st.sampled_from((0, 20))
)


def as_rules(name, says):
    """What an organisation says, as rules."""
    if not says["live"]:
        return closed_rules(manifest=manifest_of(name))
    withheld = Restriction.withhold("withheld")

    def restrict(asked):
        return withheld if (asked.reader, asked.visit_type) in says["withholds"] else Restriction.show()

    return rules_of(
        manifest=manifest_of(name, everything_since=says["since"] or date(2000, 1, 1)),
        limit_delegation=lambda asked: asked.scopes & says["holds"][asked.basis, asked.age_band],
        restrict_sharing=restrict,
    )


def may_see(says, item, scopes, reader):
    """Whether a reader is shown an item, by the rules as they are written."""
    category, organisation, visit_type, days_ago = item
    its, scope = says[organisation], TOLD[category][2]
    day = (AT - timedelta(days=days_ago)).date()
    by_region = SCOPES if reader != ("parental", "12-15") else FROM_12
    return (
        its["live"]
        and scope in scopes & by_region & its["holds"][reader]
        and (reader[0], visit_type) not in its["withholds"]
        and (its["since"] is None or day >= its["since"])
    )


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(st.fixed_dictionaries({"a": organisations, "b": organisations}), min_size=1, max_size=3),
    told=st.lists(items, min_size=1, max_size=6),
    scopes=st.frozensets(st.sampled_from(sorted(SCOPES))),
)
def test_news_is_passed_over_exactly_where_its_item_is_whatever_the_rules_become(
    notifications, shown, rules, told, scopes
):
    subject = f"c{next(numbers)}"
    named = {f"i{place}": item for place, item in enumerate(told)}
    for its, (category, organisation, visit_type, days_ago) in named.items():
        at = AT - timedelta(days=days_ago)
        tell(notifications, category, its, subject, organisation=organisation, visit_type=visit_type, occurred_at=at)

    for says in rules:
        ruled(notifications, *(as_rules(name, said) for name, said in says.items()))
        for basis, age_band in READERS:
            heard = shown(subject, scopes, actor="c9", basis=basis, age_band=age_band)
            reader = basis, age_band
            assert heard == {its for its, item in named.items() if may_see(says, item, scopes, reader)}
        assert shown(subject, actor=subject, basis="self") == set(named)


def test_narrowed_after_the_news_it_is_passed_over_and_widened_it_is_there(notifications, shown):
    ruled(notifications, holding(*SCOPES))
    tell(notifications, "results", "r1")
    tell(notifications, "appointments", "a1")
    found = [shown()]
    for rules in (holding("appointments:read"), holding(), holding(*SCOPES)):
        ruled(notifications, rules)
        found.append(shown())

    assert found == [{"r1", "a1"}, {"a1"}, set(), {"r1", "a1"}]


def test_what_was_kept_back_when_it_was_told_is_there_once_its_organisation_keeps_it_back_no_longer(
    notifications, shown
):
    ruled(notifications, holding())
    tell(notifications, "visits", "v1")
    assert shown() == set()

    ruled(notifications, holding("records:read"))

    assert shown() == {"v1"}


def test_a_birthday_counts_from_the_next_look(notifications, shown):
    ruled(notifications, holding(*SCOPES))
    tell(notifications, "results", "r1")
    parent = {"actor": "c9", "basis": "parental"}

    assert [shown(age_band=band, **parent) for band in ("0-11", "12-15", "16+")] == [{"r1"}, set(), set()]


def test_one_organisation_keeps_nothing_of_anothers_back(notifications, shown):
    ruled(notifications, holding(), holding(*SCOPES, organisation="b"))
    tell(notifications, "results", "r1", organisation="a")
    tell(notifications, "results", "r2", organisation="b")

    assert shown() == {"r2"}


def test_who_hears_of_an_appointment_hears_of_its_offers(notifications, shown):
    ruled(notifications, holding(*SCOPES))
    tell(notifications, "appointments", "a1")
    offered = Event(type="", subject="c1", data={"offer": "o1", "appointment": "a1"}, id="o", time=AT)
    notifications.tell_of_offer(offered)
    assert shown() == {"a1", "o1"}

    ruled(notifications, holding("results:read"))

    assert shown() == set()


def test_of_two_words_on_whose_an_item_is_the_later_holds_in_whatever_order_they_come(notifications, shown):
    ruled(notifications, holding(), holding(*SCOPES, organisation="b"))
    tell(notifications, "results", "r1", minutes=5, organisation="a")
    tell(notifications, "results", "r1", minutes=1, organisation="b")
    assert shown() == set()

    tell(notifications, "results", "r1", minutes=9, organisation="b")

    assert shown() == {"r1"}


@pytest.mark.parametrize(
    "origin",
    [
        ORIGINS.seal("c2", Origin("i1", "a", "results", AT, "result")),
        ORIGINS.seal("c1", Origin("i2", "a", "results", AT, "result")),
        Origins(b"1" * 32).seal("c1", Origin("i1", "a", "results", AT, "result")),
        "not-sealed",
        "æøå",
        "",
    ],
    ids=["of another citizen", "of another item", "with another key", "not sealed", "no base64", "empty"],
)
def test_of_what_nobody_has_said_whose_it_is_only_its_citizen_hears(notifications, shown, origin):
    ruled(notifications, holding(*SCOPES))
    tell(notifications, "results", "i1", origin=origin)

    assert (shown(), shown(actor="c1", basis="self")) == (set(), {"i1"})


def test_a_page_is_full_and_goes_on_past_what_is_passed_over(notifications, citizen):
    ruled(notifications, holding("results:read"))
    for number in range(12):
        category = "appointments" if number % 3 else "results"
        tell(notifications, category, f"i{number}", minutes=number)
    token = citizen("c1", *SCOPES, **GRANT)

    pages, cursor = [], None
    while not pages or cursor:
        answer = orjson.loads(notifications.page({"limit": 2, "cursor": cursor}, token))
        pages.append([item["about"]["id"] for item in answer["items"]])
        cursor = answer["next"]
        assert answer["absences"] == []

    assert pages == [["i9", "i6"], ["i3", "i0"]]


def test_why_somebody_did_not_hear_of_an_item_is_kept_with_its_id(notifications, shown, store):
    withheld = Restriction.withhold("a-not-for-others")
    ruled(notifications, rules_of(manifest=manifest_of("a"), restrict_sharing=withheld))
    tell(notifications, "visits", "v1")

    assert shown() == set()

    store.decisions.write_all()
    found = store.decisions.explained("v1", "a")
    assert [(one["hook"], one["reason"]) for one in found] == [("restrict_sharing", "a-not-for-others")]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_statement_that_forgets_the_owner_sees_nothing_of_whose_the_items_of_others_are(notifications, store):
    tell(notifications, "results", "r1")

    def seen(owner):
        with store.transaction(owner) as tx:
            return len(tx.connection.execute(sa.select(models.ORIGINS.c.item)).all())

    assert (seen("c1"), seen("c2")) == (1, 0)


def test_news_of_what_is_part_of_something_hidden_is_hidden_with_it(notifications, shown):
    ruled(notifications, rules_of(manifest=manifest_of("a")))
    tell(notifications, "visits", "v1", within="a1 a2")
    tell(notifications, "visits", "v2", within="a3")

    assert shown() == {"v1", "v2"}
    assert shown(**GRANT, hidden=frozenset({"a2"})) == {"v2"}
    assert shown(actor="c1", basis="self") == {"v1", "v2"}
