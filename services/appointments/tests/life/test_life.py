"""The lives of bookings, requests and offers, as a model has them, and what the service owes after each step."""

import copy
import shutil
from collections import Counter
from datetime import timedelta
from itertools import count

import orjson
import pytest
from hypothesis import HealthCheck, Phase, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from helsami_kernel.database import Cause, Event
from helsami_kernel.obligations import Obligation
from helsami_kernel.testing import system_token

from .model import CITIZENS, HOURS, starts
from .mortal import MOMENT, WRITES, Mortal, token_of

EXAMPLES = 200
ENDS = ("offer accepted", "offer declined", "offer expired", "offer withdrawn", "offer too_late")
ENDS += ("request accepted", "request declined", "request expired", "request withdrawn")
numbers = count()
reached = Counter()
"""How many lives came to each of ENDS."""


class Life(RuleBasedStateMachine):
    """What the service answers, stores and owes is what the model expects."""

    appointments = Bundle("appointments")
    slots = st.integers(0, len(HOURS) - 1)
    citizens = st.sampled_from(CITIZENS)
    by = st.sampled_from((None, None, None, None, *CITIZENS))  # None for whoever may
    some = st.integers(0, 20)
    promptly = st.booleans()

    def __init__(self, template, folder, journal_of) -> None:
        super().__init__()
        self.model = copy.deepcopy(template.model)
        self.clock, self.ids, self.journal_of = self.model.clock, self.model.ids, journal_of
        self.mortal = Mortal(shutil.copy(template.path, folder / f"{next(numbers)}.db"), self.clock)
        self.steps = 0

    @initialize(
        target=appointments,
        gone=st.sampled_from((3, 1, None)),
        then=st.sampled_from(("nothing", "accepted", "declined", "expired")),
    )
    def three_wait(self, gone, then):
        """Often what somebody gives up has been offered to two of them, and one has answered, or nobody in time."""
        booked = list(self.model.known)
        if gone is not None:
            self.cancel(booked[gone], None, promptly=True)
        for one in self.model.open_offers()[:1] if then in {"accepted", "declined"} else ():
            self.replies(one, one.owner, accept=then == "accepted")
        if then == "expired":
            self.wait(16, promptly=True)
        return multiple(*booked)

    def done(self, *, promptly):
        if promptly:
            self.keep_promises(5)

    # Bookings

    @rule(target=appointments, citizen=citizens, slot=slots, waits=st.booleans(), again=st.booleans())
    def book(self, citizen, slot, waits, again):
        token = token_of(citizen, idempotency_key=f"book {next(numbers)}")
        wish = {"slot": self.ids[slot], "waitlist": waits}
        code, booked = self.mortal.outcome("book", wish, token)
        assert code == (self.model.closed(slot, citizen) or self.model.overlaps(slot, citizen))
        if code is not None:
            return multiple()
        self.model.booked(booked["id"], citizen, slot, waits=waits)
        if again:
            self.mortal.crash()
            assert self.mortal.service.book(wish, token) == booked
        return booked["id"]

    @rule(citizen=citizens, slot=slots)
    def hold(self, citizen, slot):
        code, _ = self.mortal.outcome("hold", {"slot": self.ids[slot]}, token_of(citizen))
        assert code == self.model.closed(slot, citizen)
        if code is None:
            self.model.hold(slot, citizen)

    @rule(appointment=appointments, by=by, slot=slots, promptly=promptly)
    def move(self, appointment, by, slot, promptly):
        citizen = by or self.model.known[appointment][0]
        wish = {"appointment": appointment, "slot": self.ids[slot]}
        code, _ = self.mortal.outcome("move", wish, token_of(citizen))
        expected = self.model.move_refused(appointment, citizen, slot)
        assert code == (expected or self.model.overlaps(slot, citizen, but=appointment))
        if code is None:
            self.model.has(appointment, citizen, slot)
            self.done(promptly=promptly)

    @rule(appointment=appointments, by=by, promptly=promptly)
    def cancel(self, appointment, by, promptly):
        citizen = by or self.model.known[appointment][0]
        code, _ = self.mortal.outcome("cancel", {"appointment": appointment}, token_of(citizen))
        assert code == self.model.cancel_refused(appointment, citizen)
        if code is None:
            self.model.cancelled(appointment, citizen)
            self.done(promptly=promptly)

    @rule(appointment=appointments, first=st.one_of(st.none(), slots), second=st.one_of(st.none(), slots))
    def two_decide_at_once(self, appointment, first, second):
        """Of two who have read the same, and move or cancel it, the second is told that it has changed."""
        citizen, before = self.model.known[appointment]
        writes = self.mortal.has_read(citizen, appointment)
        if first is None:
            self.cancel(appointment, None, promptly=False)
        else:
            self.move(appointment, None, first, promptly=False)
        if self.model.known[appointment] == (citizen, before):
            return
        command, wish, expected = "cancel", {"appointment": appointment}, None
        if second is not None:
            command, wish = "move", {**wish, "slot": self.ids[second]}
            expected = "same-slot" if second == before else self.model.closed(second, citizen)
        code, _ = self.mortal.outcome(command, wish, token_of(citizen), writes)
        assert code == (expected or "appointment-changed")

    # Requests

    @rule(appointment=appointments, by=by, action=st.sampled_from(["change", "cancel"]))
    def ask(self, appointment, by, action):
        citizen = by or self.model.known[appointment][0]
        code, asked = self.mortal.outcome("ask", {"appointment": appointment, "action": action}, token_of(citizen))
        assert code == self.model.ask_refused(appointment, citizen, action)
        if code is None:
            self.model.ask(asked["id"], appointment, citizen, action)

    @rule(which=some, by=by)
    def withdraw_request(self, which, by):
        name, one = list(self.model.asked.items())[which % len(self.model.asked)]
        citizen = by or one.owner
        code, _ = self.mortal.outcome("withdraw_request", {"request": name}, token_of(citizen))
        ended = None if one.state == "asked" else "request-ended"
        assert code == ("request-not-found" if one.owner != citizen else ended)
        if code is None:
            self.model.answered(name, "withdrawn")

    @rule(which=some, accept=st.booleans(), slot=slots, promptly=promptly)
    def answer(self, which, accept, slot, promptly):
        name, one = list(self.model.asked.items())[which % len(self.model.asked)]
        more = {"slot": self.ids[slot]} if accept else {"reason": "no-time"}
        wish = {"request": name, "answer": "accept" if accept else "decline", **more}
        staff = system_token("trondheim", scopes=frozenset({"organisations:manage"}))
        code, _ = self.mortal.outcome("answer_request", wish, staff)
        ended = None if one.state == "asked" else "request-ended"
        assert code == (self.model.accept_refused(name, slot) if accept else ended)
        if code is None:
            self.model.answered(name, "accepted" if accept else "declined", slot)
            self.done(promptly=promptly)

    # The waitlist

    @rule(appointment=appointments, by=by)
    def join(self, appointment, by):
        citizen = by or self.model.known[appointment][0]
        code, _ = self.mortal.outcome("join_waitlist", {"appointment": appointment}, token_of(citizen))
        assert code == self.model.refused(appointment, citizen)
        if code is None:
            self.model.joined(appointment)

    @rule(appointment=appointments, by=by)
    def leave(self, appointment, by):
        citizen = by or self.model.known[appointment][0]
        code, _ = self.mortal.outcome("leave_waitlist", {"appointment": appointment}, token_of(citizen))
        waits = appointment in self.model.waits and self.model.known[appointment][0] == citizen
        assert code == (None if waits else "not-waiting")
        if code is None:
            self.model.leaves(appointment, citizen)

    @precondition(lambda self: self.model.offers)
    @rule(which=some, by=by, accept=st.booleans(), again=st.booleans(), promptly=promptly)
    def reply(self, which, by, accept, again, promptly):
        """Answer an offer, most often one that is open."""
        among = self.model.open_offers() if which % 4 else self.model.offers
        one = (among or self.model.offers)[which // 4 % len(among or self.model.offers)]
        self.replies(one, by or one.owner, accept=accept, again=again)
        self.done(promptly=promptly)

    def replies(self, one, citizen, writes=WRITES, *, accept, again=False):
        token = token_of(citizen, idempotency_key=f"reply {next(numbers)}")
        command = "accept_offer" if accept else "decline_offer"
        code, answer = self.mortal.outcome(command, {"offer": one.id}, token, writes)
        assert code == self.model.reply_refused(one, citizen, accept=accept)
        if code is None:
            self.model.replied(one, accept=accept)
        if code is None and again:
            self.mortal.crash()
            assert getattr(self.mortal.service, command)({"offer": one.id}, token) == answer

    @precondition(lambda self: self.model.open_offers())
    @rule(which=some, accept=st.booleans(), holds=citizens)
    def two_want_it_at_once(self, which, accept, holds):
        """Both have read that their offer is open; or somebody holds what is offered, be it to themselves."""
        offers = self.model.open_offers()
        one = offers[which % len(offers)]
        rivals = [each for each in self.model.open_offers(slot=one.slot) if each is not one]
        for rival in rivals[:1]:
            writes = self.mortal.has_read(rival.owner, rival.appointment, rival.id)
            self.replies(one, one.owner, accept=True)
            self.replies(rival, rival.owner, writes, accept=accept)
        if not rivals:
            self.hold(holds, one.slot)
            self.replies(one, one.owner, accept=accept)

    @rule(citizen=citizens)
    def close_the_account(self, citizen):
        self.clock.move(MOMENT)
        told = Event("account_deactivated", citizen, {}, id=f"event {next(numbers)}")
        self.mortal.effect("stop_waiting", told, Cause("event", "appointments.stop_waiting", told.id))
        self.model.stops_waiting(citizen)

    # The record system, time, and what the service owes

    @rule(slot=slots, opens=st.booleans(), promptly=promptly)
    def tell_of_slot(self, slot, opens, promptly):
        if starts(slot) <= self.clock():
            return
        self.clock.move(MOMENT)
        told = {"hours": HOURS[slot], "schedule": f"s{1 + (slot == 3)}", "status": "free" if opens else "busy"}
        self.journal_of(self.mortal.service).slot(f"t{slot}", **told)
        self.model.told_of_slot(slot, opens=opens)
        self.done(promptly=promptly)

    @rule(appointment=appointments, confirms=st.booleans())
    def tell_of_appointment(self, appointment, confirms):
        citizen, slot = self.model.known[appointment]
        if slot is None or any((citizen, each) in self.model.left for each in range(len(HOURS))):
            return  # which word is then a late one, the tests of receiving know
        self.clock.move(MOMENT)
        more = {"status": "booked" if confirms else "cancelled", "slot": [{"reference": f"Slot/t{slot}"}]}
        told = {"hours": HOURS[slot], "clinician": f"lege-{1 + (slot == 3)}", **more}
        self.journal_of(self.mortal.service).appointment(f"r {appointment}", citizen, **told)
        if confirms:
            self.model.confirms(appointment)
        else:
            self.model.cancelled(appointment, citizen)

    @rule(minutes=st.sampled_from((16, 1, 6, 45, 95)), promptly=promptly)
    def wait(self, minutes, promptly):
        self.clock.move(timedelta(minutes=minutes))
        self.done(promptly=promptly)

    @rule()
    def crash(self):
        self.mortal.crash()

    @rule()
    def die_in_the_midst_of_the_next(self):
        self.mortal.dies = True

    @precondition(lambda self: self.model.is_due())
    @rule(most=st.integers(1, 5))
    def keep_promises(self, most):
        """So many of what is due are kept, the first to be due first; the others after a restart, or later."""
        due = sorted((row for row in self.mortal.promised() if row[3] <= self.clock()), key=lambda row: row[3])
        for name, kind, about, due_at, told in due[:most]:
            self.clock.move(MOMENT)
            owner = about[2] if kind == "release_hold" else None
            owner = self.model.asked[about[0]].owner if kind == "expire_request" else owner
            cause = Cause("obligation", kind, name)
            self.mortal.effect(kind, Obligation(name, kind, owner, due_at, told), cause)
            self.model.owed.remove(self.model.owes((kind, *about), due_at))
            self.kept_match_slot(*about) if kind == "match_slot" else getattr(self.model, f"kept_{kind}")(*about)

    def kept_match_slot(self, slot_id, wave):
        first = self.model.to_offer(slot_id, wave)
        this = f"slot = '{slot_id}' AND round = '{wave}' AND state = 'open'"
        ids = dict(self.mortal.stored("appointment, id", "offers", this)) if first else {}
        assert set(ids) == set(first)
        self.model.offered(slot_id, wave, {name: ids[name] for name in first})

    # What is to be seen

    @invariant()
    def what_is_stored_and_owed_is_as_expected(self):
        model, stored = self.model, self.mortal.stored
        assert dict(stored("id, state", "offers")) == {each.id: each.state for each in model.offers}
        assert {name for (name,) in stored("appointment", "waiting")} == set(model.waits)
        assert dict(stored("id, state", "requests")) == {name: each.state for name, each in model.asked.items()}
        promised = [((kind, *about), due_at) for _, kind, about, due_at, _ in self.mortal.promised()]
        assert [one for one in promised if model.owes(*one) is None] == []
        assert sorted(at for _, at in promised) == sorted(at for _, at in model.owed)

    @invariant()
    def what_is_free_is_as_expected(self):
        self.steps += 1
        if self.steps % 4 == 0:  # every step would take most of the time there is
            citizen = CITIZENS[self.steps // 4 % len(CITIZENS)]
            free = {slot["id"] for slot in self.mortal.service.slots({}, token_of(citizen))["slots"]}
            assert free == {self.ids[slot] for slot in range(len(HOURS)) if self.model.closed(slot, citizen) is None}

    def teardown(self):
        service, model = self.mortal.service, self.model
        for citizen in CITIZENS:
            token = token_of(citizen)
            pages = (service.page({"when": when}, token) for when in ("upcoming", "past"))
            shown = {item["id"]: item["status"] for page in pages for item in orjson.loads(page)["items"]}
            own = {name: slot for name, (whose, slot) in model.known.items() if whose == citizen}
            assert shown == {name: "cancelled" if slot is None else "booked" for name, slot in own.items()}
            offers = {one["id"]: one["slot"]["id"] for one in service.waitlist_offers({}, token)["offers"]}
            assert offers == {each.id: self.ids[each.slot] for each in model.offers if each.owner == citizen}
        told = self.mortal.stored("type, data", "outbox", "type LIKE 'offer_%'")
        ends = sorted(orjson.loads(data)["offer"] for kind, data in told if kind == "offer_ended")
        assert ends == sorted(each.id for each in model.offers if each.state != "open")
        assert sum(kind == "offer_made" for kind, _ in told) == len(model.offers)
        self.mortal.close()
        came_to = {f"offer {each.state}" for each in model.offers} | {"offer made" for _ in model.offers[:1]}
        came_to |= {f"request {each.state}" for each in model.asked.values()}
        reached.update(came_to)
        for each in came_to:
            event(each)


def check(part, template, folder, journal_of):
    """Run EXAMPLES lives, other ones for each part; at least one in a hundred comes to each of ENDS."""
    reached.clear()
    lives = seed(part)(lambda: Life(template, folder, journal_of))
    # A life is short enough to be read as it is; to shrink one takes longer than a test may hang.
    usual = {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}
    run_state_machine_as_test(lives, settings=settings(max_examples=EXAMPLES, stateful_step_count=15, **usual))
    assert {each for each in ENDS if reached[each] < EXAMPLES / 100} == set(), reached


def test_whatever_happens_is_as_the_model_expects(template, tmp_path, journal_of):
    check(0, template, tmp_path, journal_of)


@pytest.mark.system_long
@pytest.mark.parametrize("part", range(1, 11))
def test_whatever_happens_is_as_the_model_expects_two_thousand_times(part, template, tmp_path, journal_of):
    check(part, template, tmp_path, journal_of)
