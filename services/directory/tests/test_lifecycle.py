"""Which step an organisation may take next."""

from datetime import UTC, datetime

import pytest

from helsami_directory import schemas
from helsami_directory.lifecycle import STATES, Change, is_repeated, state_after, steps_after
from helsami_sdk import lifecycle as sdk

ONWARDS = ("draft", "rehearsed", "shadow", "live")


def history(*states):
    """The changes that led through these states, newest first."""
    since = datetime(2026, 3, 1, tzinfo=UTC)
    return [Change(number, "bodo", state, since, "region", "") for number, state in enumerate(states, start=1)][::-1]


def test_an_organisation_of_which_nobody_has_said_anything_is_a_draft():
    assert state_after([]) == "draft"
    assert steps_after([]) == {"rehearsed", "left"}


@pytest.mark.parametrize("place", range(len(ONWARDS)))
def test_no_step_on_the_way_to_live_is_skipped(place):
    reached = ONWARDS[: place + 1]

    assert steps_after(history(*reached)) & set(ONWARDS[place + 1 :]) == set(ONWARDS[place + 1 : place + 2])


@pytest.mark.parametrize("state", ["draft", "rehearsed", "shadow", "live", "paused"])
def test_an_organisation_may_leave_whatever_it_is(state):
    assert "left" in steps_after(history("live", state))


@pytest.mark.parametrize(("state", "may"), [(s, s in {"shadow", "live"}) for s in STATES if s != "paused"])
def test_only_what_runs_is_paused(state, may):
    assert ("paused" in steps_after(history(state))) is may


def test_a_pause_ends_in_what_it_interrupted_and_opens_nothing_new():
    assert steps_after(history("shadow", "live", "paused")) == {"live", "shadow", "left"}
    assert steps_after(history("rehearsed", "shadow", "paused")) == {"shadow", "left"}
    assert steps_after(history("shadow", "live", "paused", "shadow", "paused")) == {"shadow", "left"}


def test_rules_that_were_changed_are_rehearsed_again_from_the_shadow_and_not_while_live():
    assert "rehearsed" in steps_after(history("shadow"))
    assert "rehearsed" not in steps_after(history("live"))


def test_leaving_is_final_but_for_beginning_anew():
    assert steps_after(history("live", "left")) == {"draft"}
    assert steps_after(history("live", "left", "draft")) == {"rehearsed", "left"}


def test_what_is_said_again_changes_nothing_but_a_rehearsal_counts_each_time():
    assert is_repeated(history("live", "paused"), "paused")
    assert is_repeated([], "draft")
    assert not is_repeated(history("rehearsed"), "rehearsed")
    assert not is_repeated(history("live"), "paused")


def test_every_process_understands_the_states_that_the_directory_tells():
    assert STATES == sdk.STATES
    assert set(schemas.ChangeState().fields["state"].validators[0].choices) == set(STATES)
