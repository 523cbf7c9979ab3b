"""How long it is known who was offered what, and what is counted of it after that."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from helsami_appointments.waitlist import retention
from helsami_kernel.database import AlreadyDone, Cause
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import system_token
from helsami_sdk.answers import WaitlistTerms


@pytest.fixture
def kept(region, seen):
    """How many offers are known, and how many of an organisation's ended how, as its staff read it."""
    staff = system_token("trondheim", scopes=frozenset({"organisations:manage"}))

    def read():
        outcomes = region.waitlist_outcomes({}, staff)["outcomes"]
        return seen.offers().total(), {each["state"]: each["count"] for each in outcomes}

    return read


@pytest.fixture
def passed(clock, due):
    """Let so many days pass, and what is due be done."""

    def sleep(days):
        clock.move(timedelta(days=days))
        due()

    return sleep


@pytest.fixture
def ended():
    """How many offers to grown-ups who answer here have ended so, as it is told to a scrape."""
    metric = "helsami_waitlist_offers_ended_total"
    return lambda state: REGISTRY.get_sample_value(metric, {"state": state, "age_band": "16+", "digital": "yes"}) or 0


def test_an_offer_that_has_ended_is_listed_for_thirty_days_and_then_a_number(
    region, waits, freed, passed, citizen, seen, kept
):
    waits("c1", 20)
    freed(10)
    (offer,) = seen.own("c1")
    region.decline_offer({"offer": offer["id"]}, citizen("c1"))

    passed(30)
    assert [one["state"] for one in seen.own("c1")] == ["declined"]
    passed(2)

    assert (seen.own("c1"), kept()) == ([], (0, {"declined": 1}))
    assert seen.code_of(region.decline_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-not-found"


def test_the_number_is_forgotten_as_well_after_four_hundred_days(region, waits, freed, passed, citizen, seen, kept):
    waits("c1", 20)
    freed(10)
    region.decline_offer({"offer": seen.own("c1")[0]["id"]}, citizen("c1"))
    passed(32)
    passed(368)
    assert kept() == (0, {"declined": 1})

    passed(31)

    assert kept() == (0, {})


def test_nobody_is_asked_twice_in_a_round_that_lasts_longer_than_its_offers_are_kept(
    region, waits, freed, passed, seen, kept, monkeypatch
):
    monkeypatch.setattr(retention, "KEPT_FOR", timedelta(days=2))
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=1, quiet=None))
    for number in range(1, 9):
        waits(f"c{number}", 20 + number)
    freed(15)
    for _ in range(8):
        passed(1)

    assert seen.offers() == {(f"c{number}", "expired"): 1 for number in range(1, 9)}
    for _ in range(4):
        passed(1)
    assert kept() == (0, {"expired": 8})


def test_much_is_forgotten_a_little_at_a_time(region, waits, freed, store, passed, kept, monkeypatch):
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=5, quiet=None))
    for number in range(5):
        waits(f"c{number}", 20 + number)
    freed(15)
    monkeypatch.setattr(retention, "KEPT_FOR", timedelta(days=60))
    passed(1)
    passed(35)
    assert kept() == (5, {"expired": 5})
    monkeypatch.undo()
    monkeypatch.setattr(retention, "MOST_FORGOTTEN", 2)

    with store.transaction(None) as tx:
        assert tx.forget_offers("this promise") == 2
    assert kept() == (3, {"expired": 5})
    passed(0)
    assert kept() == (0, {"expired": 5})


def test_how_an_offer_ended_is_told_to_a_scrape_when_it_is_stored_and_once(
    region, waits, freed, store, citizen, seen, ended
):
    waits("c1", 10)
    waits("c2", 11)
    freed(5)
    before = {state: ended(state) for state in ("accepted", "too_late", "withdrawn")}

    with pytest.raises(ZeroDivisionError), store.transaction("c1") as tx:
        tx.stop_waiting()
        raise ZeroDivisionError
    assert {state: ended(state) for state in before} == before
    accept = {"offer": seen.own("c1")[0]["id"]}
    for _ in range(2):
        region.accept_offer(accept, citizen("c1"))

    assert {state: ended(state) - count for state, count in before.items()} == {
        "accepted": 1,
        "too_late": 1,
        "withdrawn": 0,
    }


def test_an_event_that_comes_again_ends_and_counts_nothing_again(region, waits, freed, store, seen, ended):
    waits("c1", 10)
    freed(5)
    before = ended("withdrawn")

    for again in (False, True):
        cause = Cause("event", "appointments.stop_waiting", "e1")
        heard = OpenStore(
            store._database, store._reads, store._writes, told=lambda: None, decisions=store.decisions, cause=cause
        )
        if again:
            with pytest.raises(AlreadyDone), heard.transaction("c1") as tx:
                tx.stop_waiting()
        else:
            with heard.transaction("c1") as tx:
                tx.stop_waiting()

    assert ended("withdrawn") - before == 1
    assert seen.offers() == {("c1", "withdrawn"): 1}
