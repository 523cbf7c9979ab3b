"""What a citizen hides of their results, from who acts for them: in whatever shape its source shows it later (R69)."""

from dataclasses import replace

import orjson
import pytest

from helsami_kernel.items import item_id
from helsami_kernel.testing import citizen_token

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
