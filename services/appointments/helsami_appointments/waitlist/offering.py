"""Offers of times that came free: made, answered and ended, each once, and what is asked about all of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.booked import plausible
from helsami_appointments.domain import Meeting, Slot
from helsami_appointments.models import APPOINTMENTS, OFFERS, SLOTS, WAITING
from helsami_appointments.slots.search import IN_INDEX, NOT_HELD
from helsami_appointments.waitlist import metrics, retention, schemas
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
from helsami_kernel.database import UtcDateTime, fingerprint
from helsami_kernel.errors import NotFound
from helsami_kernel.pages import Cursor

MATCH: Final = "match_slot"
LOOK_AGAIN: Final = "look_again"
MOST_LOOKED_AT: Final = 200
MOST_RANKED: Final = 1000
"""So many people who wait for the same time are read, and ranked, at once."""

MOST_LISTED: Final = 100
OPEN: Final = OFFERS.c.state == OfferState.OPEN


class Writes(retention.Writes):
    """One transaction, in which offers are made and end."""

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

    def promise_to_look_again(self, organisations: Collection[str], version: int) -> None:
        """Look at the free times of organisations for which somebody waits, once for a version of all their states."""
        waited_for = sa.select(WAITING.c.organisation).where(WAITING.c.organisation.in_(sorted(organisations)))
        for organisation in sorted(self.connection.execute(waited_for.distinct()).scalars()):
            all_of_it = {"organisation": organisation, "cursor": None}
            self.promise(LOOK_AGAIN, self.now, all_of_it, f"{organisation} {version}")

    def look_again(self, organisation: str, cursor: str | None, promised: str) -> None:
        """
        Promise to match the free times of an organisation that somebody waits for, the soonest first.

        MOST_LOOKED_AT at once; what follows is looked at next, under the id of the promise that this keeps. A time that
        was offered before goes on with its last round, so that nobody is asked again who has been.
        """
        found = self.connection.execute(_awaited(organisation, Cursor.read(cursor, Cursor(self.now, "")))).all()
        for slot in found:
            self.promise_match(slot.id, slot.round or str(uuid.uuid4()), self.now)
        if len(found) == MOST_LOOKED_AT:
            following = {"organisation": organisation, "cursor": str(Cursor(found[-1].starts_at, found[-1].id))}
            self.promise(LOOK_AGAIN, self.now, following, promised)

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
            self.promise_to_forget(self.now)
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
        told = schemas.OfferMade().dump(OfferMade(offer_id, entry.appointment))
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

    def alone_with(self, slot_id: str) -> bool:
        """
        Be the one who accepts an offer of this slot; if somebody else is, wait until they are done, and say so.

        Whoever waits queues for nothing: all go on at once when it is decided, and mostly find that they are too late.
        """
        if self.connection.dialect.name != "postgresql":
            return True
        turn = sa.func.hashtextextended(f"offers of {slot_id}", 0)
        if self.connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(turn))).scalar():
            return True
        with self.connection.begin_nested() as until_decided:
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(turn)))
            until_decided.rollback()  # which gives the shared lock back
        return False

    def lock_offers(self, slot_id: str, appointment_id: str) -> None:
        """Take the turn of all offers that accepting one of them may end."""
        self._entry_of(appointment_id)
        self._open(sa.or_(OFFERS.c.slot == slot_id, OFFERS.c.appointment == appointment_id))

    def _entry_of(self, appointment_id: str) -> Row[Any] | None:
        mine = sa.and_(WAITING.c.owner == self.owner, WAITING.c.appointment == plausible(appointment_id))
        return self.connection.execute(sa.select(WAITING).where(mine).with_for_update()).one_or_none()

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
        self.count(metrics.OFFERS_ENDED.labels(state.value, offer.age_band, "yes" if offer.digital else "no"))
        told = schemas.OfferEnded().dump(OfferEnded(offer.id, state.value, offer.appointment))
        self.announce(Event.of("offer_ended", subject=offer.owner, data=told, sequence=2))

    def _go_on(self, offers: Sequence[Row[Any]]) -> None:
        """Offer each slot to the next, if nobody holds an offer for it any longer."""
        for slot_id, round_id in sorted({(row.slot, row.round) for row in offers}):
            left = sa.select(OFFERS.c.id).where(OPEN, OFFERS.c.slot == slot_id).limit(1)
            if self.connection.execute(left).first() is None:
                self.offer_freed(self.slot(slot_id), round_id)


def _awaited(organisation: str, after: Cursor) -> sa.Select[Any]:
    """Free times beyond a place in time that somebody waits for and nobody is offered, with the last round of each."""
    waits = sa.select(WAITING.c.id).where(
        WAITING.c.organisation == organisation,
        WAITING.c.visit_type == SLOTS.c.search_type,
        WAITING.c.starts_at > SLOTS.c.starts_at,
    )
    of_slot = sa.select(OFFERS.c.round).where(OFFERS.c.slot == SLOTS.c.id)
    last = of_slot.order_by(OFFERS.c.offered_at.desc()).limit(1).scalar_subquery()
    place = sa.tuple_(sa.literal(after.at, UtcDateTime), sa.literal(after.id))
    return (
        sa.select(SLOTS.c.id, SLOTS.c.starts_at, last.label("round"))
        .where(SLOTS.c.organisation == organisation, IN_INDEX, sa.tuple_(SLOTS.c.starts_at, SLOTS.c.id) > place)
        .where(waits.exists(), ~of_slot.where(OPEN).exists())
        .order_by(SLOTS.c.starts_at, SLOTS.c.id)
        .limit(MOST_LOOKED_AT)
    )


def facts_of(meeting: Meeting, starts_at: datetime) -> Facts:
    """What a meeting has in common with another or not."""
    place = fingerprint(meeting.place) if meeting.place else ""
    return Facts(meeting.visit_type, meeting.unit, meeting.clinician, place, starts_at)


def facts_in(row: Row[Any]) -> Facts:
    """What somebody of a row of `waiting` waits with."""
    return Facts(row.visit_type, row.unit, row.clinician, row.place, row.starts_at)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        owner=row.owner,
        organisation=row.organisation,
        appointment=row.appointment,
        facts=facts_in(row),
        joined_at=row.joined_at,
        age_band=row.age_band,
        digital=row.digital,
        priority=row.priority,
    )
