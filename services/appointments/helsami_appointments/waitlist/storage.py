"""How the waitlist is stored, and how it follows whatever becomes of slots and appointments."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.booked import plausible
from helsami_appointments.domain import HOLDING, TO_COME, Appointment, Known, Meeting, Opening, Schedule, Slot, Span
from helsami_appointments.models import APPOINTMENTS, OFFERS, SCHEDULES, SLOTS, WAITING
from helsami_appointments.requests import storage as requests
from helsami_appointments.slots.search import IN_INDEX, NOT_HELD
from helsami_appointments.storage import schedule_id
from helsami_appointments.waitlist import schemas
from helsami_appointments.waitlist.domain import (
    KEYS,
    Entry,
    Facts,
    OfferEnded,
    OfferMade,
    OfferState,
    fits,
)
from helsami_kernel import Event
from helsami_kernel.database import UtcDateTime, fingerprint, insert_new
from helsami_kernel.errors import NotFound
from helsami_kernel.items import SHARING_COLUMNS, item_id

MATCH: Final = "match_slot"
END_WAIT: Final = "end_wait"
MOST_RANKED: Final = 1000
"""So many people who wait for the same time are read, and ranked, at once."""

MOST_LISTED: Final = 100

SHOWN: Final = (
    *(APPOINTMENTS.c[name] for name in ("id", "organisation", "occurred_at", *SHARING_COLUMNS)),
    sa.literal("").label("category"),
)
"""Of an appointment, what `Showing` asks rules about."""

OFFERED: Final = tuple(OFFERS.c[name].label(f"offer_{name}") for name in ("id", "state", "offered_at", "expires_at"))
SLOT_OFFERED: Final = (
    SLOTS.c.id.label("slot_id"),
    SLOTS.c.starts_at.label("slot_starts_at"),
    SLOTS.c.ends_at.label("slot_ends_at"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), SCHEDULES.c.visit_type).label("slot_visit_type"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.kind, ""), SCHEDULES.c.kind).label("slot_kind"),
    *(SCHEDULES.c[name].label(f"slot_{name}") for name in ("unit", "place", "clinician", "clinician_name")),
)
OWN_OFFERS: Final = (
    sa.select(*SHOWN, *OFFERED, *SLOT_OFFERED)
    .join_from(OFFERS, APPOINTMENTS, OFFERS.c.appointment == APPOINTMENTS.c.id)
    .join(SLOTS, OFFERS.c.slot == SLOTS.c.id)
    .join(SCHEDULES, SLOTS.c.schedule == SCHEDULES.c.id)
    .where(OFFERS.c.owner == sa.bindparam("owner"), APPOINTMENTS.c.owner == sa.bindparam("owner"))
    .order_by(OFFERS.c.offered_at.desc(), OFFERS.c.id)
    .limit(MOST_LISTED)
)
OWN_WAITING: Final = (
    sa.select(*SHOWN, WAITING.c.joined_at)
    .join_from(WAITING, APPOINTMENTS, WAITING.c.appointment == APPOINTMENTS.c.id)
    .where(WAITING.c.owner == sa.bindparam("owner"), APPOINTMENTS.c.owner == sa.bindparam("owner"))
    .order_by(WAITING.c.joined_at, WAITING.c.id)
    .limit(MOST_LISTED)
)
OPEN: Final = OFFERS.c.state == OfferState.OPEN


class Reads(requests.Reads):
    """What is read for one citizen, of the waitlist as well."""

    def waiting(self) -> Sequence[Row[Any]]:
        """The citizen's entries, first come first, with what `Showing` asks rules about."""
        return self.fetch(OWN_WAITING)

    def offers(self) -> Sequence[Row[Any]]:
        """The citizen's offers, newest first, with the appointment's and the slot's columns."""
        return self.fetch(OWN_OFFERS)


