"""Waiting for an earlier time: who is offered what, and what becomes of offers, appointments and slots."""

from collections import Counter
from datetime import datetime, time, timedelta

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.models import OFFERS, WAITING
from helsami_appointments.waitlist.storage import MATCH, Reads, Writes
from helsami_kernel.database import OBLIGATIONS, OUTBOX, Database
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refusal, Refused, to_wire
from helsami_kernel.obligations import obligation
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision, QuietHours, Restriction, WaitlistTerms
from helsami_sdk.testing import organisations_of, rules_of

DIRECT = BookingDecision.direct()
DAY = timedelta(days=1)
MOMENT = timedelta(milliseconds=1)
TERMS = WaitlistTerms(enabled=True, least_lead_time=timedelta(hours=24), batch=2, quiet=None)
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


def rules(**answers):
    return organisations_of(rules_of(**{"decide_booking": DIRECT, "choose_waitlist_terms": TERMS, **answers}))


@pytest.fixture
def region(appointments, journal):
    """The organisation with a waitlist, and two clinicians' schedules."""
    appointments.rules = rules()
    journal.schedule()
    journal.schedule("s2", "lege-2")
    return appointments


@pytest.fixture
def waits(region, journal, citizen, clock):
    """Let a citizen book a time so many days from now, wait for an earlier one, and return the appointment's id."""

    def join(subject, days, **claims):
        slot = journal.slot(f"of-{subject}-{days}", hours=24 * days, schedule="s2")
        command = {"slot": slot, "waitlist": True}
        clock.move(MOMENT)  # nobody joins at the same moment as another
        return region.book(command, citizen(subject, **claims))["id"]

    return join


@pytest.fixture
def due(region, store, clock):
    """Fulfil what is due now, and whatever that makes due; returns how often a slot was looked at."""

    def fulfil():
        looks = 0
        while True:
            with store.transaction(None) as tx:
                late = sa.select(OBLIGATIONS).where(
                    OBLIGATIONS.c.fulfilled_at.is_(None), OBLIGATIONS.c.due_at <= tx.now
                )
                rows = tx.connection.execute(late.order_by(OBLIGATIONS.c.due_at, OBLIGATIONS.c.id)).all()
                these = OBLIGATIONS.c.id.in_([row.id for row in rows])
                tx.connection.execute(sa.update(OBLIGATIONS).where(these).values(fulfilled_at=tx.now))
            if not rows:
                return looks
            for row in rows:
                looks += row.kind == MATCH
                getattr(region, row.kind)(obligation(row))

    return fulfil


class Seen:
    """What citizens see, and what is stored and told of all of them."""

    def __init__(self, region, store, citizen):
        self._region, self._store, self._citizen = region, store, citizen

    def own(self, subject):
        """A citizen's offers, as they read them."""
        return self._region.waitlist_offers({}, self._citizen(subject))["offers"]

    def items(self, subject):
        """A citizen's appointments, as they read them."""
        return orjson.loads(self._region.page({}, self._citizen(subject)))["items"]

    def offers(self):
        """Whose every offer is, and how it stands."""
        return Counter((row.owner, row.state) for row in self._rows(sa.select(OFFERS)))

    def waiting(self):
        """Who waits."""
        return sorted(row.owner for row in self._rows(sa.select(WAITING.c.owner)))

    def told(self):
        """Whom each event about an offer is told, and the state in it."""
        rows = self._rows(sa.select(OUTBOX).where(OUTBOX.c.type.startswith("offer_")))
        return Counter((row.type, row.subject, orjson.loads(row.data).get("state")) for row in rows)

    def _rows(self, statement):
        with self._store.transaction(None) as tx:
            return tx.connection.execute(statement).all()


@pytest.fixture
def seen(region, store, citizen):
    return Seen(region, store, citizen)


@pytest.fixture
def freed(journal, due, clock):
    """Publish a free time so many days from now, and let it be offered."""

    def publish(days, key=None):
        slot = journal.slot(key or f"free-{days}", hours=24 * days)
        clock.move(MOMENT)
        due()
        return slot

    return publish


def starts(days):
    return f"2026-03-{2 + days:02}T08:00:00Z"


def code_of(call, *arguments):
    with pytest.raises(Refusal) as refusal:
        call(*arguments)
    return refusal.value.code


