"""Letting an appointment take place by video, or in person again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from helsami_appointments.booked import Writes
from helsami_appointments.changes import announce_change
from helsami_appointments.domain import Known
from helsami_appointments.video import storage
from helsami_appointments.video.domain import IN_PERSON, VIDEO, VIRTUAL
from helsami_appointments.video.doors import provided
from helsami_appointments.video.providers import Conferences
from helsami_kernel.errors import Conflict
from helsami_sdk.organisations import Organisations

ALREADY: Final = {VIDEO: "already-by-video", IN_PERSON: "already-in-person"}
WAYS: Final = frozenset(ALREADY)


def is_so(known: Known, way: str) -> bool:
    """Whether an appointment is held in one of WAYS already."""
    return (known.appointment.setting == VIRTUAL) is (way == VIDEO)


def can_be_held(known: Known, conferences: Conferences) -> bool:
    """Whether an appointment is held by video, or there is somebody to hold it."""
    return is_so(known, VIDEO) or conferences.of(known.appointment.organisation) is not None


def check_can_be(known: Known, way: str, conferences: Conferences, rules: Organisations) -> None:
    """
    Refuse what cannot be held in one of WAYS, whoever asks.

    Raises Conflict `already-by-video` or `already-in-person`, and Refused("video-not-set-up").
    """
    if is_so(known, way):
        raise Conflict(ALREADY[way])
    if way == VIDEO:
        organisation = known.appointment.organisation
        provided(conferences.of(organisation), rules[organisation], known.appointment.meeting.unit)


def switch(tx: Writes, known: Known, way: str, room: str | None = None) -> dict[str, Any]:
    """
    Let an appointment be held in one of WAYS, and tell; returns what its citizen reads.

    It takes its turn with what record systems send: either knows of the other. The caller lets `Changes.followed` know:
    rules may ask something else before a visit than before a call. Raises Conflict("appointment-changed").
    """
    whole: Any = tx
    tx.take_turns(known.appointment.organisation)
    held = storage.hold_by_video(tx, known, room) if way == VIDEO else storage.hold_in_person(tx, known)
    shown, sequence = held
    whole.expected.append((known.id, replace(known.appointment, setting=shown["setting"] or "")))
    announce_change(tx, known, sequence)
    return shown
