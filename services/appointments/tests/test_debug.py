"""
The lives of bookings, requests and offers, as a model has them: whatever is done in whatever order.

The service dies now and then: in the midst of what it does, after it, or between two things that it owes. What it has
promised, and to whom what is offered, the model expects exactly.
"""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from helsami_appointments.service import AppointmentsService
from helsami_kernel.clock import written
from helsami_kernel.database import AlreadyDone, Cause, Database, Event
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Refusal
from helsami_kernel.obligations import Obligation
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, service, system_token
from helsami_sdk.answers import BookingDecision, WaitlistTerms
from helsami_sdk.testing import organisations_of, rules_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITIZENS = ("c1", "c2", "c3")
HOURS = (0.5, 1, 1.5, 1.2, 2, 3)
"""When the slots begin: the fourth is another clinician's, and overlaps the second."""

TWENTY_MINUTES = timedelta(minutes=20)
HELD_FOR = timedelta(minutes=5)
LIFE = timedelta(minutes=15)
BATCH = 2
TERMS = WaitlistTerms(enabled=True, offer_life=LIFE, least_lead_time=LIFE, batch=BATCH, quiet=None)
OWED = ("match_slot", "end_wait", "release_hold", "expire_request")
MOMENT = timedelta(milliseconds=1)
COMPILED = {}  # statements are the same in every example, and take longer to write than to run
numbers = count()


class Died(Exception):
    """The power fails before anything is stored."""


def decides(question):
    """Who is under age asks for changes; the others make them."""
    asks = question.age_band == "12-15" and question.action in {"change", "cancel"}
    return BookingDecision.request() if asks else BookingDecision.direct()


def starts(slot):
    return NOW + timedelta(hours=HOURS[slot])