def test_golden_1_two_citizens_accept_the_same_offer_and_one_comes_too_late(
    region, waits, freed, due, citizen, clock, seen
):
    waits("c1", 10)
    waits("c2", 11)
    freed(5)
    before = seen.items("c2")
    (first,), (second,) = seen.own("c1"), seen.own("c2")
    assert (first["state"], first["slot"]["id"]) == ("open", second["slot"]["id"])

    accepted = region.accept_offer({"offer": first["id"]}, citizen("c1"))

    assert (accepted["starts_at"], accepted["status"]) == (starts(5), "booked")
    assert seen.items("c1") == [accepted]
    assert code_of(region.accept_offer, {"offer": second["id"]}, citizen("c2")) == "offer-too-late"
    assert seen.items("c2") == before
    assert seen.waiting() == ["c2"]
    assert seen.offers() == {("c1", "accepted"): 1, ("c2", "too_late"): 1}
    assert seen.told() == {
        ("offer_made", "c1", None): 1,
        ("offer_made", "c2", None): 1,
        ("offer_ended", "c1", "accepted"): 1,
        ("offer_ended", "c2", "too_late"): 1,
    }
    clock.move(MOMENT)
    due()
    assert [offer["state"] for offer in seen.own("c2")] == ["open", "too_late"], (
        "the winner's old time is earlier as well"
    )


def test_golden_2_an_accepted_offer_frees_the_old_slot_for_the_next_wave_and_the_chain_ends(
    region, waits, freed, due, citizen, seen
):
    for number in range(1, 6):
        waits(f"c{number}", 10 + number)
    slot = freed(5)
    chain = [slot]
    for _ in range(20):
        held = [(each, offer) for each in ("c1", "c2", "c3", "c4", "c5") for offer in seen.own(each)]
        taken = next(((who, one) for who, one in held if one["state"] == "open"), None)
        if taken is None:
            break
        who, one = taken
        region.accept_offer({"offer": one["id"]}, citizen(who))
        chain.append(one["slot"]["id"])
        due()

    assert len(chain) == 6, "each of the five moved once"
    assert [seen.items(f"c{number}")[0]["starts_at"] for number in range(1, 6)] == [
        starts(5), starts(11), starts(12), starts(13), starts(14),
    ]  # fmt: skip
    assert seen.waiting() == []
    assert due() == 0


def test_golden_3_an_offer_is_withdrawn_when_the_original_is_cancelled(region, waits, freed, citizen, due, seen):
    original = waits("c1", 10)
    freed(5)

    region.cancel({"appointment": original}, citizen("c1"))

    (offer,) = seen.own("c1")
    assert offer["state"] == "withdrawn"
    assert seen.waiting() == []
    assert seen.told()["offer_ended", "c1", "withdrawn"] == 1
    assert code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-withdrawn"
    due()
    assert seen.offers() == {("c1", "withdrawn"): 1}


def test_an_offer_is_withdrawn_when_the_original_moves_and_one_waits_on_with_the_new_time(
    region, waits, freed, citizen, journal, due, seen
):
    original = waits("c1", 10)
    freed(5)
    earlier = journal.slot("mine", hours=24 * 4, schedule="s2")

    region.move({"appointment": original, "slot": earlier}, citizen("c1"))
    due()

    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.waiting() == ["c1"]
    freed(6)
    assert len(seen.own("c1")) == 1, "it is not earlier than the new time"
    freed(3)
    assert [offer["state"] for offer in seen.own("c1")] == ["open", "withdrawn"]


def test_what_the_record_system_changes_withdraws_and_what_it_repeats_does_not(region, journal, citizen, freed, seen):
    sent = {"key": "a1", "citizen": "c1", "hours": 240, "serviceType": [{"text": "Legetime", "coding": [
        {"system": "urn:helsami:service", "code": "consultation"}]}]}  # fmt: skip
    journal.appointment(**sent)
    (item,) = orjson.loads(region.page({}, citizen("c1")))["items"]
    region.join_waitlist({"appointment": item["id"]}, citizen("c1"))
    freed(5)
    assert [offer["state"] for offer in seen.own("c1")] == ["open"]

    journal.appointment(**sent)
    journal.appointment(**sent, description="the same, in other words")
    assert [offer["state"] for offer in seen.own("c1")] == ["open"]
    journal.appointment(**{**sent, "hours": 250})
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.waiting() == ["c1"]
    journal.appointment(**{**sent, "hours": 250, "status": "cancelled"})
    assert seen.waiting() == []


def test_an_appointment_entered_in_error_is_waited_for_no_longer(region, journal, citizen, seen):
    journal.appointment("a1", hours=240)
    (item,) = orjson.loads(region.page({}, citizen()))["items"]
    region.join_waitlist({"appointment": item["id"]}, citizen())
    assert seen.waiting() == ["c1"]

    journal.appointment("a1", hours=240, status="entered-in-error")

    assert seen.waiting() == []


