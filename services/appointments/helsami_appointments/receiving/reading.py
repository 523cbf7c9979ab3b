"""Reading what a record system sends with what is known already: its organisation's units, slots and appointments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from helsami_appointments import fhir
from helsami_appointments.domain import Appointment, Opening, Schedule
from helsami_appointments.receiving.storage import Writes
from helsami_kernel.journal import Entry, Unreadable
from helsami_sdk.manifest import Manifest

OVERLAP: Final = "slot-overlaps"

Json = dict[str, Any]


def read_schedule(manifest: Manifest, entry: Entry) -> Schedule:
    """
    Read a schedule of one of its organisation's units. Raises Unreadable.

    Citizens search by unit and rules are asked about it: slots of one that nobody knows would be found by nobody, and
    decided on by nobody.
    """
    schedule = fhir.schedule(entry, manifest.id)
    if _is_unknown(schedule.meeting.unit, manifest):
        raise Unreadable("unknown-unit", "Schedule.actor", "a Location of one of: " + ", ".join(sorted(manifest.units)))
    return schedule


def read_slot(tx: Writes, organisation: str, entry: Entry) -> Opening:
    """
    Read a slot, once its schedule is known: without it nobody knows whose time it is. Raises Unreadable.

    One that is free overlaps no other of its schedule: nobody can be seen twice at a time. One that is over is kept as
    any other, since a record system may send a whole day, or send it again; it is offered to nobody.
    """
    opening = fhir.opening(entry)
    if not tx.has_schedule(organisation, opening.schedule):
        expected = "a Schedule of this organisation that was delivered before, or earlier in the bundle"
        raise Unreadable("schedule-not-found", "Slot.schedule", expected)
    if opening.free and tx.overlapping_slot(organisation, opening) is not None:
        raise Unreadable(OVERLAP, "Slot.start", "a time at which the schedule has no other slot")
    return opening


def read_appointment(tx: Writes, manifest: Manifest, entry: Entry) -> Appointment | None:
    """
    Read a citizen's appointment, with the slot it names; None to take it back. Raises Unreadable, Unsupported.

    A unit that its organisation does not have is left out, and the appointment kept: its citizen has to know of it.
    """
    if tx.owner is None:
        raise Unreadable("no-citizen", "Appointment.participant", "exactly one actor that is a patient")
    known = tx.span_of(manifest.id, entry.key) if entry.resource.get("start") is None else None
    told = fhir.appointment(entry, manifest.id, tx.named_slot(manifest.id, fhir.slot_key(entry)), known)
    if told is None or not _is_unknown(told.meeting.unit, manifest):
        return told
    return replace(told, meeting=replace(told.meeting, unit=""))


def again_where_overlapping(outcomes: list[Json], take: Callable[[int], Json]) -> list[Json]:
    """
    Take once more what overlapped a slot that came later in the same delivery, the last first.

    A row of slots that is moved as a whole overlaps itself until its last one has moved.
    """
    for place in reversed(range(len(outcomes))):
        if outcomes[place].get("code") == OVERLAP:
            outcomes[place] = take(place)
    return outcomes


def _is_unknown(unit: str, manifest: Manifest) -> bool:
    return bool(unit) and bool(manifest.units) and unit not in manifest.units
