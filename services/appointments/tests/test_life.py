"""The life of a booking, as a model has it: whatever is done in whatever order, and however often the service dies."""

import shutil
from datetime import UTC, datetime, timedelta
from itertools import count

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from helsami_appointments.service import AppointmentsService
from helsami_appointments.store import Reads, Writes
from helsami_kernel.database import Database
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Refusal
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, service
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import organisations_of, rules_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITIZENS = ("c1", "c2", "c3")
HOURS = (0.5, 1, 1.5, 1.2, 2)
"""When the slots begin: the fourth is another clinician's, and overlaps the second."""

TWENTY_MINUTES = timedelta(minutes=20)
HELD_FOR = timedelta(minutes=5)
numbers = count()


class Life(RuleBasedStateMachine):
    """Slots, holds and appointments: what the service answers, and what is free, is what the model expects."""

    appointments = Bundle("appointments")
    slots = st.integers(0, len(HOURS) - 1)
    citizens = st.sampled_from(CITIZENS)

    def __init__(self, migrated, folder, journal_of) -> None:
        super().__init__()
        self.url = f"sqlite:///{shutil.copy(migrated, folder / f'{next(numbers)}.db')}"
        self.clock = MovableClock(NOW)
        self.known = {}  # by appointment: whose, and its slot; None for one that is cancelled
        self.held = {}  # by slot: for whom, and until when
        self.open()
        journal = journal_of(self.service)
        journal.schedule("s1", "lege-1")
        journal.schedule("s2", "lege-2")
        self.ids = [journal.slot(f"t{n}", hours, schedule=f"s{1 + (n == 3)}") for n, hours in enumerate(HOURS)]

    def open(self):
        database = Database(self.url, pool_size=2, clock=self.clock)
        decisions = Decisions("appointments", database, self.clock)
        self.store = OpenStore(database, Reads, Writes, told=lambda: None, decisions=decisions)
        rules = organisations_of(rules_of(decide_booking=BookingDecision.direct()))
        self.service = service(AppointmentsService, store=self.store, rules=rules, clock=self.clock)

    def token(self, citizen):
        return citizen_token(citizen, ["appointments:read", "appointments:act"])

    def starts(self, slot):
        return NOW + timedelta(hours=HOURS[slot])

    def taken(self):
        return {slot for _, slot in self.known.values() if slot is not None}

    def closed(self, slot, citizen):
        """Why this citizen cannot take a slot, by itself."""
        if self.starts(slot) <= self.clock():
            return "slot-past"
        whose, until = self.held.get(slot, (citizen, self.clock()))
        return "slot-taken" if slot in self.taken() or (whose != citizen and until > self.clock()) else None

    def overlaps(self, slot, citizen, but=None):
        own = {each for name, (whose, each) in self.known.items() if whose == citizen and name != but} - {None}
        near = any(abs(self.starts(each) - self.starts(slot)) < TWENTY_MINUTES for each in own)
        return "appointment-overlaps" if near else None

    def outcome(self, command, **wish):
        citizen = wish.pop("citizen")
        try:
            return None, getattr(self.service, command)(wish, self.token(citizen))
        except Refusal as refusal:
            return refusal.code, None

    @rule(target=appointments, citizen=citizens, slot=slots)
    def book(self, citizen, slot):
        expected = self.closed(slot, citizen) or self.overlaps(slot, citizen)
        code, booked = self.outcome("book", citizen=citizen, slot=self.ids[slot])
        assert code == expected
        if code is not None:
            return multiple()
        self.known[booked["id"]] = (citizen, slot)
        self.held.pop(slot, None)
        return booked["id"]

    @rule(citizen=citizens, slot=slots)
    def hold(self, citizen, slot):
        expected = self.closed(slot, citizen)
        code, _ = self.outcome("hold", citizen=citizen, slot=self.ids[slot])
        assert code == expected
        if code is None:
            whose, until = self.held.get(slot, (None, NOW))
            again = whose == citizen and until > self.clock()
            self.held = {each: by for each, by in self.held.items() if by[0] != citizen}
            self.held[slot] = (citizen, until if again else self.clock() + HELD_FOR)

    def refused(self, appointment, citizen):
        whose, slot = self.known[appointment]
        if whose != citizen:
            return "appointment-not-found"
        if slot is None:
            return "appointment-cancelled"
        return "appointment-past" if self.starts(slot) <= self.clock() else None

    @rule(appointment=appointments, citizen=citizens, slot=slots)
    def move(self, appointment, citizen, slot):
        same = "same-slot" if self.known[appointment][1] == slot else None
        expected = self.refused(appointment, citizen) or same or self.closed(slot, citizen)
        expected = expected or self.overlaps(slot, citizen, but=appointment)
        code, _ = self.outcome("move", citizen=citizen, appointment=appointment, slot=self.ids[slot])
        assert code == expected
        if code is None:
            self.known[appointment] = (citizen, slot)
            self.held.pop(slot, None)

    @rule(appointment=appointments, citizen=citizens)
    def cancel(self, appointment, citizen):
        expected = self.refused(appointment, citizen)
        code, _ = self.outcome("cancel", citizen=citizen, appointment=appointment)
        assert code == expected
        if code is None:
            self.known[appointment] = (citizen, None)

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes):
        self.clock.move(timedelta(minutes=minutes))

    @rule()
    def crash(self):
        self.store._database.close()
        self.open()

    @invariant()
    def what_is_free_is_as_expected(self):
        citizen = CITIZENS[next(numbers) % len(CITIZENS)]
        free = {slot["id"] for slot in self.service.slots({}, self.token(citizen))["slots"]}
        assert free == {self.ids[slot] for slot in range(len(HOURS)) if self.closed(slot, citizen) is None}

    def teardown(self):
        for citizen in CITIZENS:
            pages = (self.service.page({"when": when}, self.token(citizen)) for when in ("upcoming", "past"))
            shown = {item["id"]: item["status"] for page in pages for item in orjson.loads(page)["items"]}
            own = {name: slot for name, (whose, slot) in self.known.items() if whose == citizen}
            assert shown == {name: "cancelled" if slot is None else "booked" for name, slot in own.items()}
        self.store._database.close()


def test_whatever_happens_in_the_life_of_a_booking_is_as_the_model_expects(migrated_file, tmp_path, journal_of):
    run_state_machine_as_test(
        lambda: Life(migrated_file, tmp_path, journal_of),
        settings=settings(
            max_examples=200, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