def test_declining_changes_nothing_else_and_the_next_is_offered_the_time(region, waits, freed, due, citizen, seen):
    region.rules = rules(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=1, quiet=None))
    waits("c1", 10)
    waits("c2", 11)
    slot = freed(5)
    before = seen.items("c1")
    (offer,) = seen.own("c1")
    assert seen.own("c2") == []

    declined = region.decline_offer({"offer": offer["id"]}, citizen("c1"))
    assert region.decline_offer({"offer": offer["id"]}, citizen("c1")) == declined
    due()

    assert declined == {"id": offer["id"], "state": "declined"}
    assert seen.items("c1") == before
    assert seen.waiting() == ["c1", "c2"]
    assert code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-declined"
    assert [(one["state"], one["slot"]["id"]) for one in seen.own("c2")] == [("open", slot)]


def test_silence_expires_and_the_next_wave_follows_until_nobody_is_left(
    region, waits, freed, due, citizen, clock, seen
):
    for number in range(1, 6):
        waits(f"c{number}", 20 + number)
    freed(15)
    waves = []
    for _ in range(4):
        waves.append(sorted(who for who, state in seen.offers() if state == "open"))
        clock.move(DAY - timedelta(seconds=1))
        assert due() == 0
        clock.move(timedelta(seconds=1))
        late = next((seen.own(who)[0] for who in waves[-1]), None)
        if late is not None:
            assert late["state"] == "expired", "at its moment, whether or not anybody has written it down"
            assert code_of(region.accept_offer, {"offer": late["id"]}, citizen(waves[-1][0])) == "offer-expired"
        due()

    assert waves == [["c1", "c2"], ["c3", "c4"], ["c5"], []]
    assert seen.told()["offer_ended", "c1", "expired"] == 1
    assert seen.offers() == {(f"c{number}", "expired"): 1 for number in range(1, 6)}


def test_a_time_that_somebody_books_meanwhile_is_too_late_for_all_who_were_offered_it(
    region, waits, freed, citizen, seen
):
    waits("c1", 10)
    slot = freed(5)

    region.book({"slot": slot}, citizen("c9"))

    (offer,) = seen.own("c1")
    assert offer["state"] == "too_late"
    assert seen.told()["offer_ended", "c1", "too_late"] == 1
    assert seen.waiting() == ["c1"]


def test_a_time_that_its_organisation_takes_back_is_withdrawn_and_offered_again_when_it_is_free_again(
    region, waits, freed, journal, due, seen
):
    waits("c1", 10)
    freed(5)

    journal.slot("free-5", hours=24 * 5, status="busy")
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    due()
    freed(5)
    assert [offer["state"] for offer in seen.own("c1")] == ["open", "withdrawn"]


def test_a_cancelled_time_is_offered_to_who_waits_for_an_earlier_one_alone(region, waits, citizen, due, seen):
    waits("c1", 10)
    waits("c2", 4)
    given_up = waits("c3", 5)

    region.cancel({"appointment": given_up}, citizen("c3"))
    due()

    assert [offer["appointment"] for offer in seen.own("c1")] != []
    assert seen.own("c2") == seen.own("c3") == []


def test_a_time_that_somebody_held_is_offered_when_the_hold_is_over(region, waits, journal, citizen, clock, due, seen):
    waits("c1", 9)
    region.hold({"slot": journal.slot("held", hours=24 * 5)}, citizen("c2"))
    due()
    assert seen.own("c1") == []

    clock.move(timedelta(minutes=5))
    due()

    assert len(seen.own("c1")) == 1


@pytest.mark.parametrize("hours", [23.99, 24.01])
def test_no_offer_is_made_for_a_time_that_is_too_near(region, waits, journal, due, hours, seen):
    waits("c1", 10)

    journal.slot("near", hours=hours)
    due()

    assert len(seen.own("c1")) == (hours > 24)


@pytest.mark.parametrize(
    ("match", "offered"), [({"visit-type"}, 1), ({"visit-type", "clinician"}, 0), ({"visit-type", "unit", "place"}, 1)]
)
def test_what_must_be_alike_is_as_the_organisation_says(region, waits, freed, match, offered, seen):
    region.rules = rules(choose_waitlist_terms=WaitlistTerms(enabled=True, quiet=None, match=frozenset(match)))
    waits("c1", 10)
    freed(5)

    assert len(seen.own("c1")) == offered


