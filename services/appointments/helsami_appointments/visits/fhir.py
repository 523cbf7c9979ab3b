"""Reading what a citizen is to do before an appointment (FHIR R4 Task, as the journal normalises it)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from helsami_appointments.visits.domain import Task
from helsami_kernel import fhir
from helsami_kernel.journal import Entry, Unreadable, Unsupported

LONGEST_DESCRIPTION: Final = 1000
GIVEN_UP: Final = frozenset({"cancelled", "entered-in-error", "failed", "rejected"})
NOT_YET: Final = "draft"
COMPLETED: Final = "completed"


def task(entry: Entry, appointment_called: Callable[[str], str | None]) -> Task | None:
    """
    Read a Task about an appointment that has come; None when nobody is to do it any more (R41).

    `appointment_called` gives our id of the appointment that its record system calls so. Raises Unreadable where it
    leads to none or says nothing, and Unsupported for a draft, which is not for citizens yet.
    """
    resource = entry.resource
    if resource.get("status") in GIVEN_UP:
        return None
    access_limit = fhir.access_limit(resource)
    if resource.get("status") == NOT_YET:
        raise Unsupported("status", "Task.status")
    description = fhir.text(resource.get("description")).strip() or fhir.name(resource.get("code"))
    if not description:
        raise Unreadable("nameless", "Task.description")
    if len(description) > LONGEST_DESCRIPTION:
        raise Unreadable("too-long", "Task.description")
    return Task(
        key=entry.key,
        appointment=_appointment(entry, appointment_called),
        description=description,
        due=fhir.moment_shown(resource, "restriction.period.end"),
        done=resource.get("status") == COMPLETED,
        access_limit=access_limit,
    )


def _appointment(entry: Entry, appointment_called: Callable[[str], str | None]) -> str:
    named = fhir.key(entry.resource.get("focus"), "Appointment")
    if not named:
        raise Unreadable("appointment-missing", "Task.focus")
    found = appointment_called(named)
    if found is None:
        raise Unreadable("appointment-not-found", "Task.focus")
    return found
