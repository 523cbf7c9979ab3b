"""What a citizen hides of their results, from who acts for them: in whatever shape its source shows it later (R69)."""

from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel.database import OUTBOX
from helsami_kernel.items import item_id
from helsami_kernel.testing import citizen_token
from helsami_results.domain import hidden_with, linked

IDS = st.sampled_from("abcdef")

ME = citizen_token("c1", ["results:read"])


def observation(key="o1", **more):
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": {"text": key},
        "effectiveDateTime": "2026-02-27T09:00:00Z",
        "issued": "2026-02-27T10:00:00Z",
        "valueString": f"funn {key}",
    } | more


def report(*members, key="r1", **more):
    about = observation(key) | {"resourceType": "DiagnosticReport", "conclusion": f"om {members}"}
    del about["valueString"]
    return about | {"result": [{"reference": f"Observation/{member}"} for member in members]} | more


@pytest.fixture
def seen(results, page):
    """The names of what a deputy is shown, from whom these are hidden."""

    def by_whom(*hidden):
        deputy = replace(ME, actor="c2", basis="grant", hidden=frozenset(hidden))
        shown = orjson.loads(results.page({"limit": 100}, deputy))
        assert shown["items"] or shown["absences"] == [{"code": "none_recorded"}]
        return sorted(item["name"] for item in shown["items"])

    return by_whom


@pytest.fixture
def named(page):
    """The id of what a citizen is shown by that name."""
    return lambda name: {item["name"]: item["id"] for item in page()["items"]}[name]


@pytest.mark.parametrize("members", [["o1"], ["o2", "o1"]])
def test_what_is_hidden_stays_so_when_it_comes_back_in_a_report(receive, named, seen, members):
    receive(observation("o1"), observation("o2"), observation("o3"))
    hidden = named("o1")
    receive(report(*members))

    assert named("r1")
    assert seen(hidden) == sorted({"o2", "o3"} - set(members))


@pytest.mark.parametrize(
    "later",
    [
        [report(status="entered-in-error")],
        [report("o2")],
        [report("o2"), report("o2", status="entered-in-error")],
        [report("o2"), report("o1", "o2"), report()],
        [report("o1", "o2", key="r2")],
        [report(status="entered-in-error"), report("o1", key="r2")],
    ],
    ids=["taken back", "drops it", "drops it and is taken back", "takes it back and drops all", "another", "replaced"],
)
def test_what_a_hidden_report_has_shown_is_hidden_in_every_other_shape(receive, named, seen, later):
    receive(observation("o1"), observation("o2"), observation("o3"), report("o1", "o2"))
    hidden = named("r1")
    for each in later:
        receive(each)

    assert seen() != ["o3"]
    assert seen(hidden) == ["o3"]


def test_what_was_part_of_a_report_once_is_no_part_of_its_release_or_its_values(receive, page):
    receive(observation("o1"), observation("o2"), report("o1", "o2"))
    receive(report("o2"))

    found = {item["name"]: [value["name"] for value in item["values"]] for item in page()["items"]}
    assert found == {"r1": ["o2"], "o1": ["o1"]}
    assert receive(report("o2")) == ["unchanged"]


def test_nothing_of_another_citizens_is_hidden_and_nothing_from_oneself(receive, named, seen, page):
    receive(observation("o1"), report("o1"))

    assert seen("another's") == ["r1"]
    assert [item["name"] for item in page()["items"]] == ["r1"]


def test_what_was_found_at_a_hidden_visit_is_hidden_with_it_in_whatever_shape(receive, seen, page):
    visited = {"encounter": {"reference": "Encounter/v1"}}
    receive(observation("o1", **visited), observation("o2"), observation("o3"), observation("o4"))
    receive(report("o1", "o2"), report("o3", key="r2", **visited))

    assert seen() == ["o4", "r1", "r2"]
    assert seen(item_id("c1", "trondheim", "Encounter|v1")) == ["o4"]


@pytest.fixture
def notices(store):
    """What is known of each notice of a result: with what else it is hidden, as it was told so far."""

    def known():
        found = {}
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at, OUTBOX.c.id)).all()
        for told in (orjson.loads(row.data) for row in rows if row.type in {"result_released", "result_linked"}):
            found.setdefault(told["result"], set()).update(told["linked"])
        return found

    return known


@given(st.lists(st.tuples(IDS, IDS)), st.frozensets(IDS))
def test_what_a_result_is_hidden_with_is_what_hides_it(links, hidden):
    by_reading = hidden_with(hidden, links) if hidden else hidden

    assert {one for one in "abcdef" if hidden & {one, *linked(one, links)}} == by_reading


@pytest.mark.parametrize(
    "deliveries",
    [
        [["o1"], ["o2"], ["r1 o1"]],
        [["r1 o1"], ["o1"]],
        [["o1", "o2", "r1 o2"], ["r1 o1"]],
        [["o1", "o2", "r1 o1"], ["r1 o2"], ["r1"]],
        [["o1", "o2", "r1 o2", "r2 o1"], ["r2 o2"], ["r2 o1 o2"]],
        [["o1"], ["r1 o1"], ["r2 o1"], ["r1"]],
    ],
    ids=["later", "before it", "corrected", "once", "another's", "two"],
)
def test_every_notice_is_hidden_from_whomever_its_result_is_hidden_from(receive, page, seen, notices, deliveries):
    for each in deliveries:
        named = [one.split() for one in each]
        receive(*(report(*more, key=key) if key[0] == "r" else observation(key) for key, *more in named))

    shown = {item["id"]: item["name"] for item in page()["items"]}
    told = notices()
    every = {*told, *(one for others in told.values() for one in others)}
    assert set(told) >= set(shown)
    for hidden in every:
        kept = [shown[one] for one in told if one in shown and hidden not in {one, *told[one]}]
        assert sorted(kept) == seen(hidden)


def test_a_report_that_says_of_other_findings_that_they_are_its_own_has_changed(receive, page):
    same = report("o1") | {"conclusion": "Normalt"}
    receive(observation("o1"), observation("o2"), same)

    outcomes = [receive(same | report(*members) | {"conclusion": "Normalt"}) for members in (["o1"], ["o2"], ["o2"])]

    assert outcomes == [["unchanged"], ["stored"], ["unchanged"]]
    assert {item["name"]: [value["name"] for value in item["values"]] for item in page()["items"]} == {
        "r1": ["o2"],
        "o1": ["o1"],
    }


@pytest.mark.parametrize("first", [{"encounter": {"reference": "Encounter/v1"}}, {}], ids=["at first", "later"])
@pytest.mark.parametrize("place", ["finding", "report"])
def test_a_notice_is_hidden_with_the_visit_of_what_its_result_shows(receive, seen, notices, page, first, place):
    visited = {"encounter": {"reference": "Encounter/v1"}}

    def sent(more):
        of = {place: more}
        return observation("o1", **of.get("finding", {})), report("o1", **of.get("report", {})), report("o1", key="r2")

    receive(*sent(first), observation("o2"))
    receive(*sent(visited))
    visit = item_id("c1", "trondheim", "Encounter|v1")

    shown, told = {item["id"]: item["name"] for item in page()["items"]}, notices()
    assert seen(visit) == ["o2"]
    assert [shown[one] for one in told if visit not in told[one]] == ["o2"]
