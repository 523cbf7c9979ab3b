"""Who waits for an earlier time, who is offered one that came free, and how an offer ends (R23-R28, K15-K17)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final


class OfferState(StrEnum):
    """How an offer stands; every state but OPEN is the last one."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    TOO_LATE = "too_late"
    """Somebody else took the time; whoever held the offer keeps what they have, and waits on (K15)."""

    WITHDRAWN = "withdrawn"
    """What was offered, or the appointment it would have replaced, is not as it was (K17)."""


ENDED: Final = frozenset(OfferState) - {OfferState.OPEN}


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What an appointment and a free time have in common or not, as codes and keys; `place` is a digest.

    None of it is read by anybody but the matching.
    """

    visit_type: str
    unit: str
    clinician: str
    place: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """
    Somebody who waits, by opaque ids: for something earlier than the appointment that it would replace.

    `priority` is the organisation's own code. Whoever is not `digital` is offered a time through staff.
    """

    id: str
    owner: str
    organisation: str
    appointment: str
    facts: Facts
    joined_at: datetime
    age_band: str
    digital: bool = True
    priority: str = ""


@dataclass(frozen=True, slots=True)
class OfferMade:
    """Somebody who waits has been offered a time: the ids of the offer and of what it would replace, not when."""

    offer: str
    appointment: str


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """An offer of something earlier than an appointment has ended, in one of ENDED."""

    offer: str
    state: str
    appointment: str


KEYS: Final = {"visit-type": "visit_type", "unit": "unit", "clinician": "clinician", "place": "place"}
"""The match keys of an organisation's terms, as fields of Facts."""


def fits(entry: Facts, freed: Facts, match: Collection[str]) -> bool:
    """
    Whether a freed time is one that somebody waits for: earlier, and alike in all of the match keys.

    Strictly earlier is also what ends a chain of acceptances (K16): each moves an appointment back in time, and what it
    frees is never offered to whoever has come from there.
    """
    alike = all(getattr(entry, KEYS[key]) == getattr(freed, KEYS[key]) for key in match)
    return alike and freed.starts_at < entry.starts_at


def in_time(starts_at: datetime, now: datetime, least_lead_time: timedelta) -> bool:
    """Whether a time is far enough away to be offered; in real hours, whatever the clocks do meanwhile."""
    return starts_at.timestamp() - now.timestamp() >= least_lead_time.total_seconds()


def quiet_ends(since: time, until: time, now: datetime, zone: tzinfo) -> datetime | None:
    """
    When the quiet hours of a zone's wall clock end that `now` is in; None outside of them.

    They are from `since` to `until`, past midnight if that is earlier. On the night when the clocks go back they last
    until the later of two like times, and begin at the earlier; when they go forward nobody is disturbed either.
    """
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        begins = min(_moments(datetime.combine(day, since), zone))
        over = datetime.combine(day if since < until else day + timedelta(days=1), until)
        ends = max(_moments(over, zone))
        if begins <= now < ends:
            return ends
    return None


def stands(state: OfferState, expires_at: datetime, now: datetime) -> OfferState:
    """How an offer stands at this moment, whether or not somebody has written down already that it has expired."""
    return OfferState.EXPIRED if state is OfferState.OPEN and expires_at <= now else state


def ended_as(state: OfferState) -> str:
    """The code by which an answer to an offer that has ended is refused."""
    return f"offer-{state.replace('_', '-')}"


def _moments(wall: datetime, zone: tzinfo) -> list[datetime]:
    """The moments that a wall time may be, in UTC: two where the clocks go back, or over it."""
    return [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
