"""What a citizen can do with a time, and how: never a dead end without a reason (R21; requirements.md 2, idea 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from helsami_appointments.domain import CANCELLED, TO_COME, Appointment
from helsami_appointments.video.domain import IN_PERSON, VIDEO, VIRTUAL
from helsami_sdk.answers import BookingDecision, Tier
from helsami_sdk.manifest import Manifest

OF_APPOINTMENT: Final = ("book", "change", "cancel", "join-waitlist", "video")
OF_SLOT: Final = ("book", "join-waitlist", "video")
OFFERED: Final = "offered"
ALWAYS_BY_PHONE: Final = "always-by-phone"
FLAGS: Final[Mapping[tuple[str, Tier], str]] = {
    ("cancel", Tier.DIRECT): "cancel",
    ("cancel", Tier.REQUEST): "cancelWithComment",
    ("change", Tier.DIRECT): "canChangeAppointment",
    ("change", Tier.REQUEST): "canChangeAppointment",
    ("join-waitlist", Tier.DIRECT): "canUseShortNotice",
    ("join-waitlist", Tier.REQUEST): "canUseShortNotice",
    ("video", Tier.DIRECT): "canChangeConferenceType",
    ("video", Tier.REQUEST): "canChangeConferenceType",
    ("in-person", Tier.DIRECT): "canChangeConferenceType",
    ("in-person", Tier.REQUEST): "canChangeConferenceType",
}
"""Helsenorge's codes of what a citizen may do (CodeSystem hn-appointment-flag-code-cs); a phone call has none."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one can always phone: the number, and from when to when it is answered on working days (Europe/Oslo)."""

    phone: str
    opens: time
    closes: time

    @classmethod
    def of(cls, manifest: Manifest, unit: str) -> Desk:
        """The desk of a unit, or of the organisation where the unit is unknown."""
        return cls(manifest.phone_of(unit), manifest.hours.opens, manifest.hours.closes)


@dataclass(frozen=True, slots=True)
class Way:
    """
    One way to do something.

    `reason` is why not more easily, or that it is offered; `deadline` is until when, aware, None where there is none;
    `flag` is Helsenorge's code, empty where there is none.
    """

    way: Tier
    reason: str
    deadline: datetime | None
    desk: Desk
    flag: str


def ways(action: str, decision: BookingDecision, desk: Desk) -> tuple[Way, ...]:
    """The ways to do one of ACTIONS, the easiest first: the one that was decided, and the phone always."""
    decided = Way(
        decision.tier, decision.reason or OFFERED, decision.deadline, desk, FLAGS.get((action, decision.tier), "")
    )
    if decision.tier is Tier.PHONE:
        return (decided,)
    return decided, Way(Tier.PHONE, ALWAYS_BY_PHONE, None, desk, "")


def of_slot(decide: Callable[[str], BookingDecision], desk: Desk) -> dict[str, tuple[Way, ...]]:
    """What can be done with a free time; `decide` answers for one of OF_SLOT."""
    return {action: ways(action, decide(action), desk) for action in OF_SLOT}


def of_appointment(
    appointment: Appointment, now: datetime, decide: Callable[[str], BookingDecision], desk: Desk
) -> dict[str, tuple[Way, ...]]:
    """
    What can be done with an appointment; `decide` answers for one of OF_APPOINTMENT.

    Nobody is asked about what nobody can do: what has begun is over, and a cancelled one can only be booked anew. What
    is held by video can be held in person, by whoever could order it by video.
    """
    over = appointment.span.starts_at <= now or appointment.status not in {*TO_COME, CANCELLED}

    def decided(action: str) -> BookingDecision:
        if over:
            return BookingDecision.phone("appointment-past")
        if appointment.status == CANCELLED and action != "book":
            return BookingDecision.phone("appointment-cancelled")
        return decide(action)

    taken_back = {VIDEO: IN_PERSON} if appointment.setting == VIRTUAL else {}
    named = ((action, taken_back.get(action, action)) for action in OF_APPOINTMENT)
    return {name: ways(name, decided(action), desk) for action, name in named}
