"""On what grounds somebody may act for another now: as parent, for who cannot consent, as guardian, or by grant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from helsami_consents.capacity.domain import Application, holds
from helsami_consents.capacity.domain import objection as to_apply
from helsami_consents.children.domain import Parenthood
from helsami_consents.children.domain import objection as to_parent
from helsami_consents.domain import CAPACITY, GRANT, PARENTAL, Ground
from helsami_consents.grants.domain import Grant, State
from helsami_consents.grants.domain import objection as to_grant
from helsami_consents.guardians.domain import appointment
from helsami_consents.guardians.domain import objection as to_guardian
from helsami_consents.guardians.domain import scopes as mandated
from helsami_consents.people import Appointed, Person
from helsami_consents.storage import Between
from helsami_kernel.access import age_band
from helsami_sdk.defaults import most_delegated


def grounds(between: Between, subject: Person | None, actor: Person | None, now: datetime) -> Iterator[Ground]:
    """On what an actor may act for a subject, each with what rules it out now, if anything does."""
    if between.parenthood is not None:
        yield _as_parent(between.parenthood, subject, actor, now)
    if between.capacity is not None:
        yield _by_capacity(between.capacity, subject, actor, now)
    if (appointed := appointment(subject, between.actor)) is not None:
        yield _as_guardian(appointed, subject, actor, now)
    if between.grant is not None:
        yield _by_grant(between.grant, subject, actor, now)


def _as_parent(parenthood: Parenthood, child: Person | None, parent: Person | None, now: datetime) -> Ground:
    """As far as the child's age lets its parents see; each organisation narrows that for what is its own."""
    against = parenthood.ended_as or to_parent(child, parent, now)
    born = None if child is None else child.birth_date
    scopes = frozenset[str]() if born is None else most_delegated(PARENTAL, age_band(born, now))
    return Ground(PARENTAL, scopes, parenthood.version, against)


def _by_capacity(application: Application, subject: Person | None, actor: Person | None, now: datetime) -> Ground:
    against = to_apply(subject, actor, now) if holds(application, now) else application.state.value
    return Ground(CAPACITY, application.scopes, application.version, against)


def _as_guardian(appointed: Appointed, ward: Person | None, guardian: Person | None, now: datetime) -> Ground:
    """As far as the register's mandate goes; its word has no versions of ours."""
    return Ground(CAPACITY, mandated(appointed.mandates), 1, to_guardian(ward, guardian, now))


def _by_grant(grant: Grant, giver: Person | None, receiver: Person | None, now: datetime) -> Ground:
    state = grant.state(now, giver, receiver)
    against = to_grant(giver, receiver, now) if state is State.ACTIVE else state.value
    return Ground(GRANT, grant.scopes, grant.version, against)