class Life(RuleBasedStateMachine):
    """What the service answers, stores and owes is what the model expects."""

    appointments = Bundle("appointments")
    slots = st.integers(0, len(HOURS) - 1)
    citizens = st.sampled_from(CITIZENS)
    some = st.integers(0, 20)

    def __init__(self, template, folder, journal_of) -> None:
        super().__init__()
        path = shutil.copy(template.path, folder / f"{next(numbers)}.db")
        self.url, self.ids, self.journal_of = f"sqlite:///{path}", template.ids, journal_of
        self.clock = MovableClock(NOW)
        self.known = {}  # by appointment: whose, and its slot; None for one that is cancelled
        self.held = {}  # by slot: for whom, and until when
        self.open_slots = set(range(len(HOURS)))  # as the organisation says
        self.waits = {}  # by appointment, first come first: whose, and when what they have begins
        self.offers = []
        self.asked = {}  # by request: whose, about which appointment, what, until when, and how it stands
        self.owed = {}  # by kind and what it is about: when it is due
        self.left = set()  # whose, and which slots they have had
        self.ended_waits = set()
        self.dies = False
        self.open()
        self.seen = sqlite3.connect(path)

    def open(self):
        database = Database(self.url, pool_size=2, clock=self.clock)
        database.engine = database.engine.execution_options(compiled_cache=COMPILED)
        database.reading_engine = database.reading_engine.execution_options(compiled_cache=COMPILED)
        self.database = database
        self.decisions = Decisions("appointments", database, self.clock)
        rules = organisations_of(rules_of(decide_booking=decides, choose_waitlist_terms=TERMS))
        self.service = service(AppointmentsService, store=self.store(), rules=rules, clock=self.clock)

    def store(self, cause=None):
        kinds = (AppointmentsService.store.reads, AppointmentsService.store.writes)
        return OpenStore(self.database, *kinds, told=lambda: None, decisions=self.decisions, cause=cause)

    def token(self, citizen, **claims):
        band = "12-15" if citizen == "c3" else "16+"
        return citizen_token(citizen, ["appointments:read", "appointments:act"], age_band=band, **claims)

    # What the model expects

    def taken(self):
        return {slot for _, slot in self.known.values() if slot is not None}

    def free(self, slot, citizen=None):
        """Whether a slot is free for somebody, be it over."""
        whose, until = self.held.get(slot, (citizen, self.clock()))
        held = until > self.clock() and (whose != citizen or citizen is None)
        return slot in self.open_slots and slot not in self.taken() and not held

    def closed(self, slot, citizen):
        """Why this citizen cannot take a slot, by itself."""
        if starts(slot) <= self.clock():
            return "slot-past"
        return None if self.free(slot, citizen) else "slot-taken"

    def overlaps(self, slot, citizen, but=None):
        own = {each for name, (whose, each) in self.known.items() if whose == citizen and name != but} - {None}
        near = any(abs(starts(each) - starts(slot)) < TWENTY_MINUTES for each in own)
        return "appointment-overlaps" if near else None

    def refused(self, appointment, citizen):
        whose, slot = self.known[appointment]
        if whose != citizen:
            return "appointment-not-found"
        if slot is None:
            return "appointment-cancelled"
        return "appointment-past" if starts(slot) <= self.clock() else None

    def owe(self, due_at, kind, *about):
        self.owed.setdefault((kind, *about), due_at)

    def freed(self, slot, citizen, wave=None):
        """A slot may have come free; a wave of one round goes on, or a new round begins."""
        if self.free(slot, citizen) and any(each.starts > starts(slot) for each in self.waits.values()):
            self.owe(self.clock(), "match_slot", self.ids[slot], wave or f"new {next(numbers)}")

    def end(self, offers, state, citizen, *, go_on=True):
        for each in offers:
            each.state = state
        for slot, wave in sorted({(each.slot, each.wave) for each in offers}) if go_on else ():
            if not self.open_offers(slot=slot):
                self.freed(slot, citizen, wave)

    def open_offers(self, **such):
        alike = [each for each in self.offers if each.state == "open"]
        return [each for each in alike if all(getattr(each, name) == value for name, value in such.items())]

    def has(self, appointment, citizen, slot):
        """An appointment has this slot from now on, or none; the waitlist follows."""
        before = self.known.get(appointment, (citizen, None))[1]
        self.known[appointment] = (citizen, slot)
        if slot is not None:
            self.held.pop(slot, None)
        if before is not None and before != slot:
            self.left.add((citizen, before))
            self.freed(before, citizen)
        entry = self.waits.get(appointment)
        changed = entry is not None and (slot is None or entry.starts != starts(slot))
        mine = self.open_offers(appointment=appointment) if changed else []
        self.end([each for each in self.open_offers(slot=slot) if each.appointment != appointment], "too_late", citizen)
        self.end(mine, "withdrawn", citizen)
        if changed and slot is None:
            del self.waits[appointment]
        elif changed:
            entry.starts = starts(slot)
            self.owe_end(appointment, entry)

    def owe_end(self, appointment, entry):
        if (appointment, entry.starts) not in self.ended_waits:
            self.ended_waits.add((appointment, entry.starts))
            self.owe(entry.starts, "end_wait", appointment, entry.starts)

    # What is done

    def outcome(self, command, wish, token):
        """The code of a refusal, or None, and the answer; where the power fails first, as if nothing had been asked."""
        self.clock.move(MOMENT)
        if self.dies:
            self.dies, self.decisions.store_with = False, _dies
            try:
                getattr(self.service, command)(wish, token)
            except (Died, Refusal):
                pass
            self.crash()
        try:
            return None, getattr(self.service, command)(wish, token)
        except Refusal as refusal:
            return refusal.code, None

    @rule(target=appointments, citizen=citizens, slot=slots, waits=st.booleans(), again=st.booleans())
    def book(self, citizen, slot, waits, again):
        token = self.token(citizen, idempotency_key=f"book {next(numbers)}")
        wish = {"slot": self.ids[slot], "waitlist": waits}
        code, booked = self.outcome("book", wish, token)
        assert code == (self.closed(slot, citizen) or self.overlaps(slot, citizen))
        if code is not None:
            return multiple()
        self.has(booked["id"], citizen, slot)
        if waits:
            self.waits[booked["id"]] = SimpleNamespace(owner=citizen, starts=starts(slot))
            self.owe_end(booked["id"], self.waits[booked["id"]])
        if again:
            self.crash()
            assert self.service.book(wish, token) == booked
        return booked["id"]

    @rule(citizen=citizens, slot=slots)
    def hold(self, citizen, slot):
        code, _ = self.outcome("hold", {"slot": self.ids[slot]}, self.token(citizen))
        assert code == self.closed(slot, citizen)
        if code is None:
            whose, until = self.held.get(slot, (None, NOW))
            again = whose == citizen and until > self.clock()
            until = until if again else self.clock() + HELD_FOR
            self.held = {each: by for each, by in self.held.items() if by[0] != citizen}
            self.held[slot] = (citizen, until)
            self.owe(until, "release_hold", self.ids[slot], written(until), citizen)

    @rule(appointment=appointments, citizen=citizens, slot=slots)
    def move(self, appointment, citizen, slot):
        wish = {"appointment": appointment, "slot": self.ids[slot]}
        code, _ = self.outcome("move", wish, self.token(citizen))
        same = "same-slot" if self.known[appointment][1] == slot else None
        expected = self.refused(appointment, citizen) or same or self.closed(slot, citizen)
        expected = expected or ("by-request-only" if citizen == "c3" else None)
        assert code == (expected or self.overlaps(slot, citizen, but=appointment))
        if code is None:
            self.has(appointment, citizen, slot)

    @rule(appointment=appointments, citizen=citizens)
    def cancel(self, appointment, citizen):
        code, _ = self.outcome("cancel", {"appointment": appointment}, self.token(citizen))
        assert code == (self.refused(appointment, citizen) or ("by-request-only" if citizen == "c3" else None))
        if code is None:
            self.cancelled(appointment, citizen)

    def cancelled(self, appointment, citizen):
        self.has(appointment, citizen, None)
        for each in self.asked.values():
            if each.appointment == appointment and each.state == "asked":
                each.state = "withdrawn"

    # Requests

    @rule(appointment=appointments, citizen=citizens, action=st.sampled_from(["change", "cancel"]))
    def ask(self, appointment, citizen, action):
        code, asked = self.outcome("ask", {"appointment": appointment, "action": action}, self.token(citizen))
        expected = self.refused(appointment, citizen) or (None if citizen == "c3" else "can-be-done-directly")
        same = [one for one in self.asked.values() if (one.appointment, one.action) == (appointment, action)]
        expected = expected or ("already-asked" if any(one.state == "asked" for one in same) else None)
        assert code == expected
        if code is None:
            self.asked[asked["id"]] = SimpleNamespace(owner=citizen, appointment=appointment, action=action, state="asked")
            self.owe(starts(self.known[appointment][1]), "expire_request", asked["id"])

    @rule(which=some, citizen=citizens)
    def withdraw_request(self, which, citizen):
        if self.asked:
            name, one = list(self.asked.items())[which % len(self.asked)]
            code, _ = self.outcome("withdraw_request", {"request": name}, self.token(citizen))
            ended = None if one.state == "asked" else "request-ended"
            assert code == ("request-not-found" if one.owner != citizen else ended)
            if code is None:
                one.state = "withdrawn"
                self.owed.pop(("expire_request", name))

    @rule(which=some, accept=st.booleans(), slot=slots)
    def answer(self, which, accept, slot):
        if not self.asked:
            return
        name, one = list(self.asked.items())[which % len(self.asked)]
        more = {"slot": self.ids[slot]} if accept else {"reason": "no-time"}
        wish = {"request": name, "answer": "accept" if accept else "decline", **more}
        staff = system_token("trondheim", scopes=frozenset({"organisations:manage"}))
        code, _ = self.outcome("answer_request", wish, staff)
        expected = None if one.state == "asked" else "request-ended"
        if expected is None and accept:
            expected = self.refused(one.appointment, one.owner)
            if expected is None and one.action == "change":
                past = "slot-past" if starts(slot) <= self.clock() else None
                same = "same-slot" if self.known[one.appointment][1] == slot else None
                expected = past or same or self.closed(slot, one.owner)
                expected = expected or self.overlaps(slot, one.owner, but=one.appointment)
        assert code == expected
        if code is None:
            one.state = "accepted" if accept else "declined"
            self.owed.pop(("expire_request", name))
            if accept and one.action == "change":
                self.has(one.appointment, one.owner, slot)
            elif accept:
                self.cancelled(one.appointment, one.owner)

    # The waitlist

    @rule(appointment=appointments, citizen=citizens)
    def join(self, appointment, citizen):
        code, _ = self.outcome("join_waitlist", {"appointment": appointment}, self.token(citizen))
        assert code == self.refused(appointment, citizen)
        if code is None and appointment not in self.waits:
            self.waits[appointment] = SimpleNamespace(owner=citizen, starts=starts(self.known[appointment][1]))
            self.owe_end(appointment, self.waits[appointment])

    @rule(appointment=appointments, citizen=citizens)
    def leave(self, appointment, citizen):
        code, _ = self.outcome("leave_waitlist", {"appointment": appointment}, self.token(citizen))
        waits = appointment in self.waits and self.known[appointment][0] == citizen
        assert code == (None if waits else "not-waiting")
        if code is None:
            self.end(self.open_offers(appointment=appointment), "withdrawn", citizen)
            del self.waits[appointment]

    @rule(which=some, citizen=citizens, accept=st.booleans(), again=st.booleans())
    def reply(self, which, citizen, accept, again):
        """Answer an offer, of one's own or of somebody else's."""
        if not self.offers:
            return
        one = self.offers[-1 - which % len(self.offers)]
        token = self.token(citizen, idempotency_key=f"reply {next(numbers)}")
        command = "accept_offer" if accept else "decline_offer"
        code, answer = self.outcome(command, {"offer": one.id}, token)
        state = "expired" if one.state == "open" and one.expires <= self.clock() else one.state
        done = "accepted" if accept else "declined"
        if one.owner != citizen:
            expected = "offer-not-found"
        elif state == "open":
            late = None if not accept or self.free(one.slot, citizen) else "offer-too-late"
            expected = late or (self.overlaps(one.slot, citizen, but=one.appointment) if accept else None)
        else:
            expected = None if state == done else f"offer-{state.replace('_', '-')}"
        assert code == expected
        if code is None and one.state == "open":
            one.state = done
            if accept:
                self.has(one.appointment, citizen, one.slot)
                del self.waits[one.appointment]
            elif not self.open_offers(slot=one.slot):
                self.freed(one.slot, citizen, one.wave)
        if code is None and again:
            self.crash()
            assert getattr(self.service, command)({"offer": one.id}, token) == answer

    @rule(citizen=citizens)
    def close_the_account(self, citizen):
        self.clock.move(MOMENT)
        event = Event("account_deactivated", citizen, {}, id=f"event {next(numbers)}")
        cause = Cause("event", "appointments.stop_waiting", event.id)
        self.effect("stop_waiting", event, cause)
        self.end(self.open_offers(owner=citizen), "withdrawn", citizen)
        self.waits = {name: each for name, each in self.waits.items() if each.owner != citizen}

    # The record system, time, and what the service owes

    @rule(slot=slots, opens=st.booleans())
    def tell_of_slot(self, slot, opens):
        if starts(slot) <= self.clock():
            return
        self.clock.move(MOMENT)
        told = {"hours": HOURS[slot], "schedule": f"s{1 + (slot == 3)}", "status": "free" if opens else "busy"}
        self.journal_of(self.service).slot(f"t{slot}", **told)
        if opens != (slot in self.open_slots):
            self.open_slots ^= {slot}
            self.end(self.open_offers(slot=slot), "withdrawn", None, go_on=False)
            self.freed(slot, None)

    @rule(appointment=appointments, confirms=st.booleans())
    def tell_of_appointment(self, appointment, confirms):
        citizen, slot = self.known[appointment]
        if slot is None or any((citizen, each) in self.left for each in range(len(HOURS))):
            return  # which word is then a late one, test_receiving knows
        self.clock.move(MOMENT)
        more = {"status": "booked" if confirms else "cancelled", "slot": [{"reference": f"Slot/t{slot}"}]}
        told = {"hours": HOURS[slot], "clinician": f"lege-{1 + (slot == 3)}", **more}
        self.journal_of(self.service).appointment(f"r {appointment}", citizen, **told)
        if not confirms:
            self.cancelled(appointment, citizen)

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes):
        self.clock.move(timedelta(minutes=minutes))

    @rule()
    def crash(self):
        self.database.close()
        self.open()

    @rule()
    def die_in_the_midst_of_the_next(self):
        self.dies = True

    def effect(self, method, told, cause):
        """Have an effect once, however often what causes it comes."""
        self.service.store = self.store(cause)
        getattr(self.service, method)(told)
        self.service.store = self.store(cause)
        with pytest.raises(AlreadyDone):
            getattr(self.service, method)(told)
        self.service.store = self.store()

    @rule(most=st.integers(1, 5))
    def keep_promises(self, most):
        """So many of what is due are kept, the first to be due first; the others after a restart, or later."""
        due = sorted((row for row in self.promised() if row[3] <= self.clock()), key=lambda row: row[3])
        for name, kind, about, due_at, told in due[:most]:
            self.clock.move(MOMENT)
            owner = about[2] if kind == "release_hold" else None if kind != "expire_request" else self.asked[about[0]].owner
            self.effect(kind, Obligation(name, kind, owner, due_at, told), Cause("obligation", kind, name))
            getattr(self, f"kept_{kind}")(*about)
            self.owed = {owed: at for owed, at in self.owed.items() if not same((kind, *about), owed)}

    def promised(self):
        """What the service owes: its id, kind, what it is about, when it is due, and what it says."""
        rows = self.seen.execute(
            "SELECT id, kind, key, owner, due_at, payload FROM obligations"
            f" WHERE fulfilled_at IS NULL AND kind IN {OWED}"
        )
        for name, kind, key, owner, due_at, payload in rows.fetchall():
            told = orjson.loads(payload)
            about = {
                "match_slot": lambda told=told: (told["slot"], told["round"]),
                "end_wait": lambda key=key: (key.split(" ")[0], datetime.fromisoformat(key.split(" ")[1])),
                "release_hold": lambda key=key, owner=owner: (*key.split(" "), owner),
                "expire_request": lambda told=told: (told["request"],),
            }[kind]()
            yield name, kind, about, datetime.fromisoformat(due_at).replace(tzinfo=UTC), told

    def kept_match_slot(self, slot_id, wave):
        slot = self.ids.index(slot_id)
        over = [each for each in self.open_offers(slot=slot) if each.expires <= self.clock()]
        self.end(over, "expired", None, go_on=False)
        lead = starts(slot) - self.clock() >= LIFE
        if self.open_offers(slot=slot) or not self.free(slot) or not lead:
            return
        asked = [each.entry for each in self.offers if each.wave == wave]
        earlier = [(name, each) for name, each in self.waits.items() if each.starts > starts(slot)]
        first = [(name, each) for name, each in earlier if not any(each is one for one in asked)][:BATCH]
        expires = self.clock() + LIFE
        made = self.seen.execute(
            "SELECT appointment, id FROM offers WHERE slot = ? AND round = ? AND state = 'open'", (slot_id, wave)
        )
        ids = dict(made.fetchall())
        assert set(ids) == {name for name, _ in first}
        for name, each in first:
            self.offers.append(
                SimpleNamespace(
                    id=ids[name], owner=each.owner, appointment=name, entry=each, slot=slot, wave=wave, expires=expires, state="open"
                )
            )
        if first:
            self.owe(expires, "match_slot", slot_id, wave)

    def kept_end_wait(self, appointment, _starts_at):
        entry = self.waits.get(appointment)
        if entry is not None and entry.starts <= self.clock():
            del self.waits[appointment]

    def kept_release_hold(self, slot_id, _until, citizen):
        slot = self.ids.index(slot_id)
        whose, until = self.held.get(slot, (None, NOW))
        if whose == citizen and until <= self.clock():
            del self.held[slot]
        self.freed(slot, citizen)

    def kept_expire_request(self, request):
        if self.asked[request].state == "asked":
            self.asked[request].state = "expired"

    # What is to be seen

    @invariant()
    def what_is_stored_and_owed_is_as_expected(self):
        offers = dict(self.seen.execute("SELECT id, state FROM offers").fetchall())
        assert offers == {each.id: each.state for each in self.offers}
        waiting = {name for (name,) in self.seen.execute("SELECT appointment FROM waiting").fetchall()}
        assert waiting == set(self.waits)
        requests = dict(self.seen.execute("SELECT id, state FROM requests").fetchall())
        assert requests == {name: each.state for name, each in self.asked.items()}
        promised = [((kind, *about), due_at) for _, kind, about, due_at, _ in self.promised()]
        owed = list(self.owed.items())
        for one in promised:
            (known,) = [each for each in owed if same(one[0], each[0]) and one[1] == each[1]][:1] or [None]
            assert known is not None, f"nobody owes {one}"
            owed.remove(known)
        assert owed == []

    @invariant()
    def what_is_free_is_as_expected(self):
        citizen = CITIZENS[next(numbers) % len(CITIZENS)]
        free = {slot["id"] for slot in self.service.slots({}, self.token(citizen))["slots"]}
        assert free == {self.ids[slot] for slot in range(len(HOURS)) if self.closed(slot, citizen) is None}

    def teardown(self):
        for citizen in CITIZENS:
            token = self.token(citizen)
            pages = (self.service.page({"when": when}, token) for when in ("upcoming", "past"))
            shown = {item["id"]: item["status"] for page in pages for item in orjson.loads(page)["items"]}
            own = {name: slot for name, (whose, slot) in self.known.items() if whose == citizen}
            assert shown == {name: "cancelled" if slot is None else "booked" for name, slot in own.items()}
            offers = {one["id"]: one["slot"]["id"] for one in self.service.waitlist_offers({}, token)["offers"]}
            assert offers == {each.id: self.ids[each.slot] for each in self.offers if each.owner == citizen}
        told = self.seen.execute("SELECT type, data FROM outbox WHERE type LIKE 'offer_%'").fetchall()
        ends = sorted(orjson.loads(data)["offer"] for kind, data in told if kind == "offer_ended")
        assert ends == sorted(each.id for each in self.offers if each.state != "open")
        assert sum(kind == "offer_made" for kind, _ in told) == len(self.offers)
        self.seen.close()
        self.database.close()


