"""What is expected of slots, bookings, holds, requests, the waitlist and offers, whatever is done in whatever order."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from helsami_kernel.clock import written

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITIZENS = ("c1", "c2", "c3")
UNDER_AGE = "c3"
"""Asks for changes; the others make them."""

HOURS = (0.5, 1, 1.5, 1.2, 2, 3)
"""When the slots begin: the fourth is another clinician's, and overlaps the second."""

TWENTY_MINUTES = timedelta(minutes=20)
HELD_FOR = timedelta(minutes=5)
LIFE = timedelta(minutes=15)
BATCH = 2


def starts(slot):
    return NOW + timedelta(hours=HOURS[slot])


class Model:
    """One life, as it should be."""

    def __init__(self, ids, clock) -> None:
        self.ids, self.clock = ids, clock
        self.known = {}  # by appointment: whose, and its slot; None for one that is cancelled
        self.held = {}  # by slot: for whom, and until when
        self.open_slots = set(range(len(HOURS)))  # as the organisation says
        self.waits = {}  # by appointment, first come first: whose, and when what they have begins
        self.offers = []
        self.asked = {}  # by request: whose, about which appointment, what, and how it stands
        self.owed = []  # of what kind and about what, and when it is due
        self.left = set()  # whose, and which slots they have had
        self.ended_waits = set()
        self.confirmed = {}  # by appointment: the slot with which its record system has confirmed it last
        self.rounds = 0

    # What somebody may do

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

    def move_refused(self, appointment, citizen, slot):
        same = "same-slot" if self.known[appointment][1] == slot else None
        expected = self.refused(appointment, citizen) or same or self.closed(slot, citizen)
        return expected or ("by-request-only" if citizen == UNDER_AGE else None)

    def cancel_refused(self, appointment, citizen):
        return self.refused(appointment, citizen) or ("by-request-only" if citizen == UNDER_AGE else None)

    def ask_refused(self, appointment, citizen, action):
        expected = self.refused(appointment, citizen) or (None if citizen == UNDER_AGE else "can-be-done-directly")
        same = [one for one in self.asked.values() if (one.appointment, one.action) == (appointment, action)]
        return expected or ("already-asked" if any(one.state == "asked" for one in same) else None)

    def accept_refused(self, request, slot):
        """Why staff cannot accept a request with this slot."""
        one = self.asked[request]
        if one.state != "asked":
            return "request-ended"
        expected = self.refused(one.appointment, one.owner)
        if expected is None and one.action == "change":
            past = "slot-past" if starts(slot) <= self.clock() else None
            same = "same-slot" if self.known[one.appointment][1] == slot else None
            expected = past or same or self.closed(slot, one.owner)
            expected = expected or self.overlaps(slot, one.owner, but=one.appointment)
        return expected

    def reply_refused(self, one, citizen, *, accept):
        """Why an offer, of one's own or of somebody else's, cannot be answered like this."""
        if one.owner != citizen:
            return "offer-not-found"
        state = "expired" if one.state == "open" and one.expires <= self.clock() else one.state
        if state != "open":
            return None if state == ("accepted" if accept else "declined") else f"offer-{state.replace('_', '-')}"
        late = None if not accept or self.free(one.slot, citizen) else "offer-too-late"
        return late or (self.overlaps(one.slot, citizen, but=one.appointment) if accept else None)

    # What becomes of it

    def owe(self, due_at, kind, *about):
        """Once, but for looking at a slot: for each reason to."""
        if kind == "match_slot" or ((kind, *about), due_at) not in self.owed:
            self.owed.append(((kind, *about), due_at))

    def is_due(self):
        return any(due_at <= self.clock() for _, due_at in self.owed)

    def owes(self, what, due_at):
        """What is owed that was promised like this, if anything is; of a new round only the service knows the name."""
        for owed, at in self.owed:
            new = owed[0] == "match_slot" and owed[2].startswith("new ")
            if at == due_at and (what[:2] == owed[:2] if new else what == owed):
                return owed, at
        return None

    def freed(self, slot, citizen, wave=None):
        """A slot may have come free; a wave of one round goes on, or a new round begins."""
        if self.free(slot, citizen) and any(each.starts > starts(slot) for each in self.waits.values()):
            self.rounds += 1
            self.owe(self.clock(), "match_slot", self.ids[slot], wave or f"new {self.rounds}")

    def end(self, offers, state, citizen, *, go_on=True):
        for each in offers:
            each.state = state
        for slot, wave in sorted({(each.slot, each.wave) for each in offers}) if go_on else ():
            if not self.open_offers(slot=slot):
                self.freed(slot, citizen, wave)

    def open_offers(self, **such):
        alike = [each for each in self.offers if each.state == "open"]
        return [each for each in alike if all(getattr(each, name) == value for name, value in such.items())]

    def booked(self, appointment, citizen, slot, *, waits):
        self.has(appointment, citizen, slot)
        if waits:
            self.joined(appointment)

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
            self._owe_end(appointment, entry)

    def confirms(self, appointment):
        """What its record system has not said before is followed: nobody waits on with what has begun."""
        citizen, slot = self.known[appointment]
        news = self.confirmed.get(appointment) != slot
        self.confirmed[appointment] = slot
        if news and appointment in self.waits and starts(slot) <= self.clock():
            self.end(self.open_offers(appointment=appointment), "withdrawn", citizen)
            del self.waits[appointment]

    def cancelled(self, appointment, citizen):
        self.has(appointment, citizen, None)
        for each in self.asked.values():
            if each.appointment == appointment and each.state == "asked":
                each.state = "withdrawn"

    def hold(self, slot, citizen):
        whose, until = self.held.get(slot, (None, NOW))
        again = whose == citizen and until > self.clock()
        until = until if again else self.clock() + HELD_FOR
        self.held = {each: by for each, by in self.held.items() if by[0] != citizen}
        self.held[slot] = (citizen, until)
        self.owe(until, "release_hold", self.ids[slot], written(until), citizen)

    def ask(self, request, appointment, citizen, action):
        self.asked[request] = SimpleNamespace(owner=citizen, appointment=appointment, action=action, state="asked")
        self.owe(starts(self.known[appointment][1]), "expire_request", request)

    def answered(self, request, state, slot=None):
        one = self.asked[request]
        one.state = state
        self.owed = [each for each in self.owed if each[0] != ("expire_request", request)]
        if state == "accepted" and one.action == "change":
            self.has(one.appointment, one.owner, slot)
        elif state == "accepted":
            self.cancelled(one.appointment, one.owner)

    def joined(self, appointment):
        if appointment not in self.waits:
            citizen, slot = self.known[appointment]
            self.waits[appointment] = SimpleNamespace(owner=citizen, starts=starts(slot))
            self._owe_end(appointment, self.waits[appointment])

    def _owe_end(self, appointment, entry):
        if (appointment, entry.starts) not in self.ended_waits:
            self.ended_waits.add((appointment, entry.starts))
            self.owe(entry.starts, "end_wait", appointment, entry.starts)

    def leaves(self, appointment, citizen):
        self.end(self.open_offers(appointment=appointment), "withdrawn", citizen)
        del self.waits[appointment]

    def replied(self, one, *, accept):
        if one.state != "open":
            return
        one.state = "accepted" if accept else "declined"
        if accept:
            self.has(one.appointment, one.owner, one.slot)
            del self.waits[one.appointment]
        elif not self.open_offers(slot=one.slot):
            self.freed(one.slot, one.owner, one.wave)

    def stops_waiting(self, citizen):
        self.end(self.open_offers(owner=citizen), "withdrawn", citizen)
        self.waits = {name: each for name, each in self.waits.items() if each.owner != citizen}

    def told_of_slot(self, slot, *, opens):
        if opens != (slot in self.open_slots):
            self.open_slots ^= {slot}
            self.end(self.open_offers(slot=slot), "withdrawn", None, go_on=False)
            self.freed(slot, None)

    # What was owed

    def to_offer(self, slot_id, wave):
        """Who is offered a slot now: their appointments, the first first; what nobody has answered in time ends."""
        slot = self.ids.index(slot_id)
        over = [each for each in self.open_offers(slot=slot) if each.expires <= self.clock()]
        self.end(over, "expired", None, go_on=False)
        lead = starts(slot) - self.clock() >= LIFE
        if self.open_offers(slot=slot) or not self.free(slot) or not lead:
            return []
        asked = [each.entry for each in self.offers if each.wave == wave]
        earlier = [name for name, each in self.waits.items() if each.starts > starts(slot)]
        return [name for name in earlier if not any(self.waits[name] is one for one in asked)][:BATCH]

    def offered(self, slot_id, wave, ids):
        """`ids` are those of the offers that were made, by appointment."""
        expires = self.clock() + LIFE
        for name, offer in ids.items():
            entry = self.waits[name]
            of = {"owner": entry.owner, "appointment": name, "entry": entry, "slot": self.ids.index(slot_id)}
            self.offers.append(SimpleNamespace(id=offer, wave=wave, **of, expires=expires, state="open"))
        if ids:
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
