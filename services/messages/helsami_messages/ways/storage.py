"""Where messages lie, in the database: each moves on, or is opened, in one statement that only one can win."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel.database import UtcDateTime
from helsami_kernel.errors import NotFound
from helsami_kernel.pages import Cursor
from helsami_messages.models import LYING
from helsami_messages.recipients import storage as recipients
from helsami_messages.ways.domain import DUTY, EMPLOYEE, INBOX, OPENED, STOPS, UNOPENED, Lying, Stops
from helsami_sdk.answers import Stop

MOVE_ON: Final = "move_on"
LONGEST_ID: Final = 36
NOBODYS: Final = sa.bindparam("owner", type_=sa.String).is_(None)  # no citizen's row is read by such a question
IN_A_PLACE: Final = (
    sa.select(LYING)
    .where(
        LYING.c.organisation == sa.bindparam("organisation", type_=sa.String),
        LYING.c.inbox == sa.bindparam("inbox", type_=sa.String),
        LYING.c.employee == sa.bindparam("employee", type_=sa.String),
        LYING.c.answered_at.is_(None),
        LYING.c.opened_at.is_(None) == sa.bindparam("unopened", type_=sa.Boolean),
        sa.tuple_(LYING.c.arrived_at, LYING.c.message)
        > sa.tuple_(sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)),
        NOBODYS,
    )
    .order_by(LYING.c.arrived_at, LYING.c.message)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
IN_AN_INBOX: Final = (
    sa.select(LYING.c.message)
    .where(
        LYING.c.organisation == sa.bindparam("organisation", type_=sa.String),
        LYING.c.inbox == sa.bindparam("inbox", type_=sa.String),
        LYING.c.employee == "",
        LYING.c.answered_at.is_(None),
        NOBODYS,
    )
    .limit(1)
)
WHERE: Final = sa.case((LYING.c.employee != "", EMPLOYEE), (LYING.c.inbox == DUTY, DUTY), else_=INBOX)
OVERDUE: Final = (
    sa.select(WHERE.label("place"), sa.func.count().label("unopened"))
    .where(LYING.c.opened_at.is_(None), LYING.c.due_at <= sa.bindparam("now", type_=UtcDateTime), NOBODYS)
    .group_by(WHERE)
)
STATE: Final = sa.case((LYING.c.opened_at.is_(None), UNOPENED), else_=OPENED)
WAITING: Final = (
    sa.select(STATE.label("state"), sa.func.count().label("waiting"))
    .where(LYING.c.answered_at.is_(None), LYING.c.written_at < sa.bindparam("before", type_=UtcDateTime), NOBODYS)
    .group_by(STATE)
)


class Reads(recipients.Reads):
    """What is read of where messages lie; for nobody."""

    def lying_at(
        self, organisation: str, stop: dict[str, str], start: Cursor, limit: int, *, unopened: bool
    ) -> list[Lying]:
        """What lies at a stop of an organisation, unanswered, the first to arrive first."""
        place = {"organisation": organisation, **stop, "unopened": unopened}
        rows = self.fetch(IN_A_PLACE, **place, from_at=start.at, from_id=start.id, limit=limit)
        return [_lying(row) for row in rows]

    def is_used(self, organisation: str, inbox: str) -> bool:
        """Whether something unanswered lies in an inbox, also if the organisation has it no longer."""
        return bool(self.fetch(IN_AN_INBOX, organisation=organisation, inbox=inbox))

    def unanswered_since(self, before: datetime) -> dict[str, int]:
        """How many messages that were written before then are unanswered, by UNOPENED and OPENED."""
        counted = {row.state: row.waiting for row in self.fetch(WAITING, before=before)}
        return {state: counted.get(state, 0) for state in (UNOPENED, OPENED)}

    def overdue(self, now: datetime) -> dict[str, int]:
        """How many messages nobody has opened within their hours, by what they lie at: one of STOPS."""
        counted = {row.place: row.unopened for row in self.fetch(OVERDUE, now=now)}
        return {place: counted.get(place, 0) for place in STOPS}


class Writes(recipients.Writes):
    """One transaction, in which a message may be laid somewhere, moved on, opened and answered."""

    def lay(self, lying: Lying) -> None:
        """Lay a new message at its first stop, with the promise that moves it on."""
        self.connection.execute(sa.insert(LYING).values(_values(lying)))
        self._promise(lying)

    def move(self, lying: Lying, moved: Lying) -> None:
        """
        Let a message lie elsewhere, where its clock begins anew.

        What was promised before is void by its hop. It is not discharged: the clock holds its promise as it comes for
        the message, and whoever then held the message and wanted the promise would wait for the clock for ever.
        """
        self.connection.execute(sa.update(LYING).where(LYING.c.message == lying.message).values(_values(moved)))
        self._promise(moved)

    def hold(self, thread: str) -> None:
        """Let nobody else move, open or answer what lies of a thread before this transaction is over."""
        these = sa.select(LYING.c.message).where(LYING.c.owner == self.owner, LYING.c.thread == thread)
        self.connection.execute(these.order_by(LYING.c.message).with_for_update())

    def open(self, thread: str) -> None:
        """Somebody reads a thread: nothing of it moves on any more."""
        self._mark(thread, LYING.c.opened_at.is_(None), opened_at=self.now)

    def mark_answered(self, thread: str) -> None:
        """What has been opened of a thread is answered; what nobody has opened still lies where it lies."""
        self._mark(thread, LYING.c.opened_at.is_not(None), LYING.c.answered_at.is_(None), answered_at=self.now)

    def _mark(self, thread: str, *which: sa.ColumnElement[bool], **becomes: datetime) -> None:
        """Change what lies of a thread that this transaction holds."""
        these = sa.and_(LYING.c.owner == self.owner, LYING.c.thread == thread, *which)
        self.connection.execute(sa.update(LYING).where(these).values(**becomes))

    def lying_of(self, organisation: str, message: str) -> Lying:
        """
        Where a message to this organisation lies, held for this transaction alone.

        Raises NotFound("message-not-found"), also for another organisation's.
        """
        row = self._held(LYING.c.message == plausible(message), LYING.c.organisation == organisation)
        if row is None:
            raise NotFound("message-not-found")
        return _lying(row)

    def still_lying(self, message: str, hop: int) -> Lying | None:
        """Where a message lies that has moved on so often and that nobody has opened, held as `lying_of`; else None."""
        row = self._held(LYING.c.message == message, LYING.c.hop == hop, LYING.c.opened_at.is_(None))
        return None if row is None else _lying(row)

    def _held(self, *which: sa.ColumnElement[bool]) -> Row[Any] | None:
        return self.connection.execute(sa.select(LYING).where(*which).with_for_update()).one_or_none()

    def _promise(self, lying: Lying) -> None:
        self.promise(MOVE_ON, lying.due_at, {"message": lying.message, "hop": lying.hop}, _key(lying))


def plausible(named: str) -> str:
    """What somebody names as an id, as a database can be asked for it; what cannot be one is nothing."""
    return named if len(named) <= LONGEST_ID and named.isascii() and named.isprintable() else ""


def _key(lying: Lying) -> str:
    return f"{lying.message} {lying.hop}"


def _values(lying: Lying) -> dict[str, Any]:
    """The row of a message that lies somewhere."""
    same = {column.name: getattr(lying, column.name) for column in LYING.c if column.name in Lying.__slots__}
    here = {"inbox": lying.stop.inbox, "employee": lying.stop.employee, "hours": lying.stop.unopened_hours}
    return {**same, **here, "ahead": orjson.dumps([asdict(stop) for stop in lying.ahead]).decode()}


def _lying(row: Row[Any]) -> Lying:
    ahead: Stops = tuple(Stop(**stop) for stop in orjson.loads(row.ahead))
    same = {name: getattr(row, name) for name in Lying.__slots__ if name not in {"stop", "ahead"}}
    return Lying(**same, stop=Stop(row.inbox, row.employee, row.hours), ahead=ahead)
