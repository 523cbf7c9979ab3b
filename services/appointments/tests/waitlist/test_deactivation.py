"""Whoever has no account any longer waits for nothing and is offered nothing (K17)."""

from datetime import UTC, datetime

import pytest

from helsami_kernel.bus import EVENTS
from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed
from helsami_kernel.events import event_message
from helsami_kernel.testing import until


def deactivated(citizen):
    return Event("account_deactivated", citizen, {}, source="directory", time=datetime(2026, 3, 2, tzinfo=UTC))


def test_offers_are_withdrawn_and_go_to_the_next_and_the_wait_ends(region, waits, freed, due, citizen, seen):
    waits("c1", 10)
    waits("c1", 12)
    waits("c2", 11)
    waits("c3", 13)
    freed(5)
    before = seen.items("c1")
    assert [len(seen.own(who)) for who in ("c1", "c2", "c3")] == [2, 0, 0]

    region.stop_waiting(deactivated("c1"))
    due()

    assert seen.waiting() == ["c2", "c3"]
    assert seen.offers() == {("c1", "withdrawn"): 2, ("c2", "open"): 1, ("c3", "open"): 1}
    assert seen.told()["offer_ended", "c1", "withdrawn"] == 2
    assert seen.items("c1") == before
    offer = seen.own("c1")[0]
    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-withdrawn"


def test_whoever_comes_back_waits_when_they_join_again(region, waits, freed, citizen, seen):
    appointment = waits("c1", 10)
    region.stop_waiting(deactivated("c1"))
    freed(5)
    assert seen.own("c1") == []

    region.join_waitlist({"appointment": appointment}, citizen("c1"))
    freed(4)

    assert [offer["state"] for offer in seen.own("c1")] == ["open"]


def test_an_account_of_nobody_is_no_event(region):
    with pytest.raises(Malformed):
        region.stop_waiting(deactivated(None))


def test_an_account_that_is_closed_is_heard_of_on_the_bus_and_once(region, waits, freed, seen, today, request):
    waits("c1", today + 10)
    waits("c2", today + 11)
    freed(today + 5)
    served = request.getfixturevalue("served")
    message = event_message(deactivated("c1"), None)

    for _ in range(2):
        served.bus.publish_confirmed(message, EVENTS, "directory.account_deactivated")
    until(lambda: seen.waiting() == ["c2"])

    assert seen.offers() == {("c1", "withdrawn"): 1, ("c2", "open"): 1}
    assert seen.told()["offer_ended", "c1", "withdrawn"] == 1
