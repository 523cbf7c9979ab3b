"""Which room an appointment is held in, and the link through its door."""

from __future__ import annotations

from datetime import datetime

from helsami_appointments.domain import Known
from helsami_appointments.video.domain import Kept, Link, Room, Standing, State, Window
from helsami_appointments.video.providers import Conferences, Provider
from helsami_kernel.errors import FieldProblem, Refused
from helsami_sdk.rules import Rules

NOT_SET_UP = "video-not-set-up"


class Doors:
    """The doors of one organisation's rooms, for one reader at one moment; `reader` is an opaque name."""

    def __init__(self, conferences: Conferences, rules: Rules, reader: str, now: datetime, *, moderator: bool) -> None:
        self._rooms = conferences.rooms
        self._rules = rules
        self._provider = conferences.of(rules.manifest.id)
        self._reader = reader
        self._now = now
        self._moderator = moderator

    def of_appointment(self, known: Known, kept: Kept) -> tuple[Standing, Link | None]:
        """
        How an appointment's door stands, and the way in while it is open.

        Raises Refused: `video-not-set-up`, or `video-link-unreadable` where a record system's link cannot be unsealed.
        """
        appointment = known.appointment
        standing = Standing.of(appointment, self._now)
        if standing.state is not State.OPEN or standing.window is None:
            return standing, None
        holds = kept.holds_for(appointment)
        if holds and kept.room is not None:
            return standing, self._link(self._rooms.of_room(kept.room), standing.window)
        if holds and kept.link:
            return standing, self._delivered(known, kept, standing.window)
        return standing, self._link(self._rooms.of_appointment(known.id, appointment.span.starts_at), standing.window)

    def of_room(self, room: Room) -> tuple[Standing, Link | None]:
        """How the door of an organisation's own room stands, and the way in. Raises Refused("video-not-set-up")."""
        standing = room.standing(self._now)
        if standing.state is not State.OPEN or standing.window is None:
            return standing, None
        return standing, self._link(self._rooms.of_room(room.id), standing.window)

    def _link(self, room: str, window: Window) -> Link:
        provider = provided(self._provider, self._rules)
        guest = self._rooms.guest(room, self._reader)
        return provider.link(room, guest, window, self._now, moderator=self._moderator)

    def _delivered(self, known: Known, kept: Kept, window: Window) -> Link:
        link = self._rooms.unseal(kept.link, known.id)
        if link is None:
            raise phone_instead("video-link-unreadable", self._rules, known.appointment.meeting.unit)
        return Link(link, window.link_ends(self._now))


def provided(provider: Provider | None, rules: Rules, unit: str = "") -> Provider:
    """Whoever holds an organisation's consultations by video. Raises Refused("video-not-set-up") for nobody."""
    if provider is None:
        raise phone_instead(NOT_SET_UP, rules, unit)
    return provider


def phone_instead(code: str, rules: Rules, unit: str) -> Refused:
    """The refusal of what there is the phone for."""
    return Refused(code, FieldProblem("way", "phone"), FieldProblem("phone", rules.manifest.phone_of(unit)))
