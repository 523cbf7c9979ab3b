"""How video is stored: with its citizen's appointment, and as an organisation's rooms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.booked import Reads, Writes
from helsami_appointments.domain import Appointment, Known, Span
from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.receiving.domain import is_outdated
from helsami_appointments.video.domain import VIRTUAL, Kept, Room
from helsami_appointments.video.models import ROOMS, VIDEOS
from helsami_appointments.video.providers import Conferences
from helsami_kernel.database import fingerprint, insert_new
from helsami_kernel.errors import Conflict, NotFound

NAMESPACE: Final = uuid.UUID("a3d6c0b4-7e0e-4f2e-9d55-3c6a0d9f1b62")
STORED: Final = "stored"
UNCHANGED: Final = "unchanged"
STANDS: Final = sa.and_(ROOMS.c.id == VIDEOS.c.room, ROOMS.c.ended_at.is_(None))
ONE: Final = (
    sa.select(
        VIDEOS.c.otherwise,
        VIDEOS.c.decided,
        ROOMS.c.id.label("room"),  # one that has ended is none
        VIDEOS.c.link,
        VIDEOS.c.starts_at,
    )
    .join_from(VIDEOS, ROOMS, STANDS, isouter=True)
    .where(
        VIDEOS.c.owner == sa.bindparam("owner"),
        VIDEOS.c.appointment == sa.bindparam("appointment", type_=sa.String),
    )
)


def kept(reads: Reads, appointment: str) -> Kept:
    """What is kept of the video of an appointment of the reader's."""
    return _kept(reads.fetch(ONE, appointment=appointment))


def kept_in(tx: Writes, appointment: str) -> Kept:
    """As `kept`, inside a transaction."""
    return _kept(tx.connection.execute(ONE, {"owner": tx.owner, "appointment": appointment}).all())


def keep(tx: Writes, appointment: str, told: Kept) -> None:
    """Store what is to be kept of an appointment's video."""
    values = asdict(told)
    new = {"appointment": appointment, "owner": tx.owner, **values}
    if not tx.connection.execute(insert_new(tx.connection, VIDEOS, new)).rowcount:
        mine = sa.and_(VIDEOS.c.owner == tx.owner, VIDEOS.c.appointment == appointment)
        tx.connection.execute(sa.update(VIDEOS).where(mine).values(**values))


def forget_withdrawn(tx: Writes) -> None:
    """Keep nothing of appointments that the citizen no longer has."""
    still = sa.select(APPOINTMENTS.c.id).where(APPOINTMENTS.c.owner == tx.owner)
    gone = sa.and_(VIDEOS.c.owner == tx.owner, VIDEOS.c.appointment.not_in(still))
    tx.connection.execute(sa.delete(VIDEOS).where(gone))


def hold(tx: Writes, known: Known, setting: str) -> tuple[dict[str, Any], int]:
    """
    Let an appointment take place in a setting; returns what its citizen reads, and the sequence.

    Its claim on the time stays what it was. Raises Conflict("appointment-changed") when it has changed since it was
    read.
    """
    as_read = sa.and_(
        APPOINTMENTS.c.owner == tx.owner,
        APPOINTMENTS.c.id == known.id,
        APPOINTMENTS.c.sequence == known.sequence,
        APPOINTMENTS.c.digest == known.digest,
    )
    shown = {**orjson.loads(tx.appointment_row(known.id).body), "setting": setting or None}
    values = {
        "setting": setting,
        "body": orjson.dumps(shown).decode(),
        "sequence": known.sequence + 1,
        "digest": fingerprint([known.digest, setting]),
    }
    if not tx.connection.execute(sa.update(APPOINTMENTS).where(as_read).values(values)).rowcount:
        raise Conflict("appointment-changed")
    return shown, known.sequence + 1


def hold_by_video(tx: Writes, known: Known, room: str | None = None) -> tuple[dict[str, Any], int]:
    """Let an appointment take place by video, in a room of its own or one that it shares; as `hold`."""
    before = kept_in(tx, known.id)
    otherwise = before.otherwise if known.appointment.setting == VIRTUAL else known.appointment.setting
    keep(tx, known.id, Kept(otherwise, decided=True, room=room, starts_at=known.appointment.span.starts_at))
    return hold(tx, known, VIRTUAL)


