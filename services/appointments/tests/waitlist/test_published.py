"""Times that staff open, open again or take back, and citizens let go, as those see it who wait."""

import pytest

from helsami_kernel.testing import system_token

SCHEDULE = {"visit_type": "consultation", "kind": "Legetime", "clinician": "lege-3"}


@pytest.fixture
def staff():
    return system_token("trondheim", scopes=frozenset({"organisations:manage"}))


@pytest.fixture
def opened(region, staff):
    """A schedule of staff's, and a way to open a slot there so many days from the beginning."""
    schedule = region.open_schedule(SCHEDULE, staff)["id"]

    def publish(*days):
        slots = [{"starts": f"2026-03-{2 + day:02}T08:00Z", "ends": f"2026-03-{2 + day:02}T08:20Z"} for day in days]
        answer = region.publish_slots({"schedule": schedule, "slots": slots}, staff)
        return [slot["id"] for slot in answer["slots"]]

    publish.schedule = schedule
    return publish


def test_a_time_that_staff_open_is_offered_to_whoever_waits_for_one(region, waits, opened, due, seen):
    waits("c1", 10)
    early, _ = opened(5, 12)

    assert due() == 1, "nobody waits for something after what they have"

    (offer,) = seen.own("c1")
    assert (offer["slot"]["id"], offer["state"]) == (early, "open")


def test_times_of_a_schedule_that_is_opened_again_are_offered_and_of_one_that_is_closed_withdrawn(
    region, waits, opened, due, seen, staff
):
    waits("c1", 10)
    (slot,) = opened(5)
    due()

    region.change_schedule({**SCHEDULE, "schedule": opened.schedule, "active": False}, staff)
    due()
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    region.change_schedule({**SCHEDULE, "schedule": opened.schedule}, staff)
    due()

    assert sorted(offer["state"] for offer in seen.own("c1")) == ["open", "withdrawn"]
    assert {offer["slot"]["id"] for offer in seen.own("c1")} == {slot}


def test_a_slot_that_is_withdrawn_is_offered_to_nobody_any_longer(region, waits, opened, due, seen, staff):
    waits("c1", 10)
    (slot,) = opened(5)
    due()
    region.withdraw_slot({"slot": slot}, staff)
    due()

    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.told()["offer_ended", "c1", "withdrawn"] == 1


def test_a_time_that_a_citizen_lets_go_is_offered_at_once_and_not_again_when_its_hold_would_have_ended(
    region, waits, journal, due, seen, citizen, clock
):
    slot = journal.slot("t5", hours=24 * 5)
    region.hold({"slot": slot}, citizen("c2"))
    waits("c1", 10)
    due()
    assert seen.own("c1") == []

    region.release({"slot": slot}, citizen("c2"))
    due()
    (offer,) = seen.own("c1")
    region.decline_offer({"offer": offer["id"]}, citizen("c1"))
    clock.move_to(clock().replace(hour=9))
    due()

    assert [offer["state"] for offer in seen.own("c1")] == ["declined"]
