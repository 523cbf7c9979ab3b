"""Who is told what when an application to act for somebody comes to stand otherwise: both whom it is between."""

from __future__ import annotations

from helsami_consents.announcing import event_of
from helsami_consents.capacity.domain import (
    BY_REGISTER,
    Application,
    CapacityDecided,
    CapacityLapsed,
    RepresentativeApproved,
    RepresentativeRemoved,
    State,
)
from helsami_consents.capacity.storage import Writes
from helsami_consents.children.domain import RepresentationEnded


def tell(tx: Writes, application: Application) -> None:
    """
    Tell how an application stands now, once it has come to stand so.

    Whoever has done it knows: the applicant who withdraws, the subject who revokes. The subject is told of what
    somebody may do for them, and of nothing that was never granted.
    """
    its, applicant, subject = application.id, application.applicant, application.subject
    happened: list[tuple[object, str]] = []
    by_register = application.state is State.ENDED and application.reason == BY_REGISTER
    if application.state is State.REVOKED or by_register:
        happened.append((RepresentationEnded(its), applicant))
    elif application.state in {State.GRANTED, State.DECLINED, State.ENDED}:
        happened.append((CapacityDecided(its, application.state), applicant))
    elif application.state is State.LAPSED:
        happened.append((CapacityLapsed(its), applicant))
    if application.state is State.GRANTED:
        happened.append((RepresentativeApproved(its), subject))
    elif application.state in {State.ENDED, State.WITHDRAWN} and application.was_granted:
        happened.append((RepresentativeRemoved(its), subject))
    for what, whom in happened:
        tx.announce(event_of(what, whom, application.version))
