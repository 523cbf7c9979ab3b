"""How one answer is made of several, and the floors that no organisation passes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from helsami_sdk.answers import (
    BookingDecision,
    DeliveryPlan,
    DeliveryStep,
    Reachable,
    Recipients,
    Release,
    Restriction,
    ResultClass,
    Route,
    Stop,
    Tier,
)
from helsami_sdk.answers.delivery import LATEST_LAST_STEP_DAYS
from helsami_sdk.questions import (
    CHANNELS,
    DUTY_INBOX,
    BookingQuestion,
    DeliveryQuestion,
    MessageQuestion,
    RankingQuestion,
    RecipientsQuestion,
    ResultQuestion,
    SharingQuestion,
)
from helsami_sdk.questions.delivery import PORTAL, POST

A = TypeVar("A")

_STRICTNESS = MappingProxyType({kind: place for order in (Tier, Release) for place, kind in enumerate(order)})


def nearest(_question: object, answers: Sequence[A], regional: A) -> A:
    """The nearest organisation's answer, the region's if there is none."""
    return answers[0] if answers else regional


def booking(
    question: BookingQuestion, answers: Sequence[BookingDecision], regional: BookingDecision
) -> BookingDecision:
    """The most restrictive way with the earliest deadline; after it only the phone is left."""
    if not answers:
        return regional
    strictest = max(answers, key=lambda answer: _STRICTNESS[answer.tier])
    deadline = _earliest(answers)
    if strictest.tier is not Tier.PHONE and deadline is not None and deadline <= question.asked_at:
        return BookingDecision.phone("too-late")
    return strictest if strictest.deadline == deadline else replace(strictest, deadline=deadline)


def _earliest(answers: Sequence[BookingDecision]) -> datetime | None:
    return min((answer.deadline for answer in answers if answer.deadline is not None), default=None)


def ranking(
    question: RankingQuestion, answers: Sequence[tuple[str, ...]], regional: tuple[str, ...]
) -> tuple[str, ...]:
    """The nearest order; nobody falls off the list by being left out of it."""
    named = nearest(question, answers, regional)
    left_out = question.ids.difference(named)
    return (*named, *(one for one in question.by_time_joined if one in left_out))


def recipients(
    question: RecipientsQuestion, answers: Sequence[Recipients], regional: Recipients
) -> Recipients:
    """Whom every answer names, on the strictest terms; user support can always be written to."""
    if not answers:
        return regional
    terms = [{one.id: one for one in answer.reachable} for answer in answers]
    always = {one.id: one for one in regional.reachable}
    reachable = []
    for recipient in question.recipients:
        said = [those[recipient.id] for those in terms if recipient.id in those]
        if len(said) == len(terms) or recipient.id in always:
            reachable.append(_strictest(said or [always[recipient.id]]))
    return Recipients.of(*reachable)


def _strictest(terms: Sequence[Reachable]) -> Reachable:
    return Reachable(
        terms[0].id,
        may_reply=all(one.may_reply for one in terms),
        answer_days=max(one.answer_days for one in terms),
    )


def route(question: MessageQuestion, answers: Sequence[Route], regional: Route) -> Route:
    """The nearest way, with the duty inbox on it (K25)."""
    way = nearest(question, answers, regional)
    return way if DUTY_INBOX in way.inboxes else Route.by(*way.stops, Stop(inbox=DUTY_INBOX))


def result(_question: ResultQuestion, answers: Sequence[ResultClass], regional: ResultClass) -> ResultClass:
    """The most closed class with the longest review; what the law blocks stays blocked."""
    if not answers or regional.release is Release.BLOCKED:
        return regional
    strictest = max(answers, key=lambda answer: (_STRICTNESS[answer.release], answer.review_days or 0))
    return replace(strictest, provisional=False)


def sharing(_question: SharingQuestion, answers: Sequence[Restriction], regional: Restriction) -> Restriction:
    """Withheld if anyone says so; a regional default can be set aside by its name."""
    for answer in answers:
        if answer.withheld:
            return answer
    lifted = regional.withheld and any(answer.despite == regional.reason for answer in answers)
    return Restriction.show() if lifted else regional


def delivery(question: DeliveryQuestion, answers: Sequence[DeliveryPlan], regional: DeliveryPlan) -> DeliveryPlan:
    """The nearest plan, with the channels that it may not leave out: digital ones first, the post last."""
    plan = nearest(question, answers, regional)
    floor = CHANNELS if question.decision else frozenset({PORTAL})
    missing = (floor & question.reach) - plan.channels
    first, *rest = plan.steps
    first = replace(first, channels=first.channels | (missing - {POST}))
    return _then_by_post(DeliveryPlan.of(first, *rest)) if POST in missing else DeliveryPlan.of(first, *rest)


def _then_by_post(plan: DeliveryPlan) -> DeliveryPlan:
    *before, last = plan.steps
    days = min(last.opened_within_days, LATEST_LAST_STEP_DAYS - plan.last_step_after_days)
    if days < 1:
        return DeliveryPlan.of(*before, replace(last, channels=last.channels | {POST}))
    return DeliveryPlan.of(*before, replace(last, opened_within_days=days), DeliveryStep(frozenset({POST})))
