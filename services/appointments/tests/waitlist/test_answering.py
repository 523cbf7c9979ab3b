"""Joining, leaving and answering: whose an offer is, twice is once, and of many at once one is first."""

from collections import Counter
from datetime import timedelta

import eventlet
import orjson
import pytest

from helsami_appointments.store import Reads, Writes
from helsami_kernel.database import Database
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refused, to_wire
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import BookingDecision, Restriction, WaitlistTerms

DIRECT = BookingDecision.direct()
DAY = timedelta(days=1)
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


def test_accepting_twice_is_accepting_once(region, waits, freed, citizen, seen):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    accept = {"offer": offer["id"]}

    accepted = region.accept_offer(accept, citizen("c1", idempotency_key="k1"))

    assert region.accept_offer(accept, citizen("c1", idempotency_key="k1")) == accepted
    assert region.accept_offer(accept, citizen("c1")) == accepted
    assert seen.code_of(region.decline_offer, accept, citizen("c1")) == "offer-accepted"
    assert seen.told()["offer_ended", "c1", "accepted"] == 1
    assert seen.offers() == {("c1", "accepted"): 1}


@pytest.mark.parametrize("command", ["accept_offer", "decline_offer"])
def test_an_offer_of_somebody_elses_is_as_one_that_is_missing(region, waits, freed, citizen, command, seen):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    answers = []
    for named in (offer["id"], MISSING, "no id at all", "x" * 5000):
        with pytest.raises(NotFound) as refusal:
            getattr(region, command)({"offer": named}, citizen("c2", idempotency_key="k"))
        answers.append(orjson.dumps(to_wire(refusal.value)))

    assert len(set(answers)) == 1
    assert seen.own("c1") == [offer]
    assert seen.own("c2") == []


def test_whom_an_organisation_lets_act_for_nobody_answers_no_offer_and_ends_no_wait(
    region, waits, freed, citizen, seen
):
    appointment = waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    parent = citizen("c1", actor="c9", basis="parental", age_band="0-11")
    commands = {"accept_offer": {"offer": offer["id"]}, "decline_offer": {"offer": offer["id"]}}
    commands["leave_waitlist"] = {"appointment": appointment}
    refused = dict.fromkeys(commands, "not-delegated")

    region.rules = region.answering(limit_delegation=frozenset({"appointments:read"}))
    assert {name: seen.code_of(getattr(region, name), each, parent) for name, each in commands.items()} == refused

    region.rules = region.answering(limit_delegation=frozenset())
    assert seen.code_of(region.leave_waitlist, commands["leave_waitlist"], parent) == "not-waiting"
    region.rules = region.answering()
    assert seen.own("c1") == [offer]
    region.decline_offer(commands["decline_offer"], parent)
    region.leave_waitlist(commands["leave_waitlist"], parent)


@pytest.mark.parametrize("command", ["join_waitlist", "leave_waitlist"])
def test_an_appointment_of_somebody_elses_is_as_one_that_is_missing(region, waits, citizen, command, seen):
    appointment = waits("c1", 10)
    answers = []
    for named in (appointment, MISSING):
        with pytest.raises(NotFound) as refusal:
            getattr(region, command)({"appointment": named}, citizen("c2"))
        answers.append(orjson.dumps(to_wire(refusal.value)))

    assert len(set(answers)) == 1
    assert seen.waiting() == ["c1"]


def test_one_joins_later_once_and_leaves(region, waits, citizen, freed, journal, clock, seen):
    journal.slot("t", hours=240)
    appointment = region.book({"slot": journal.slot("t", hours=240)}, citizen())["id"]
    assert region.waitlist({}, citizen()) == {"waiting": []}

    joined = region.join_waitlist({"appointment": appointment}, citizen())
    clock.move(timedelta(hours=1))
    assert region.join_waitlist({"appointment": appointment}, citizen()) == joined
    assert region.waitlist({}, citizen()) == {"waiting": [joined]}
    freed(5)
    region.leave_waitlist({"appointment": appointment}, citizen())

    assert region.waitlist({}, citizen()) == {"waiting": []}
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.code_of(region.leave_waitlist, {"appointment": appointment}, citizen()) == "not-waiting"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (
            {"decide_booking": lambda q: BookingDecision.phone() if q.action == "join-waitlist" else DIRECT},
            "by-phone-only",
        ),
        ({"choose_waitlist_terms": WaitlistTerms.off()}, "no-waitlist"),
        ({"choose_waitlist_terms": lambda _question: 1 / 0}, "rules-unavailable"),
    ],
)
def test_an_organisation_without_a_waitlist_says_so_and_who_ticked_it_books_nothing(
    region, journal, citizen, answers, code, seen
):
    slot = journal.slot("t", hours=240)
    region.rules = region.answering(**answers)

    with pytest.raises(Refused, match=code) as refusal:
        region.book({"slot": slot, "waitlist": True}, citizen())

    assert [(each.field, each.expected) for each in refusal.value.problems] == [
        ("way", "phone"),
        ("phone", "+47 00 00 00 01"),
    ]
    assert seen.items("c1") == seen.waiting() == []
    appointment = region.book({"slot": slot}, citizen())["id"]
    assert seen.code_of(region.join_waitlist, {"appointment": appointment}, citizen()) == code


def test_an_offer_about_what_a_reader_is_not_shown_is_not_there(region, waits, freed, citizen, seen):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    region.rules = region.answering(restrict_sharing=Restriction.withhold("home-care-visit"))

    assert seen.own("c1") == []
    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-not-found"


def test_one_does_not_wait_for_what_is_earlier_than_what_has_begun(region, waits, clock, due, seen):
    waits("c1", 2)
    clock.move(2 * DAY - timedelta(seconds=1))
    due()
    assert seen.waiting() == ["c1"]
    clock.move(timedelta(seconds=1))
    due()

    assert seen.waiting() == []


def test_a_token_about_nobody_waits_for_nothing(region, citizen):
    with pytest.raises(Forbidden):
        region.waitlist({}, citizen(None))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_of_thirty_who_accept_one_offer_one_wins_and_nobody_elses_appointment_is_touched(
    region, waits, freed, citizen, url, clock, seen
):
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=30, quiet=None))
    people = [f"p{number:02}" for number in range(30)]
    for place, who in enumerate(people):
        waits(who, 10 + place * 0.05)
    freed(5)
    before = {who: seen.items(who) for who in people}
    held = {who: seen.own(who)[0]["id"] for who in people}
    wide, store = Database(url, pool_size=30, clock=clock), region.store
    region.store = OpenStore(wide, Reads, Writes, told=lambda: None, decisions=store.decisions)

    def accept(who):
        try:
            return region.accept_offer({"offer": held[who]}, citizen(who))["starts_at"]
        except Conflict as refusal:
            return refusal.code

    outcomes = {who: each.wait() for who, each in [(who, eventlet.spawn(accept, who)) for who in people]}
    wide.close()
    region.store = store

    assert Counter(outcomes.values()) == {seen.starts(5): 1, "offer-too-late": 29}
    (winner,) = [who for who, outcome in outcomes.items() if outcome == seen.starts(5)]
    assert {who: seen.items(who) for who in people if who != winner} == {
        who: before[who] for who in people if who != winner
    }
    assert seen.items(winner)[0]["starts_at"] == seen.starts(5)
    assert seen.waiting() == [who for who in people if who != winner]
    assert Counter(state for _, state in seen.offers()) == {"accepted": 1, "too_late": 29}
    assert sum(count for (kind, _, state), count in seen.told().items() if state == "too_late") == 29
