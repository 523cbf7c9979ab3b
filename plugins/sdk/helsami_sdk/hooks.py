"""How the answers to a hook are checked and become one, and what holds when they cannot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from helsami_sdk.answers import BookingDecision, Release, Restriction, ResultClass, Tier
from helsami_sdk.questions import BookingQuestion, ResultQuestion, SharingQuestion, SlotsQuestion

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True)
class Hook(Generic[Q, A]):
    """
    One question to organisations, as the rules handle it.

    `accepts(question, answer)` says whether an answer is one; `settle(question, answers, regional)` makes one of the
    organisations' answers (nearest first, perhaps none) and the region's; `safe(reason)` is the declared safe default.
    """

    name: str
    accepts: Callable[[Q, object], bool]
    settle: Callable[[Q, Sequence[A], A], A]
    safe: Callable[[str], A]


_STRICTNESS = MappingProxyType({kind: place for order in (Tier, Release) for place, kind in enumerate(order)})


def _earliest(answers: Sequence[BookingDecision]) -> datetime | None:
    return min((answer.deadline for answer in answers if answer.deadline is not None), default=None)


def _settle_booking(
    question: BookingQuestion,
    answers: Sequence[BookingDecision],
    regional: BookingDecision,
) -> BookingDecision:
    if not answers:
        return regional
    strictest = max(answers, key=lambda answer: _STRICTNESS[answer.tier])
    deadline = _earliest(answers)
    if strictest.tier is not Tier.PHONE and deadline is not None and deadline <= question.asked_at:
        return BookingDecision.phone("too-late")
    return strictest if strictest.deadline == deadline else replace(strictest, deadline=deadline)


def _settle_slots(
    question: SlotsQuestion,
    answers: Sequence[frozenset[str]],
    regional: frozenset[str],
) -> frozenset[str]:
    return question.ids.intersection(regional, *answers)


def _settle_result(
    question: ResultQuestion,  # noqa: ARG001  the settler's shape
    answers: Sequence[ResultClass],
    regional: ResultClass,
) -> ResultClass:
    if not answers or regional.release is Release.BLOCKED:
        return regional
    strictest = max(answers, key=lambda answer: (_STRICTNESS[answer.release], answer.review_days or 0))
    return replace(strictest, provisional=False)


def _settle_sharing(
    question: SharingQuestion,  # noqa: ARG001  the settler's shape
    answers: Sequence[Restriction],
    regional: Restriction,
) -> Restriction:
    for answer in answers:
        if answer.withheld:
            return answer
    lifted = regional.withheld and any(answer.despite == regional.reason for answer in answers)
    return Restriction.show() if lifted else regional


def _exactly(kind: type) -> Callable[[object, object], bool]:
    # A subclass could answer differently each time it is looked at.
    return lambda _question, answer: type(answer) is kind


def _only_ids_of_the_question(question: SlotsQuestion, answer: object) -> bool:
    return type(answer) in {set, frozenset} and question.ids.issuperset(answer)  # type: ignore[arg-type]


DECIDE_BOOKING: Hook[BookingQuestion, BookingDecision] = Hook(
    name="decide_booking",
    accepts=_exactly(BookingDecision),
    settle=_settle_booking,
    safe=BookingDecision.phone,
)
RESTRICT_SLOTS: Hook[SlotsQuestion, frozenset[str]] = Hook(
    name="restrict_slots",
    accepts=_only_ids_of_the_question,
    settle=_settle_slots,
    safe=lambda _reason: frozenset(),
)
CLASSIFY_RESULT: Hook[ResultQuestion, ResultClass] = Hook(
    name="classify_result",
    accepts=_exactly(ResultClass),
    settle=_settle_result,
    safe=lambda _reason: ResultClass(Release.MANUAL, provisional=True),
)
RESTRICT_SHARING: Hook[SharingQuestion, Restriction] = Hook(
    name="restrict_sharing",
    accepts=_exactly(Restriction),
    settle=_settle_sharing,
    safe=Restriction.withhold,
)
HOOKS: Mapping[str, Hook[Any, Any]] = MappingProxyType(
    {hook.name: hook for hook in (DECIDE_BOOKING, RESTRICT_SLOTS, CLASSIFY_RESULT, RESTRICT_SHARING)},
)
