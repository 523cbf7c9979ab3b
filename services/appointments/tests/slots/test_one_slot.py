"""One free time: what a citizen can do with it, and letting go of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from helsami_appointments.slots import schemas
from helsami_kernel.database import OBLIGATIONS
from helsami_kernel.errors import NotFound, to_wire
from helsami_kernel.obligations import claim
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import closed_rules, organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


@pytest.fixture
def slot(journal):
    journal.schedule()
    return journal.slot("t1")


def refusal(call, *arguments):
    with pytest.raises(NotFound) as refused:
        call(*arguments)
    return to_wire(refused.value)


def test_a_free_time_says_what_can_be_done_with_it_and_how(appointments, citizen, slot):
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.request("by-phone-only")))

    shown = appointments.slot({"slot": slot}, citizen())

    (listed,) = appointments.slots({}, citizen())["slots"]
    actions = {one["action"]: [way["way"] for way in one["ways"]] for one in shown.pop("actions")}
    assert shown == {**listed, "held_until": None}
    assert actions == {name: ["request", "phone"] for name in ("book", "join-waitlist", "video")}
    assert set(schemas.ShownSlot().fields) == {*shown, "actions"}


def test_a_free_time_says_until_when_one_holds_it_oneself(appointments, citizen, slot):
    held = appointments.hold({"slot": slot}, citizen())

    assert appointments.slot({"slot": slot}, citizen())["held_until"] == held["held_until"]
    assert refusal(appointments.slot, {"slot": slot}, citizen("c2"))


def test_what_is_not_on_offer_to_this_reader_is_as_what_is_not_there(appointments, citizen, journal, slot):
    missing = refusal(appointments.slot, {"slot": MISSING}, citizen())
    taken, busy = journal.slot("t2", hours=5), journal.slot("t3", hours=6, status="busy")
    over = journal.slot("t4", hours=-1)
    appointments.book({"slot": taken}, citizen("c2"))
    journal.schedule("s1", organisation="st_olavs")
    unknown = journal.slot("t1", organisation="st_olavs")

    for named in (taken, busy, over, unknown, "no id", "\x00", "x" * 300):
        assert refusal(appointments.slot, {"slot": named}, citizen()) == missing
    appointments.rules = organisations_of(closed_rules())
    assert refusal(appointments.slot, {"slot": slot}, citizen()) == missing
    assert missing == {"type": "NotFound", "code": "slot-not-found", "problems": []}


def test_a_time_that_one_lets_go_is_free_for_others_at_once(appointments, citizen, slot):
    appointments.hold({"slot": slot}, citizen())

    assert appointments.release({"slot": slot}, citizen(idempotency_key="k1")) == {"slot": slot}

    assert appointments.release({"slot": slot}, citizen(idempotency_key="k1")) == {"slot": slot}
    appointments.book({"slot": slot}, citizen("c2"))


def test_one_lets_go_of_nothing_but_what_one_holds(appointments, citizen, slot, clock):
    missing = refusal(appointments.release, {"slot": MISSING}, citizen())
    assert refusal(appointments.release, {"slot": slot}, citizen()) == missing
    appointments.hold({"slot": slot}, citizen("c2"))
    assert refusal(appointments.release, {"slot": slot}, citizen()) == missing
    assert refusal(appointments.release, {"slot": "\x00"}, citizen()) == missing
    clock.move(timedelta(minutes=5))

    assert refusal(appointments.release, {"slot": slot}, citizen("c2")) == missing


def test_nothing_is_left_to_be_done_about_a_hold_that_was_let_go(appointments, citizen, slot, store, clock):
    appointments.hold({"slot": slot}, citizen())
    appointments.release({"slot": slot}, citizen())
    with store.transaction(None) as tx:
        left = tx.connection.execute(sa.select(OBLIGATIONS).where(OBLIGATIONS.c.fulfilled_at.is_(None))).all()
    assert left == []
    clock.move(timedelta(minutes=1))
    appointments.hold({"slot": slot}, citizen())
    clock.move(timedelta(minutes=5))

    (due,) = claim(store._database, ["release_hold"])
    appointments.release_hold(due)
    appointments.book({"slot": slot}, citizen("c2"))