class Writes(requests.Writes):
    """
    One transaction, which the waitlist follows: what it frees is offered on, and what it changes is withdrawn.

    Locks come in one order, so that none waits for another in a circle: clinicians, the citizen, slots, who waits, and
    offers by their ids.
    """

    # What others do to slots and appointments

    def book(self, appointment: Appointment) -> dict[str, Any]:
        """Take a slot as before; whoever was offered it comes too late."""
        taken = super().book(appointment)
        self._follow(taken["id"], appointment)
        return taken

    def keep_slot(self, organisation: str, opening: Opening) -> str:
        """Store a slot as before; one that is free now is offered, and one that has changed is offered no longer."""
        outcome = super().keep_slot(organisation, opening)
        if outcome == "stored" and (slot := self.named_slot(organisation, opening.key)) is not None:
            self._end(self._open(OFFERS.c.slot == slot.id), OfferState.WITHDRAWN)
            self.offer_freed(slot)
        return outcome

    def receive(self, appointment: Appointment, record_key: str) -> str:
        """Store what a record system sends as before."""
        outcome = super().receive(appointment, record_key)
        kept = self._kept_as(appointment.organisation, record_key)
        if outcome == "stored" and kept is not None:
            self._follow(item_id(self._citizen, appointment.organisation, kept.key), appointment)
        return outcome

    def withdraw(self, organisation: str, record_key: str) -> str:
        """Remove what was entered in error as before."""
        kept = self._kept_as(organisation, record_key)
        outcome = super().withdraw(organisation, record_key)
        if kept is not None:
            self._follow(item_id(self._citizen, organisation, kept.key), None)
        return outcome

    def _decide(self, known: Known, appointment: Appointment) -> dict[str, Any]:
        shown = super()._decide(known, appointment)
        self._follow(known.id, appointment)
        return shown

    def _hold(self, appointment_id: str, slot: str | None) -> None:
        held = sa.select(SLOTS.c.id).where(SLOTS.c.taken_by == appointment_id, SLOTS.c.id.is_distinct_from(slot))
        freed = self.connection.execute(held).scalars().all()
        super()._hold(appointment_id, slot)
        for each in freed:
            self.offer_freed(self.slot(each))

    def keep_schedule(self, organisation: str, schedule: Schedule) -> str:
        """Store a schedule as before; what was offered under it is offered as it is now, or no longer."""
        outcome = super().keep_schedule(organisation, schedule)
        if outcome == "stored":
            under = schedule_id(organisation, schedule.key)
            slots = sa.select(SLOTS.c.id).where(SLOTS.c.schedule == under)
            self.withdraw_offers(OFFERS.c.slot.in_(slots))
            self.offer_awaited(SLOTS.c.schedule == under)
        return outcome

    def let_go(self, slot_id: str) -> datetime:
        """End a hold early, as before; the time is offered to those who wait."""
        until = super().let_go(slot_id)
        self.offer_freed(self.slot(slot_id))
        return until

    def release(self, slot_id: str) -> None:
        """End a hold as before; while it lasted, the time could be offered to nobody who waits."""
        super().release(slot_id)
        self.offer_freed(self.slot(slot_id))

    def _follow(self, appointment_id: str, appointment: Appointment | None) -> None:
        """End the offers that an appointment's new state makes void (K15, K17); None when it is gone."""
        entry = self._entry_of(appointment_id)
        facts = None if appointment is None else self._facts_to_wait_with(appointment)
        changed = entry is not None and _facts(entry) != facts
        slot = appointment.slot if appointment is not None and appointment.status in HOLDING else None
        mine = OFFERS.c.appointment == appointment_id
        ended = self._open(sa.or_(OFFERS.c.slot == slot, sa.and_(mine, sa.literal(changed))))
        lost = [row for row in ended if row.appointment != appointment_id]
        self._end(lost, OfferState.TOO_LATE)
        self._end([row for row in ended if row.appointment == appointment_id], OfferState.WITHDRAWN)
        if entry is None or not changed:
            return
        if facts is None:
            self.connection.execute(sa.delete(WAITING).where(WAITING.c.id == entry.id))
            return
        self.connection.execute(sa.update(WAITING).where(WAITING.c.id == entry.id).values(**_columns(facts)))
        self._promise_end(appointment_id, facts.starts_at)

    # Waiting

    def join(self, known: Known, age_band: str, *, digital: bool = True, priority: str = "") -> datetime:
        """Let somebody wait for something earlier than an appointment; since when, also where they did before."""
        facts = facts_of(known.appointment.meeting, known.appointment.span.starts_at)
        values = {
            "id": str(uuid.uuid4()),
            "owner": self.owner,
            "organisation": known.appointment.organisation,
            "appointment": known.id,
            "joined_at": self.now,
            "age_band": age_band,
            "digital": digital,
            "priority": priority,
            **_columns(facts),
        }
        if self.connection.execute(insert_new(self.connection, WAITING, values)).rowcount:
            self._promise_end(known.id, facts.starts_at)
        entry = self._entry_of(known.id)
        return self.now if entry is None else entry.joined_at

    def leave(self, appointment_id: str) -> None:
        """Wait no longer; what was offered is withdrawn. Raises NotFound("not-waiting")."""
        entry = self._entry_of(appointment_id)
        if entry is None:
            raise NotFound("not-waiting")
        self._end(self._open(OFFERS.c.appointment == appointment_id), OfferState.WITHDRAWN)
        self.connection.execute(sa.delete(WAITING).where(WAITING.c.id == entry.id))

    def forget_begun(self, appointment_id: str) -> None:
        """Let nobody wait for something earlier than what has begun."""
        begun = sa.and_(WAITING.c.appointment == appointment_id, WAITING.c.starts_at <= self.now)
        self.connection.execute(sa.delete(WAITING).where(begun))

    def _promise_end(self, appointment_id: str, starts_at: datetime) -> None:
        key = f"{appointment_id} {starts_at.isoformat()}"
        self.promise(END_WAIT, starts_at, {"appointment": appointment_id}, key)

    def _entry_of(self, appointment_id: str) -> Row[Any] | None:
        mine = sa.and_(WAITING.c.owner == self.owner, WAITING.c.appointment == plausible(appointment_id))
        return self.connection.execute(sa.select(WAITING).where(mine).with_for_update()).one_or_none()

    def _facts_to_wait_with(self, appointment: Appointment) -> Facts | None:
        if appointment.status not in TO_COME or appointment.span.starts_at <= self.now:
            return None
        return facts_of(appointment.meeting, appointment.span.starts_at)

    # Matching

    def offer_freed(self, slot: Slot, round_id: str | None = None) -> None:
        """Promise to offer a slot that came free, or to go on with that; nothing where nobody can be waiting for it."""
        awaited = sa.select(WAITING.c.id).where(
            WAITING.c.organisation == slot.organisation,
            WAITING.c.visit_type == slot.meeting.visit_type,
            WAITING.c.starts_at > slot.span.starts_at,
        )
        if slot.free and self.connection.execute(awaited.limit(1)).first() is not None:
            self.promise_match(slot.id, round_id or str(uuid.uuid4()), self.now)

    def offer_awaited(self, which: sa.ColumnElement[bool]) -> None:
        """Promise to offer each of some slots of one organisation that is free and that somebody may be waiting for."""
        columns = (SLOTS.c.id, SLOTS.c.organisation, SLOTS.c.search_type, SLOTS.c.starts_at)
        free = sa.select(*columns).where(which, IN_INDEX, NOT_HELD, SLOTS.c.starts_at > self.now)
        rows = self.connection.execute(free, self._holder).all()
        for awaited in {(row.organisation, row.search_type) for row in rows}:
            latest = self._latest_awaited(*awaited)
            for row in rows:
                if (row.organisation, row.search_type) == awaited and latest is not None and row.starts_at < latest:
                    self.promise_match(row.id, str(uuid.uuid4()), self.now)

    def _latest_awaited(self, organisation: str, visit_type: str) -> datetime | None:
        """Before when a free time must be, to be earlier than what anybody has who waits; None where nobody does."""
        waiting = sa.and_(WAITING.c.organisation == organisation, WAITING.c.visit_type == visit_type)
        statement = sa.select(sa.func.max(WAITING.c.starts_at)).where(waiting)
        latest: datetime | None = self.connection.execute(statement).scalar()
        return latest

    def withdraw_offers(self, which: sa.ColumnElement[bool]) -> None:
        """End open offers of slots that are not as they were, without going on to the next."""
        self._end(self._open(which), OfferState.WITHDRAWN, go_on=False)

    def promise_match(self, slot_id: str, round_id: str, due_at: datetime) -> None:
        """Look at a slot at that moment, once for each reason to."""
        self.promise(MATCH, due_at, {"slot": slot_id, "round": round_id}, str(uuid.uuid4()))

    def slot_in_turn(self, slot_id: str) -> Slot:
        """The slot of that id, which nobody else takes or offers until this ends. Raises NotFound("slot-not-found")."""
        self.connection.execute(sa.select(SLOTS.c.id).where(SLOTS.c.id == slot_id).with_for_update())
        return self.slot(slot_id)

    def expire(self, slot_id: str) -> bool:
        """End the offers of a slot that nobody has answered in time (R27); whether none is open any longer."""
        still = self._open(OFFERS.c.slot == slot_id)
        over = [row for row in still if row.expires_at <= self.now]
        self._end(over, OfferState.EXPIRED, go_on=False)
        return len(over) == len(still)

    def candidates(self, slot: Slot, match: Collection[str], round_id: str, after: Entry | None = None) -> list[Entry]:
        """Up to MOST_RANKED who wait for such a time and were not offered it in this round, in order, after one."""
        freed = facts_of(slot.meeting, slot.span.starts_at)
        asked = sa.select(OFFERS.c.id).where(OFFERS.c.round == round_id, OFFERS.c.entry == WAITING.c.id)
        place = sa.tuple_(WAITING.c.joined_at, WAITING.c.id)
        waiting = (
            sa.select(WAITING)
            .where(
                WAITING.c.organisation == slot.organisation,
                *(WAITING.c[KEYS[key]] == getattr(freed, KEYS[key]) for key in sorted(match)),
                WAITING.c.starts_at > freed.starts_at,
                *([] if after is None else [place > sa.tuple_(sa.literal(after.joined_at, UtcDateTime), after.id)]),
                ~asked.exists(),
            )
            .order_by(WAITING.c.joined_at, WAITING.c.id)
            .limit(MOST_RANKED)
        )
        return [_entry(row) for row in self.connection.execute(waiting)]

    def offer(self, slot: Slot, entries: Iterable[Entry], round_id: str, life: timedelta) -> list[str]:
        """Offer a slot to those of some people who still wait, in their order; returns the offers' ids."""
        wanted = list(entries)
        these = sa.select(WAITING).where(WAITING.c.id.in_([one.id for one in wanted])).order_by(WAITING.c.id)
        still = {row.id: _entry(row) for row in self.connection.execute(these.with_for_update())}
        freed = facts_of(slot.meeting, slot.span.starts_at)
        made = [one for one in wanted if one.id in still and fits(still[one.id].facts, freed, ())]
        ids = [self._offer(slot, one, round_id, self.now + life) for one in made]
        if ids:
            self.promise_match(slot.id, round_id, self.now + life)
        return ids

    def _offer(self, slot: Slot, entry: Entry, round_id: str, expires_at: datetime) -> str:
        offer_id = str(uuid.uuid4())
        values = {
            "id": offer_id,
            "owner": entry.owner,
            "organisation": entry.organisation,
            "slot": slot.id,
            "appointment": entry.appointment,
            "entry": entry.id,
            "round": round_id,
            "state": OfferState.OPEN,
            "offered_at": self.now,
            "expires_at": expires_at,
            "age_band": entry.age_band,
            "digital": entry.digital,
        }
        self.connection.execute(sa.insert(OFFERS).values(**values))
        told = schemas.OfferMade().dump(OfferMade(offer_id))
        self.announce(Event.of("offer_made", subject=entry.owner, data=told))
        return offer_id

    # Answering

    def own_offer(self, offer_id: str) -> Row[Any]:
        """An offer of this transaction's citizen. Raises NotFound("offer-not-found")."""
        mine = sa.select(OFFERS).where(OFFERS.c.id == plausible(offer_id), OFFERS.c.owner == self.owner)
        row = self.connection.execute(mine).one_or_none()
        if row is None:
            raise NotFound("offer-not-found")
        return row

    # Staff

    def appointment_with(self, organisation: str, name: str) -> Row[Any]:
        """
        The citizen's appointment with an organisation, by its id or by what the record system calls it.

        Raises NotFound("appointment-not-found").
        """
        named = sa.or_(APPOINTMENTS.c.id == name, APPOINTMENTS.c.record_key == name)
        with_them = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.organisation == organisation, named)
        found = self.connection.execute(sa.select(APPOINTMENTS.c.id).where(with_them).limit(1)).scalar()
        return self.appointment_row(found or "")

    def undigital_offers(self, organisation: str) -> Sequence[Row[Any]]:
        """An organisation's open offers to those who are not digital, the first to expire first."""
        theirs = sa.and_(OFFERS.c.organisation == organisation, OPEN, OFFERS.c.digital.is_(False))
        still = sa.select(OFFERS).where(theirs, OFFERS.c.expires_at > self.now)
        return self.connection.execute(still.order_by(OFFERS.c.expires_at, OFFERS.c.id).limit(MOST_LISTED)).all()

    def offer_of(self, organisation: str, offer_id: str) -> Row[Any]:
        """An offer of an organisation. Raises NotFound("offer-not-found")."""
        theirs = sa.select(OFFERS).where(OFFERS.c.id == offer_id, OFFERS.c.organisation == organisation)
        row = self.connection.execute(theirs).one_or_none()
        if row is None:
            raise NotFound("offer-not-found")
        return row

    def outcomes(self, organisation: str) -> Sequence[Row[Any]]:
        """State, age band, digital, and how many of an organisation's offers stand so."""
        by = (OFFERS.c.state, OFFERS.c.age_band, OFFERS.c.digital)
        counted = sa.select(*by, sa.func.count()).where(OFFERS.c.organisation == organisation)
        return self.connection.execute(counted.group_by(*by).order_by(*by)).all()

    def answer(self, offer: Row[Any], state: OfferState) -> bool:
        """End an offer as answered, if it is still open now: of all answers at once, one (R28)."""
        open_now = sa.and_(OFFERS.c.id == offer.id, OFFERS.c.owner == self.owner, OPEN, OFFERS.c.expires_at > self.now)
        answered = sa.update(OFFERS).where(open_now).values(state=state, ended_at=self.now)
        if not self.connection.execute(answered).rowcount:
            return False
        self._tell_end(offer, state)
        if state is OfferState.DECLINED:
            self._go_on([offer])
        return True

    def lock_offers(self, slot_id: str, appointment_id: str) -> None:
        """Take the turn of all offers that accepting one of them may end."""
        self._entry_of(appointment_id)
        self._open(sa.or_(OFFERS.c.slot == slot_id, OFFERS.c.appointment == appointment_id))

    def _open(self, which: sa.ColumnElement[bool]) -> Sequence[Row[Any]]:
        return self.connection.execute(
            sa.select(OFFERS).where(OPEN, which).order_by(OFFERS.c.id).with_for_update()
        ).all()

    def _end(self, offers: Sequence[Row[Any]], state: OfferState, *, go_on: bool = True) -> None:
        if not offers:
            return
        these = sa.and_(OFFERS.c.id.in_([row.id for row in offers]), OPEN)
        self.connection.execute(sa.update(OFFERS).where(these).values(state=state, ended_at=self.now))
        for row in offers:
            self._tell_end(row, state)
        if go_on:
            self._go_on(offers)

    def _tell_end(self, offer: Row[Any], state: OfferState) -> None:
        told = schemas.OfferEnded().dump(OfferEnded(offer.id, state.value))
        self.announce(Event.of("offer_ended", subject=offer.owner, data=told, sequence=2))

    def _go_on(self, offers: Sequence[Row[Any]]) -> None:
        """Offer each slot to the next, if nobody holds an offer for it any longer."""
        for slot_id, round_id in sorted({(row.slot, row.round) for row in offers}):
            left = sa.select(OFFERS.c.id).where(OPEN, OFFERS.c.slot == slot_id).limit(1)
            if self.connection.execute(left).first() is None:
                self.offer_freed(self.slot(slot_id), round_id)


def facts_of(meeting: Meeting, starts_at: datetime) -> Facts:
    """What a meeting has in common with another or not."""
    place = fingerprint(meeting.place) if meeting.place else ""
    return Facts(meeting.visit_type, meeting.unit, meeting.clinician, place, starts_at)


def slot_of(row: Row[Any]) -> Slot:
    """The slot of a row of OWN_OFFERS; whether it is free is not asked."""
    names = (row.slot_clinician, row.slot_clinician_name)
    meeting = Meeting(row.slot_visit_type, row.slot_kind, row.slot_unit, row.slot_place, *names)
    span = Span(row.slot_starts_at, row.slot_ends_at)
    return Slot(row.slot_id, row.organisation, meeting, span, free=False)


def _columns(facts: Facts) -> Mapping[str, Any]:
    return {name: getattr(facts, name) for name in Facts.__slots__}


def _facts(row: Row[Any]) -> Facts:
    return Facts(row.visit_type, row.unit, row.clinician, row.place, row.starts_at)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        owner=row.owner,
        organisation=row.organisation,
        appointment=row.appointment,
        facts=_facts(row),
        joined_at=row.joined_at,
        age_band=row.age_band,
        digital=row.digital,
        priority=row.priority,
    )
