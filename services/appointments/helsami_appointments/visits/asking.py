"""What an organisation asks for before a visit and on arriving, and how that stands for one reader (R36, R37)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from helsami_appointments.domain import Appointment, Known
from helsami_appointments.offers import NOT_DELEGATED, TO_ACT
from helsami_appointments.visits.domain import Step, Visited, arrival_of, check_in_of
from helsami_appointments.visits.schemas import step_shown
from helsami_kernel.access import AccessToken
from helsami_kernel.delegation import Delegation
from helsami_sdk.answers import CheckIn
from helsami_sdk.decisions import Decided
from helsami_sdk.hooks import CHOOSE_CHECK_IN
from helsami_sdk.questions import CheckInQuestion
from helsami_sdk.rules import Rules

BY_THEMSELVES: Final = ("self", "16+")
"""Whom organisations are asked about where nobody has logged in, such as when check-in opens."""

Json = dict[str, Any]


def asked_of(
    rules: Mapping[str, Rules], appointment: Appointment, now: datetime, access: AccessToken | None = None
) -> Decided[CheckIn]:
    """
    What is asked for, of this reader or of citizens themselves where there is none.

    There is no service of forms yet: the kinds of form that can be asked for are those that the organisation's policies
    name. Whoever may do nothing here on the citizen's behalf is asked for nothing (R93).
    """
    actor, age_band = BY_THEMSELVES if access is None else (access.basis, access.age_band or "16+")
    if access is not None and not (limit := Delegation(rules, access)).holds(appointment.organisation, TO_ACT):
        decision = limit.decided(appointment.organisation).decision
        return Decided(CheckIn.off(NOT_DELEGATED), decision)
    organisation = rules[appointment.organisation]
    question = CheckInQuestion(
        visit_type=appointment.meeting.visit_type,
        starts_at=appointment.span.starts_at,
        asked_at=now,
        forms=organisation.forms,
        unit=appointment.meeting.unit,
        setting=appointment.setting,
        actor=actor,
        age_band=age_band,
    )
    return organisation.decided(CHOOSE_CHECK_IN, question)


def check_in_shown(asked: CheckIn, known: Known, visited: Visited, now: datetime) -> Json:
    """How check-in stands, and the forms that belong to it."""
    step = check_in_of(asked, known.appointment.span, visited)
    return {**_shown(step, known, now), "forms": list(asked.forms)}


def arrival_shown(asked: CheckIn, known: Known, visited: Visited, now: datetime) -> Json:
    """How the button stands by which one says that one is here."""
    return _shown(arrival_of(asked, known.appointment.span, visited), known, now)


def _shown(step: Step, known: Known, now: datetime) -> Json:
    return step_shown(step, step.state(known.appointment.status, now))
