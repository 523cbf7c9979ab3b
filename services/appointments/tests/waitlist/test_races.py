"""A move and a cancellation of one appointment at once, while somebody waits for its time."""

import eventlet
import pytest

from helsami_kernel.database import Database
from helsami_kernel.errors import Refusal
from helsami_kernel.store import OpenStore

PAIRS = 5


@pytest.fixture
def wide(region, url, clock):
    """The service on as many connections as calls at once need."""
    database, store = Database(url, pool_size=2 * PAIRS, clock=clock), region.store
    region.store = OpenStore(database, store._reads, store._writes, told=lambda: None, decisions=store.decisions)
    yield region
    region.store = store
    database.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_whichever_of_a_move_and_a_cancellation_wins_the_old_time_is_offered_on_once(
    wide, waits, journal, citizen, due, seen
):
    waits("w1", 25)
    own = {f"c{n}": journal.slot(f"own-{n}", hours=24 * (5 + n)) for n in range(PAIRS)}
    other = {who: journal.slot(f"other-{who}", hours=24 * 15 + n) for n, who in enumerate(own)}
    due()  # as long as they are free, they are offered to whoever waits
    booked = {who: wide.book({"slot": slot}, citizen(who))["id"] for who, slot in own.items()}
    due()
    before = {offer["id"] for offer in seen.own("w1")}

    def outcome(call, wish, who):
        try:
            return call(wish, citizen(who))["status"]
        except Refusal as refusal:
            return refusal.code

    pool = eventlet.GreenPool(2 * PAIRS)
    calls = {
        who: (
            pool.spawn(outcome, wide.move, {"appointment": booked[who], "slot": other[who]}, who),
            pool.spawn(outcome, wide.cancel, {"appointment": booked[who]}, who),
        )
        for who in own
    }
    outcomes = {who: tuple(call.wait() for call in pair) for who, pair in calls.items()}
    due()

    assert set(outcomes.values()) <= {
        ("booked", "appointment-changed"),
        ("appointment-changed", "cancelled"),
        ("appointment-cancelled", "cancelled"),
        ("booked", "cancelled"),  # one after the other: the moved one was cancelled
    }
    offered = [offer["slot"]["id"] for offer in seen.own("w1") if offer["id"] not in before]
    assert sorted(slot for slot in offered if slot in own.values()) == sorted(own.values())
    moved_for_good = {other[who] for who, pair in outcomes.items() if pair == ("booked", "appointment-changed")}
    assert not moved_for_good & set(offered)