def test_the_organisation_ranks_those_who_wait_and_does_not_know_who_they_are(region, waits, freed, store, seen):
    asked = []

    def latest_first(question):
        asked.append(question)
        return tuple(reversed(question.by_time_joined))

    once = WaitlistTerms(enabled=True, batch=1, quiet=None)
    region.rules = rules(choose_waitlist_terms=once, rank_waitlist=latest_first)
    waits("c1", 10)
    waits("c2", 11)
    freed(5)

    assert (len(seen.own("c1")), len(seen.own("c2"))) in {(0, 1), (1, 0)}
    (question,) = asked
    assert not {"c1", "c2"} & {one.id for one in question.waiting}


def test_what_is_not_offered_to_people_of_that_age_is_not_offered_from_the_waitlist(region, waits, freed, seen):
    def adults(question):
        return question.ids if question.age_band == "16+" else frozenset()

    waits("c1", 10, age_band="12-15")
    waits("c2", 11)
    region.rules = rules(restrict_slots=adults)
    freed(5)

    assert seen.own("c1") == []
    assert len(seen.own("c2")) == 1


@pytest.mark.parametrize(
    "night",
    [
        ("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),  # to 08:00 summer time
        ("2026-10-24T19:00:00Z", "2026-10-25T07:00:00Z"),  # to 08:00 winter time
        ("2026-03-28T19:59:00Z", "2026-03-28T19:59:00Z"),
        ("2026-10-24T18:59:00Z", "2026-10-24T18:59:00Z"),
    ],
)
def test_no_offer_is_sent_in_the_quiet_hours_of_either_night_when_the_clocks_change(
    region, waits, journal, due, clock, night, seen
):
    freed_at, offered_at = map(datetime.fromisoformat, night)
    quiet = QuietHours(time(21), time(8))
    region.rules = rules(choose_waitlist_terms=WaitlistTerms(enabled=True, quiet=quiet))
    waits("c1", 300)
    clock.move_to(freed_at)
    journal.slot("night", hours=24 * 290)
    due()
    if offered_at > clock():
        clock.move_to(offered_at - timedelta(seconds=1))
        due()
        assert seen.own("c1") == []
    clock.move_to(offered_at)
    due()

    assert [offer["offered_at"] for offer in seen.own("c1")] == [offered_at.isoformat().replace("+00:00", "Z")]


def test_accepting_twice_is_accepting_once(region, waits, freed, citizen, seen):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    accept = {"offer": offer["id"]}

    accepted = region.accept_offer(accept, citizen("c1", idempotency_key="k1"))

    assert region.accept_offer(accept, citizen("c1", idempotency_key="k1")) == accepted
    assert region.accept_offer(accept, citizen("c1")) == accepted
    assert code_of(region.decline_offer, accept, citizen("c1")) == "offer-accepted"
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
    assert code_of(region.leave_waitlist, {"appointment": appointment}, citizen()) == "not-waiting"


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
    region.rules = rules(**answers)

    with pytest.raises(Refused, match=code) as refusal:
        region.book({"slot": slot, "waitlist": True}, citizen())

    assert [(each.field, each.expected) for each in refusal.value.problems] == [
        ("way", "phone"),
        ("phone", "+47 00 00 00 01"),
    ]
    assert seen.items("c1") == seen.waiting() == []
    appointment = region.book({"slot": slot}, citizen())["id"]
    assert code_of(region.join_waitlist, {"appointment": appointment}, citizen()) == code


def test_nobody_is_offered_anything_by_an_organisation_that_is_paused_and_no_offer_of_it_is_taken(
    region, waits, freed, citizen, seen
):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    before = seen.items("c1")
    region.rules["trondheim"].enter("paused")

    assert code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) in {
        "offer-not-found",
        "organisation-paused",
    }
    freed(6)
    region.rules["trondheim"].enter("live")
    assert seen.items("c1") == before
    assert len(seen.own("c1")) == 1


def test_an_offer_about_what_a_reader_is_not_shown_is_not_there(region, waits, freed, citizen, seen):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    region.rules = rules(restrict_sharing=Restriction.withhold("home-care-visit"))

    assert seen.own("c1") == []
    assert code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-not-found"


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
    region.rules = rules(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=30, quiet=None))
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

    assert Counter(outcomes.values()) == {starts(5): 1, "offer-too-late": 29}
    (winner,) = [who for who, outcome in outcomes.items() if outcome == starts(5)]
    assert {who: seen.items(who) for who in people if who != winner} == {
        who: before[who] for who in people if who != winner
    }
    assert seen.items(winner)[0]["starts_at"] == starts(5)
    assert seen.waiting() == [who for who in people if who != winner]
    assert Counter(state for _, state in seen.offers()) == {"accepted": 1, "too_late": 29}
    assert sum(count for (kind, _, state), count in seen.told().items() if state == "too_late") == 29


