"""How visits are stored, and how they follow whatever becomes of an appointment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.booked import plausible
from helsami_appointments.domain import Appointment, Known, Opening, Schedule
from helsami_appointments.visits.domain import LEAD, Task, Visited, is_expected, reminder_at
from helsami_appointments.visits.models import EXPECTED_VISITS, TASKS, VISITS
from helsami_appointments.waitlist import storage as waitlist
from helsami_kernel.clock import written
from helsami_kernel.database import UtcDateTime, insert_new
from helsami_kernel.errors import NotFound
from helsami_kernel.items import item_id
from helsami_kernel.journal import STORED, UNCHANGED, Entry
from helsami_kernel.pages import Cursor

REMIND: Final = "remind"
OPEN_CHECK_IN: Final = "open_check_in"
TASK: Final = "Task"
MOST_TASKS: Final = 100
VISIT: Final = sa.select(VISITS.c.checked_in_at, VISITS.c.arrived_at).where(
    VISITS.c.owner == sa.bindparam("owner"),
    VISITS.c.appointment == sa.bindparam("appointment", type_=sa.String),
    VISITS.c.starts_at == sa.bindparam("starts_at", type_=UtcDateTime),
)
TASKS_OF: Final = (
    sa.select(TASKS.c.id, TASKS.c.description, TASKS.c.due, TASKS.c.done, TASKS.c.done_at, TASKS.c.access_limit)
    .where(
        TASKS.c.owner == sa.bindparam("owner"), TASKS.c.appointment == sa.bindparam("appointment", type_=sa.String)
    )
    .order_by(TASKS.c.due.is_(None), TASKS.c.due, TASKS.c.id)
    .limit(MOST_TASKS)
)
DAY: Final = (
    sa.select(EXPECTED_VISITS.c.appointment, EXPECTED_VISITS.c.owner, EXPECTED_VISITS.c.starts_at)
    .where(
        EXPECTED_VISITS.c.organisation == sa.bindparam("organisation", type_=sa.String),
        sa.or_(
            sa.bindparam("unit", type_=sa.String) == "", EXPECTED_VISITS.c.unit == sa.bindparam("unit", type_=sa.String)
        ),
        sa.tuple_(EXPECTED_VISITS.c.starts_at, EXPECTED_VISITS.c.appointment)
        > sa.tuple_(sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)),
        EXPECTED_VISITS.c.starts_at < sa.bindparam("until", type_=UtcDateTime),
        sa.bindparam("owner", type_=sa.String).is_(None),  # nobody's question: no citizen's row is read
    )
    .order_by(EXPECTED_VISITS.c.starts_at, EXPECTED_VISITS.c.appointment)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


class Reads(waitlist.Reads):
    """What is read for one citizen, of visits as well, or of whom an organisation expects."""

    def visited(self, known: Known) -> Visited:
        """What the citizen has done about an appointment at the time that it has."""
        rows = self.fetch(VISIT, appointment=known.id, starts_at=known.appointment.span.starts_at)
        return next((_visited(row) for row in rows), Visited())

    def tasks_of(self, appointment_id: str) -> Sequence[Row[Any]]:
        """What is to be done before an appointment, the first to be due first."""
        return self.fetch(TASKS_OF, appointment=appointment_id)

    def day(
        self, organisation: str, unit: str, start: Cursor, until: datetime, limit: int
    ) -> list[tuple[str, str, Cursor]]:
        """Id, citizen and place of an organisation's appointments, the earliest first; read for nobody."""
        rows = self.fetch(
            DAY, organisation=organisation, unit=unit, from_at=start.at, from_id=start.id, until=until, limit=limit
        )
        return [(row.appointment, row.owner, Cursor(row.starts_at, row.appointment)) for row in rows]


