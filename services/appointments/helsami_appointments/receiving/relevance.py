"""
Which word of a record system its citizen is told of: what they have to act on, and nothing else.

A new appointment, one at another time, place, or with another clinician, one that is held in another way or is agreed
now, one that asks them to do something else before, and one that will not take place. Wording, length of names, kinds,
reasons, flags and tags tell nothing.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from helsami_appointments.domain import CANCELLED, TO_COME, Appointment, Meeting

HISTORY: Final = timedelta(days=7)
"""A new appointment that its record system has not touched for so long is brought here, and no news."""

PROPOSED: Final = "proposed"
ELSEWHERE: Final = frozenset({"home", "virtual"})
"""Of all settings, those in which one need not go anywhere, or is not to."""


class News(StrEnum):
    """What a citizen is told of an appointment: the event's type."""

    SCHEDULED = "appointment_scheduled"
    CHANGED = "appointment_changed"
    CANCELLED = "appointment_cancelled"


class Change(StrEnum):
    """What a citizen has to act on."""

    TIME = "time"
    PLACE = "place"
    CLINICIAN = "clinician"
    MODE = "mode"
    AGREEMENT = "agreement"
    INSTRUCTIONS = "instructions"


def news_of(before: Appointment | None, after: Appointment | None, now: datetime) -> News | None:
    """
    What the citizen is told when an appointment that was so before is so after; None where they need not hear of it.

    Before it was new it was None, and what was entered in error is None. Nothing is told of what is over, nor where the
    record system tells of it itself.
    """
    last = after or before
    if last is None or not last.tell:
        return None
    was, will_be = before if _is_to_come(before, now) else None, after if _is_to_come(after, now) else None
    if will_be is None:
        is_off = after is None or after.status == CANCELLED
        return News.CANCELLED if was is not None and is_off else _moved_to_the_past(was, after)
    if before is None:
        is_history = will_be.told_at is not None and will_be.told_at < now - HISTORY
        return None if is_history else News.SCHEDULED
    if was is None:  # it was cancelled, or over, and is to take place
        return News.CHANGED
    return News.CHANGED if changes(was, will_be) else None


def changes(before: Appointment, after: Appointment) -> frozenset[Change]:
    """What has changed between two appointments to come that a citizen has to act on."""
    different = {
        Change.TIME: (before.span, before.window) != (after.span, after.window),
        Change.PLACE: _is_another_place(before.meeting, after.meeting) and _mode(after) not in ELSEWHERE,
        Change.CLINICIAN: _is_another_clinician(before.meeting, after.meeting),
        Change.MODE: _mode(before) != _mode(after),
        Change.AGREEMENT: (before.status == PROPOSED) != (after.status == PROPOSED),
        Change.INSTRUCTIONS: _is_another(before.instructions, after.instructions),
    }
    return frozenset(change for change, is_so in different.items() if is_so)


def _is_to_come(appointment: Appointment | None, now: datetime) -> bool:
    return appointment is not None and appointment.status in TO_COME and appointment.span.starts_at > now


def _moved_to_the_past(was: Appointment | None, after: Appointment | None) -> News | None:
    """A citizen who still expects it has to hear that its time was another one."""
    still = was is not None and after is not None and after.status in TO_COME
    return News.CHANGED if still else None


def _mode(appointment: Appointment) -> str:
    """How people meet: at home, from a distance, or where the appointment says."""
    return appointment.setting if appointment.setting in ELSEWHERE else ""


def _is_another(before: str, after: str) -> bool:
    """Whether a text says something else: not where it says nothing any longer, nor in other punctuation or case."""
    return bool(after) and _words(before) != _words(after)


def _is_another_place(before: Meeting, after: Meeting) -> bool:
    if before.place and after.place:
        return _is_another(before.place, after.place)
    if before.unit and after.unit:
        return before.unit != after.unit
    return not before.place and _is_another(before.unit, after.place or after.unit)


def _is_another_clinician(before: Meeting, after: Meeting) -> bool:
    """Who it is becomes known without anything to act on."""
    if before.clinician and after.clinician:
        return before.clinician != after.clinician
    return bool(before.clinician_name) and _is_another(before.clinician_name, after.clinician_name)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