def hold_in_person(tx: Writes, known: Known) -> tuple[dict[str, Any], int]:
    """Let an appointment take place as it would have without video; as `hold`."""
    before = kept_in(tx, known.id)
    keep(tx, known.id, Kept(before.otherwise, decided=True))
    return hold(tx, known, before.otherwise)


def share(tx: Writes, known: Known, room: str) -> None:
    """Let an appointment that is held by video already be held in a room that it shares; in its turn, as a switch."""
    tx.take_turns(known.appointment.organisation)
    before = kept_in(tx, known.id)
    keep(tx, known.id, replace(before, decided=True, room=room, starts_at=known.appointment.span.starts_at))


def keep_delivered(
    tx: Writes, conferences: Conferences, record_key: str, appointment: Appointment, outcome: str
) -> str:
    """
    Keep the link with which a record system has sent an appointment, sealed; `outcome` is what became of the rest.

    What was decided here, and its record system has said nothing new about, stays.
    """
    named = sa.and_(
        APPOINTMENTS.c.owner == tx.owner,
        APPOINTMENTS.c.organisation == appointment.organisation,
        APPOINTMENTS.c.record_key == record_key,
    )
    found = tx.connection.execute(sa.select(APPOINTMENTS.c.id, APPOINTMENTS.c.told_at).where(named)).one_or_none()
    if found is None or is_outdated(appointment.told_at, found.told_at):
        return outcome  # a later word has come first, and may have taken it back
    appointment_id = str(found.id)
    before = kept_in(tx, appointment_id)
    decided = before.decided and (outcome == UNCHANGED or not appointment.setting)
    if decided or (before == Kept() and not appointment.link):
        return outcome
    rooms, holds = conferences.rooms, before.holds_for(appointment)
    link = (rooms.unseal(before.link, appointment_id) or "") if before.link and holds else ""
    if outcome == UNCHANGED and link == appointment.link:
        return outcome
    sealed = rooms.seal(appointment.link, appointment_id) if appointment.link else ""
    room = before.room if holds else None
    keep(tx, appointment_id, Kept(room=room, link=sealed, starts_at=appointment.span.starts_at))
    return STORED


def open_room(tx: Writes, room: Room, asked: Mapping[str, Any]) -> Room:
    """
    Store a room, or find the one that was made under its id by the same command.

    Raises Conflict("idempotency-key-reused") when it was another command.
    """
    digest = fingerprint(asked)
    values = {
        "id": room.id,
        "organisation": room.organisation,
        "kind": room.kind,
        "starts_at": room.span.starts_at,
        "ends_at": room.span.ends_at,
        "asked": digest,
    }
    if tx.connection.execute(insert_new(tx.connection, ROOMS, values)).rowcount:
        return room
    found = tx.connection.execute(sa.select(ROOMS).where(ROOMS.c.id == room.id)).one()
    if found.asked != digest:
        raise Conflict("idempotency-key-reused")
    return _room(found)


def room(tx: Writes, organisation: str, room_id: str) -> Room:
    """A room of an organisation. Raises NotFound("room-not-found"), also for another's."""
    theirs = sa.and_(ROOMS.c.id == room_id, ROOMS.c.organisation == organisation)
    found = tx.connection.execute(sa.select(ROOMS).where(theirs)).one_or_none()
    if found is None:
        raise NotFound("room-not-found")
    return _room(found)


def end_room(tx: Writes, room_id: str) -> None:
    """Let nobody meet in a room any longer."""
    still = sa.and_(ROOMS.c.id == room_id, ROOMS.c.ended_at.is_(None))
    tx.connection.execute(sa.update(ROOMS).where(still).values(ended_at=tx.now))


def new_room_id(organisation: str, key: str | None) -> str:
    """The id of a new room: the same for the same idempotency key of an organisation."""
    return str(uuid.uuid4() if key is None else uuid.uuid5(NAMESPACE, f"{organisation}|{key}"))


def _kept(rows: Any) -> Kept:
    for row in rows:
        return Kept(row.otherwise, row.decided, row.room, row.link, row.starts_at)
    return Kept()


def _room(row: Row[Any]) -> Room:
    return Room(row.id, row.organisation, row.kind, Span(row.starts_at, row.ends_at), row.ended_at is not None)