def _dies(_tx):
    raise Died


def same(promised, owed):
    """Whether what is promised is what is owed; of a new round only the service knows the name."""
    new = owed[0] == "match_slot" and owed[2].startswith("new ")
    return promised[:2] == owed[:2] if new else promised == owed


@pytest.fixture
def template(migrated_file, tmp_path, clock, journal_of):
    """A database in which an organisation has published its slots: where it is, and their ids."""
    path = shutil.copy(migrated_file, tmp_path / "template.db")
    database = Database(f"sqlite:///{path}", pool_size=1, clock=clock)
    kinds = (AppointmentsService.store.reads, AppointmentsService.store.writes)
    decisions = Decisions("appointments", database, clock)
    store = OpenStore(database, *kinds, told=lambda: None, decisions=decisions)
    journal = journal_of(service(AppointmentsService, store=store, rules=organisations_of(rules_of()), clock=clock))
    journal.schedule("s1", "lege-1")
    journal.schedule("s2", "lege-2")
    ids = [journal.slot(f"t{n}", hours, schedule=f"s{1 + (n == 3)}") for n, hours in enumerate(HOURS)]
    database.close()
    return SimpleNamespace(path=path, ids=ids)


@pytest.mark.parametrize("examples", [200, pytest.param(2000, marks=pytest.mark.system_long)])
def test_whatever_happens_is_as_the_model_expects(examples, template, tmp_path, journal_of):
    run_state_machine_as_test(
        lambda: Life(template, tmp_path, journal_of),
        settings=settings(
            max_examples=examples, stateful_step_count=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        ),
    )