@pytest.fixture
def staff():
    """What staff's own token says."""
    return lambda organisation="trondheim", **claims: system_token(
        organisation, scopes=frozenset({"organisations:manage"}), **claims
    )


@pytest.fixture
def undigital(region, waits, staff, citizen):
    """Somebody for whom staff have joined the waitlist: the appointment's id."""

    def join(subject="c1", days=10, **more):
        appointment = waits(subject, days)
        region.leave_waitlist({"appointment": appointment}, citizen(subject))
        command = {"citizen": subject, "appointment": appointment, "age_band": "16+", **more}
        assert region.join_waitlist_for(command, staff())["appointment"] == appointment
        return appointment

    return join


def test_staff_accept_for_who_is_not_digital(region, undigital, waits, freed, seen, staff):
    appointment = undigital()
    waits("c2", 11)
    freed(5)

    (offer,) = region.waitlist_offers_for({}, staff())["offers"]
    assert (offer["appointment"], offer["state"], offer["record_key"]) == (appointment, "open", None)
    accepted = region.accept_offer_for({"offer": offer["id"]}, staff(idempotency_key="k1"))

    assert accepted == region.accept_offer_for({"offer": offer["id"]}, staff(idempotency_key="k1"))
    assert accepted == region.accept_offer_for({"offer": offer["id"]}, staff())
    assert seen.items("c1") == [accepted]
    assert accepted["starts_at"] == starts(5)
    assert seen.offers() == {("c1", "accepted"): 1, ("c2", "too_late"): 1}
    assert region.waitlist_offers_for({}, staff()) == {"offers": []}


def test_staff_do_not_accept_for_who_answers_themselves(region, waits, freed, seen, staff):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")

    assert region.waitlist_offers_for({}, staff()) == {"offers": []}
    assert code_of(region.accept_offer_for, {"offer": offer["id"]}, staff()) == "answers-themselves"
    assert seen.own("c1") == [offer]


def test_an_offer_of_another_organisation_is_as_one_that_is_missing(region, undigital, freed, staff):
    undigital()
    freed(5)
    (offer,) = region.waitlist_offers_for({}, staff())["offers"]

    assert region.waitlist_offers_for({}, staff("oya_legesenter")) == {"offers": []}
    answers = []
    for named in (offer["id"], MISSING):
        with pytest.raises(NotFound) as refusal:
            region.accept_offer_for({"offer": named}, staff("oya_legesenter"))
        answers.append(orjson.dumps(to_wire(refusal.value)))
    assert len(set(answers)) == 1


def test_staff_join_for_an_appointment_as_the_record_system_calls_it_and_of_their_own_organisation_alone(
    region, journal, staff, seen
):
    journal.appointment("a1", hours=240)
    command = {"citizen": "c1", "appointment": "a1", "age_band": "12-15"}

    assert code_of(region.join_waitlist_for, command, staff("oya_legesenter")) == "appointment-not-found"
    assert code_of(region.join_waitlist_for, {**command, "citizen": "c2"}, staff()) == "appointment-not-found"
    region.join_waitlist_for(command, staff())
    assert seen.waiting() == ["c1"]
    journal.appointment("a2", hours=-240)
    assert code_of(region.join_waitlist_for, {**command, "appointment": "a2"}, staff()) == "appointment-past"


def test_a_priority_that_staff_give_reaches_the_ranking(region, undigital, freed):
    asked = []
    region.rules = rules(rank_waitlist=lambda question: asked.append(question) or question.by_time_joined)
    undigital(priority="P2")
    freed(5)

    assert [one.priority for one in asked[0].waiting] == ["P2"]


def test_outcomes_are_counted_by_age_band_and_by_who_answers_here(
    region, undigital, waits, freed, seen, citizen, staff
):
    region.rules = rules(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=10, quiet=None))
    undigital("c1")
    waits("c2", 11, age_band="12-15")
    waits("c3", 12)
    waits("c4", 13)
    freed(5)
    region.decline_offer({"offer": seen.own("c4")[0]["id"]}, citizen("c4"))
    region.accept_offer({"offer": seen.own("c3")[0]["id"]}, citizen("c3"))

    assert region.waitlist_outcomes({}, staff())["outcomes"] == [
        {"state": "accepted", "age_band": "16+", "digital": True, "count": 1},
        {"state": "declined", "age_band": "16+", "digital": True, "count": 1},
        {"state": "too_late", "age_band": "12-15", "digital": True, "count": 1},
        {"state": "too_late", "age_band": "16+", "digital": False, "count": 1},
    ]
    assert region.waitlist_outcomes({}, staff("oya_legesenter")) == {"outcomes": []}
