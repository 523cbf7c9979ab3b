"""An organisation that is live again offers what came free while it was not."""

import pytest

from helsami_appointments.waitlist import offering
from helsami_kernel.states import StatesTold
from helsami_kernel.testing import until

LIVE = frozenset({"trondheim"})


@pytest.fixture
def paused(region, waits, freed):
    """Somebody waits at an organisation that is paused, and a time comes free: its slot."""
    waits("c1", 10)
    region.rules["trondheim"].enter("paused")
    slot = freed(5)
    region.rules["trondheim"].enter("live")
    return slot


def test_what_came_free_in_a_pause_is_offered_when_the_organisation_is_live_again(region, paused, due, seen):
    assert seen.own("c1") == []

    region.resume(LIVE, 7)
    due()

    assert [(offer["state"], offer["slot"]["id"]) for offer in seen.own("c1")] == [("open", paused)]


def test_each_process_hears_of_it_and_one_offers(region, paused, due, seen):
    assert seen.own("c1") == []

    for _ in range(3):
        region.resume(LIVE, 7)

    assert due() == 1
    region.resume(LIVE, 7)
    assert due() == 0
    assert len(seen.own("c1")) == 1


def test_nobody_is_asked_again_who_has_said_no_and_whoever_was_not_asked_is(region, waits, freed, citizen, due, seen):
    waits("c1", 10)
    freed(5)
    region.decline_offer({"offer": seen.own("c1")[0]["id"]}, citizen("c1"))
    region.rules["trondheim"].enter("paused")
    due()
    region.rules["trondheim"].enter("live")
    waits("c2", 12)

    region.resume(LIVE, 8)
    due()

    assert seen.offers() == {("c1", "declined"): 1, ("c2", "open"): 1}


def test_many_free_times_are_looked_at_a_few_at_a_time(region, waits, journal, due, seen, monkeypatch):
    monkeypatch.setattr(offering, "MOST_LOOKED_AT", 2)
    region.rules["trondheim"].enter("paused")
    slots = {journal.slot(f"t{number}", hours=24 * 5 + number) for number in range(5)}
    due()
    region.rules["trondheim"].enter("live")
    waits("c1", 10)

    region.resume(LIVE, 8)

    assert due() == 5
    assert {offer["slot"]["id"] for offer in seen.own("c1")} == slots


def test_where_nobody_waits_nothing_is_looked_at(region, journal, due):
    journal.slot("t", hours=24 * 5)

    region.resume(LIVE | {"oya_legesenter"}, 8)

    assert due() == 0


def test_a_service_that_hears_of_it_on_the_bus_promises_to_look(region, waits, seen, today, served):
    waits("c1", today + 10)

    served.containers[0].config["states"].hear(StatesTold(3, {"trondheim": "live"}))

    until(lambda: seen.promised("look_again") == 1)
