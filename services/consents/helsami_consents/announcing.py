"""What consents tells others, as the events that travel: opaque ids and how a thing stands, and nothing of why."""

from __future__ import annotations

from helsami_consents.capacity import schemas as capacity
from helsami_consents.capacity.domain import (
    CapacityDecided,
    CapacityLapsed,
    CapacityReviewDue,
    RepresentativeApproved,
    RepresentativeRemoved,
)
from helsami_consents.children import schemas as children
from helsami_consents.children.domain import RepresentationEnded
from helsami_consents.grants import schemas as grants
from helsami_consents.grants.domain import (
    GrantAccepted,
    GrantChanged,
    GrantEnded,
    GrantExpiring,
    GrantOffered,
    GrantTold,
)
from helsami_kernel import Event


def event_of(happened: object, subject: str, sequence: int) -> Event:
    """What has happened, told to one citizen. Raises TypeError for what is not told."""
    if isinstance(happened, GrantTold):
        return _of_grant(happened, subject, sequence)
    match happened:
        case RepresentationEnded():
            told = children.RepresentationEnded().dump(happened)
            event = Event.of("representation_ended", subject, told, sequence)
        case CapacityDecided():
            event = Event.of("capacity_decided", subject, capacity.CapacityDecided().dump(happened), sequence)
        case CapacityReviewDue():
            event = Event.of("capacity_review_due", subject, capacity.CapacityReviewDue().dump(happened), sequence)
        case CapacityLapsed():
            event = Event.of("capacity_lapsed", subject, capacity.CapacityLapsed().dump(happened), sequence)
        case RepresentativeApproved():
            told = capacity.RepresentativeTold().dump(happened)
            event = Event.of("representative_approved", subject, told, sequence)
        case RepresentativeRemoved():
            told = capacity.RepresentativeTold().dump(happened)
            event = Event.of("representative_removed", subject, told, sequence)
        case _:
            raise TypeError(type(happened).__name__)
    return event


def _of_grant(happened: GrantTold, subject: str, sequence: int) -> Event:
    told = grants.GrantTold().dump(happened)
    match happened:
        case GrantOffered():
            event = Event.of("grant_offered", subject, told, sequence)
        case GrantAccepted():
            event = Event.of("grant_accepted", subject, told, sequence)
        case GrantChanged():
            event = Event.of("grant_changed", subject, told, sequence)
        case GrantEnded():
            event = Event.of("grant_ended", subject, told, sequence)
        case GrantExpiring():
            event = Event.of("grant_expiring", subject, told, sequence)
        case _:
            raise TypeError(type(happened).__name__)
    return event
