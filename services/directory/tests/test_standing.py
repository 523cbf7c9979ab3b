"""Organisations' states as staff ask for them and change them."""

from dataclasses import replace

import pytest

from helsami_directory import schemas
from helsami_directory.standing import entered
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_kernel.testing import system_token

REGION = system_token("region", scopes=frozenset({"organisations:manage"}), actor="region/a1b2")


def staff(organisation):
    return system_token(organisation, scopes=frozenset({"organisations:manage"}))


@pytest.fixture
def change(directory):
    def say(state, organisation="st_olavs", access=REGION, why="because"):
        command = {"organisation": organisation, "state": state, "why": why}
        return schemas.StandingWithHistory().dump(directory.change_state(command, access))

    return say


@pytest.fixture
def live(change):
    for state in ("rehearsed", "shadow", "live"):
        change(state)


def asked(directory, organisation, access=REGION):
    return schemas.StandingWithHistory().dump(directory.standing({"organisation": organisation}, access))


def listed(directory, access=REGION):
    standings = schemas.Standings().dump(directory.standings({}, access))["organisations"]
    return {one["id"]: (one["state"], one["problem"]) for one in standings}


def test_whoever_is_installed_is_a_draft_until_somebody_says_more(directory):
    told = asked(directory, "st_olavs")

    assert (told["state"], told["since"], told["who"], told["why"], told["history"]) == ("draft", None, None, None, [])
    assert told["steps"] == ["left", "rehearsed"]
    assert listed(directory) == {"st_olavs": ("draft", None), "trondheim": ("draft", "closed by a test")}


def test_each_step_is_kept_with_who_when_and_why_and_told_to_all(directory, change, told):
    change("rehearsed", why=" 41 appointments become phone-only ")

    last = change("shadow")

    assert (last["state"], last["who"]) == ("shadow", "region/a1b2")
    assert last["steps"] == ["left", "live", "paused", "rehearsed"]
    assert [(one["state"], one["why"]) for one in last["history"]] == [
        ("shadow", "because"),
        ("rehearsed", "41 appointments become phone-only"),
    ]
    assert {one["since"] for one in last["history"]} == {"2026-03-01T12:00:00+00:00"}
    assert asked(directory, "st_olavs") == last
    assert [states.states for states in told] == [{"st_olavs": "rehearsed"}, {"st_olavs": "shadow"}]
    assert [states.version for states in told] == [1, 2]


@pytest.mark.parametrize("state", ["shadow", "live", "paused"])
def test_a_step_that_is_not_the_next_is_refused_and_says_which_are(directory, change, told, state):
    with pytest.raises(Conflict, match="organisation-is-draft") as refused:
        change(state)

    assert refused.value.problems[0].expected == "one of left, rehearsed"
    assert (listed(directory)["st_olavs"], told) == (("draft", None), [])


@pytest.mark.usefixtures("live")
def test_a_pause_that_is_said_twice_is_one_pause(change):
    first = change("paused", why="wrong letters")

    assert change("paused", why="me too") == first
    assert len(first["history"]) == 4


@pytest.mark.usefixtures("live")
def test_a_pause_ends_where_it_began(change):
    change("paused")

    assert change("live")["state"] == "live"


def test_rules_that_do_not_load_go_nowhere_but_out(directory, change):
    with pytest.raises(Refused, match="organisation-not-loaded"):
        change("rehearsed", "trondheim")

    assert change("left", "trondheim")["state"] == "left"
    assert asked(directory, "trondheim")["problem"] == "closed by a test"


@pytest.mark.usefixtures("live")
def test_an_organisation_sees_and_pauses_itself_and_nothing_more(directory, change):
    assert listed(directory, staff("st_olavs")) == {"st_olavs": ("live", None)}
    assert asked(directory, "st_olavs", staff("st_olavs"))["state"] == "live"
    assert change("paused", access=staff("st_olavs"))["who"] == "st_olavs"

    with pytest.raises(Forbidden, match="operators-only"):
        change("live", access=staff("st_olavs"))


@pytest.mark.parametrize("organisation", ["trondheim", "nowhere", "region"])
def test_anothers_and_one_that_does_not_exist_are_the_same_to_an_organisation(directory, change, organisation):
    with pytest.raises(NotFound, match="organisation-not-found"):
        asked(directory, organisation, staff("st_olavs"))
    with pytest.raises(NotFound, match="organisation-not-found"):
        change("paused", organisation, access=staff("st_olavs"))


def test_the_operators_find_nobody_who_is_not_there(directory, change):
    with pytest.raises(NotFound, match="organisation-not-found"):
        change("rehearsed", "nowhere")
    with pytest.raises(NotFound, match="organisation-not-found"):
        asked(directory, "nowhere")


@pytest.mark.usefixtures("live")
def test_an_organisation_whose_plugin_was_taken_away_can_still_leave(directory, change):
    del directory.rules._rules["st_olavs"]

    assert listed(directory)["st_olavs"] == ("live", "the organisation is not installed")
    assert change("left")["state"] == "left"


class Overtaken:
    """A transaction in front of which another change is stored, just before its own."""

    def __init__(self, tx, state):
        self._tx = tx
        self._state = state

    def __getattr__(self, name):
        return getattr(self._tx, name)

    def enter(self, change):
        if self._state is not None:
            self._tx.enter(replace(change, state=self._state))
            self._state = None
        return self._tx.enter(change)


@pytest.mark.usefixtures("live")
def test_whoever_is_overtaken_by_another_change_is_judged_by_what_that_led_to(directory, store):
    wish = {"organisation": "st_olavs", "state": "paused", "why": "because"}

    with store.transaction(None) as tx, pytest.raises(Conflict, match="organisation-is-left"):
        entered(Overtaken(tx, "left"), directory.rules, wish, "region/a1b2")


@pytest.mark.usefixtures("live")
def test_whoever_is_overtaken_by_the_same_change_has_what_they_wished_for(directory, store):
    wish = {"organisation": "st_olavs", "state": "paused", "why": "because"}

    with store.transaction(None) as tx:
        history = entered(Overtaken(tx, "paused"), directory.rules, wish, "region/a1b2")

    assert [change.state for change in history] == ["paused", "live", "shadow", "rehearsed"]


@pytest.mark.parametrize(
    "command",
    [
        {"organisation": "st_olavs", "state": "open", "why": "x"},
        {"organisation": "st_olavs", "state": "live"},
        {"organisation": "st_olavs", "state": "live", "why": "  "},
        {"organisation": "st_olavs", "state": "live", "why": "x" * 501},
        {"organisation": "st_olavs", "state": "live", "why": "\x1b[2Jnothing happened"},
        {"organisation": "st_olavs", "state": "live", "why": "\x9b2Jnothing happened"},
        {"organisation": "st_olavs", "state": "live", "why": "\x00"},
        {"organisation": "st_olavs", "state": "live", "why": "x", "since": "2020-01-01"},
    ],
)
def test_a_change_without_a_reason_or_of_another_form_is_malformed(directory, command):
    with pytest.raises(Malformed):
        directory.change_state(command, REGION)