class Writes(waitlist.Writes):
    """One transaction, which visits follow: who is expected is kept and reminded, and what is gone leaves nothing."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.expected: list[tuple[str, Appointment]] = []
        """The appointments to come that this transaction has kept or changed, for whoever asks rules about them."""

    # What others do to appointments

    def _follow(self, appointment_id: str, appointment: Appointment | None) -> None:
        super()._follow(appointment_id, appointment)
        if appointment is None:
            self._forget(appointment_id)
            return
        self._list(appointment_id, appointment)
        if is_expected(appointment) and appointment.span.starts_at > self.now:
            self.expected.append((appointment_id, appointment))
            if appointment.remind:
                self.promise_reminder(
                    appointment_id, appointment.span.starts_at, reminder_at(appointment_id, appointment.span.starts_at)
                )

    def promise_reminder(self, appointment_id: str, starts_at: datetime, due_at: datetime) -> None:
        """Promise to remind of an appointment, once for its time; nothing where that moment is over already."""
        if due_at > self.now:
            payload = {"appointment": appointment_id, "starts_at": written(starts_at)}
            self.promise(REMIND, due_at, payload, f"{appointment_id} {written(starts_at)} {LEAD}")

    def promise_opening(self, appointment_id: str, starts_at: datetime, due_at: datetime) -> None:
        """Promise to tell that check-in has opened, or to look again whether it has."""
        self.postpone(OPEN_CHECK_IN, {"appointment": appointment_id, "starts_at": written(starts_at)}, due_at)

    def postpone(self, kind: str, payload: Mapping[str, str], due_at: datetime) -> None:
        """Promise something about an appointment at its time for a moment, once."""
        self.promise(kind, due_at, payload, f"{payload['appointment']} {payload['starts_at']} {written(due_at)}")

    def _list(self, appointment_id: str, appointment: Appointment) -> None:
        """Keep an appointment where its organisation's staff find it by day; one that is over is not added."""
        values = {
            "organisation": appointment.organisation,
            "unit": appointment.meeting.unit,
            "starts_at": appointment.span.starts_at,
        }
        row = {"appointment": appointment_id, "owner": self.owner, **values}
        to_come = appointment.span.ends_at > self.now
        if to_come and self.connection.execute(insert_new(self.connection, EXPECTED_VISITS, row)).rowcount:
            return
        if appointment_id in self.first:
            return
        listed = EXPECTED_VISITS.c.appointment == appointment_id
        self.connection.execute(sa.update(EXPECTED_VISITS).where(listed).values(**values))

    def _forget(self, appointment_id: str) -> None:
        """Leave nothing behind of an appointment that was entered in error."""
        for table in (VISITS, TASKS, EXPECTED_VISITS):
            this = sa.and_(table.c.owner == self.owner, table.c.appointment == appointment_id)
            self.connection.execute(sa.delete(table).where(this))

    # What a citizen does

    def visited(self, known: Known) -> Visited:
        """What the citizen has done about an appointment at the time that it has."""
        this = {"owner": self.owner, "appointment": known.id, "starts_at": known.appointment.span.starts_at}
        row = self.connection.execute(VISIT, this).one_or_none()
        return Visited() if row is None else _visited(row)

    def tell_open(self, known: Known) -> bool:
        """Note that a citizen is told that check-in has opened; whether they were not told of this time before."""
        return self._mark(known, told_at=self.now)

    def check_in(self, known: Known, forms: Sequence[str]) -> None:
        """Note that a citizen has checked in."""
        self._mark(known, checked_in_at=self.now, forms=orjson.dumps(list(forms)).decode())

    def arrive(self, known: Known) -> None:
        """Note that a citizen is here."""
        self._mark(known, arrived_at=self.now)

    def _mark(self, known: Known, **what: Any) -> bool:
        """Set what is not set yet, the first name of which says whether it is."""
        key = {"appointment": known.id, "starts_at": known.appointment.span.starts_at, "owner": self.owner}
        self.connection.execute(insert_new(self.connection, VISITS, {**key, "forms": "[]"}))
        mine = (VISITS.c[name] == value for name, value in key.items())
        unset = VISITS.c[next(iter(what))].is_(None)
        return bool(self.connection.execute(sa.update(VISITS).where(*mine, unset).values(**what)).rowcount)

    def mark_task(self, known: Known, task_id: str, limits: Collection[str], *, done: bool) -> Row[Any]:
        """
        Note that a task with one of these access limits is done, or not after all; the task as it became.

        Raises NotFound("task-not-found").
        """
        this = sa.and_(
            TASKS.c.owner == self.owner,
            TASKS.c.appointment == known.id,
            TASKS.c.id == plausible(task_id),
            TASKS.c.access_limit.in_(limits),
        )
        differs = sa.and_(this, TASKS.c.done.is_not(done))
        done_at = self.now if done else None
        self.connection.execute(sa.update(TASKS).where(differs).values(done=done, done_at=done_at))
        row = self.connection.execute(sa.select(*TASKS_OF.selected_columns).where(this)).one_or_none()
        if row is None:
            raise NotFound("task-not-found")
        return row

    # What record systems tell

    def appointment_called(self, organisation: str, record_key: str) -> str | None:
        """The id of the citizen's appointment that its record system calls so, if it has come."""
        kept = self._kept_as(organisation, record_key, None)
        return None if kept is None else item_id(self._citizen, organisation, kept.key)

    def _received(
        self, organisation: str, entry: Entry, told: Schedule | Opening | Appointment | Task | None
    ) -> str:
        if isinstance(told, Task):
            return self.keep_task(organisation, told)
        if told is None and entry.type == TASK:
            return self.withdraw_task(organisation, entry.key)
        return super()._received(organisation, entry, told)

    def keep_task(self, organisation: str, task: Task) -> str:
        """
        Store a task, or find it `unchanged`.

        What the citizen has marked stays so until its record system says something else of it than it has said before.
        """
        task_id = item_id(self._citizen, organisation, f"{TASK}|{task.key}")
        values = {
            "appointment": task.appointment,
            "description": task.description,
            "due": task.due,
            "access_limit": task.access_limit,
        }
        done = {"done": task.done, "done_at": self.now if task.done else None}
        row = {
            "id": task_id,
            "owner": self.owner,
            "organisation": organisation,
            "key": task.key,
            "told_done": task.done,
            "received_at": self.now,
            **values,
            **done,
        }
        if self.connection.execute(insert_new(self.connection, TASKS, row)).rowcount:
            return STORED
        this = sa.and_(TASKS.c.owner == self.owner, TASKS.c.id == task_id)
        told = sa.update(TASKS).where(this, TASKS.c.told_done.is_not(task.done)).values(told_done=task.done, **done)
        differs = sa.or_(*(TASKS.c[name].is_distinct_from(value) for name, value in values.items()))
        changed = sa.update(TASKS).where(this, differs).values(**values)
        counts = [self.connection.execute(statement).rowcount for statement in (told, changed)]
        return STORED if any(counts) else UNCHANGED

    def withdraw_task(self, organisation: str, key: str) -> str:
        """Remove a task that nobody is to do any more; `unchanged` when it is not there."""
        this = sa.and_(TASKS.c.owner == self.owner, TASKS.c.organisation == organisation, TASKS.c.key == key)
        return STORED if self.connection.execute(sa.delete(TASKS).where(this)).rowcount else UNCHANGED


def _visited(row: Any) -> Visited:
    return Visited(row.checked_in_at, row.arrived_at)
