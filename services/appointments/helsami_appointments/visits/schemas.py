"""What is asked about visits, answered and told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from marshmallow import Schema, fields, validate
from sqlalchemy.engine import Row

from helsami_appointments.schemas import OneAppointment
from helsami_appointments.visits import domain
from helsami_kernel.clock import written
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2200, 1, 1)
"""Between them a day has a midnight before and one after it in every zone that a database is asked in."""


class CheckIn(OneAppointment):
    """A citizen confirms that we can reach them as their contact details say, and names the forms they answered."""

    contact_confirmed = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        validate=validate.OneOf((True,)),
        metadata={"expected": "true: the contact details are right"},
    )
    forms = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"expected": "the ids of the forms that are answered"},
    )


class MarkTask(OneAppointment):
    """Whether a task is done."""

    task = fields.String(required=True, metadata={"expected": "the id of a task"})
    done = fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"expected": "true or false"})


class Day(Schema):
    """Whom an organisation expects on a day by the calendar in Oslo, today where none is named."""

    date = fields.Date(
        load_default=None,
        allow_none=True,
        validate=validate.Range(EARLIEST, LATEST),
        metadata={"expected": "a day, such as 2026-11-24"},
    )
    unit = fields.String(load_default="", validate=validate.Length(max=60))
    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class Step(Schema):
    """How something that is done before a visit, or on arriving for it, stands."""

    state = fields.String()
    opens_at = fields.String(allow_none=True)
    closes_at = fields.String(allow_none=True)
    done_at = fields.String(allow_none=True)


class CheckInShown(Step):
    """Check-in: how it stands, and which forms are asked for."""

    forms = fields.List(fields.String())


class Task(Schema):
    """Something to do before a visit."""

    id = fields.String()
    description = fields.String()
    due = fields.String(allow_none=True)
    done = fields.Boolean()
    done_at = fields.String(allow_none=True)


class Visit(Schema):
    """An appointment of an organisation's day, as its staff see it: the record system's name for it, and no person."""

    id = fields.String()
    record_key = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    starts_at = fields.String()
    ends_at = fields.String()
    status = fields.String()
    check_in = fields.Nested(CheckInShown)
    arrival = fields.Nested(Step)


class Visits(Schema):
    """A page of an organisation's day, the earliest first."""

    appointments = fields.List(fields.Nested(Visit))
    next = fields.String(allow_none=True)


class ReminderDue(Schema):
    """The event `reminder_due`."""

    appointment = fields.String(required=True)


class CheckInOpened(ReminderDue):
    """The event `check_in_opened`."""


def step_shown(step: domain.Step, state: domain.State) -> dict[str, Any]:
    """Give check-in or arrival as it is read."""
    named = {"opens_at": step.opens_at, "closes_at": step.closes_at, "done_at": step.done_at}
    return {"state": state.value, **{name: None if at is None else written(at) for name, at in named.items()}}


def task_shown(row: Row[Any]) -> dict[str, Any]:
    """Give a task as its citizen reads it."""
    done_at = None if row.done_at is None else written(row.done_at)
    return {"id": row.id, "description": row.description, "due": row.due, "done": bool(row.done), "done_at": done_at}


def tasks_shown(rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """Give tasks as their citizen reads them."""
    return [task_shown(row) for row in rows]
