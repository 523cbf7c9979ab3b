"""What consents tells others, as the events that travel: opaque ids and how a thing stands, and nothing of why."""

from __future__ import annotations

from helsami_consents.capacity import schemas as capacity
from helsami_consents.capacity.domain import CapacityDecided, CapacityReviewDue
from helsami_consents.children import schemas as children
from helsami_consents.children.domain import RepresentationEnded
from helsami_consents.grants import schemas as grants
from helsami_consents.grants.domain import GrantAccepted, GrantChanged, GrantEnded, GrantExpiring, GrantOffered
from helsami_kernel import Event


def event_of(happened: object, subject: str, sequence: int) -> Event:
    """What has happened, told to one citizen. Raises TypeError for what is not told."""
    match happened:
        case GrantOffered():
            event = Event.of("grant_offered", subject, grants.GrantTold().dump(happened), sequence)
        case GrantAccepted():
            event = Event.of("grant_accepted", subject, grants.GrantTold().dump(happened), sequence)
        case GrantChanged():
            event = Event.of("grant_changed", subject, grants.GrantTold().dump(happened), sequence)
        case GrantEnded():
            event = Event.of("grant_ended", subject, grants.GrantTold().dump(happened), sequence)
        case GrantExpiring():
            event = Event.of("grant_expiring", subject, grants.GrantTold().dump(happened), sequence)
        case RepresentationEnded():
            told = children.RepresentationEnded().dump(happened)
            event = Event.of("representation_ended", subject, told, sequence)
        case CapacityDecided():
            event = Event.of("capacity_decided", subject, capacity.CapacityDecided().dump(happened), sequence)
        case CapacityReviewDue():
            event = Event.of("capacity_review_due", subject, capacity.CapacityReviewDue().dump(happened), sequence)
        case _:
            raise TypeError(type(happened).__name__)
    return event
