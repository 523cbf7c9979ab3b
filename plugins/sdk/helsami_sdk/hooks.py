"""How the answers to a hook are checked and become one, and what holds when they cannot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from helsami_sdk import defaults, settling
from helsami_sdk.answers import (
    BookingDecision,
    CaseRoute,
    CheckIn,
    DeliveryPlan,
    FormWindow,
    Recipients,
    Release,
    Restriction,
    ResultClass,
    Route,
    Translation,
    WaitlistTerms,
)
from helsami_sdk.questions import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DelegationQuestion,
    DeliveryQuestion,
    FormQuestion,
    InboundQuestion,
    MessageQuestion,
    RankingQuestion,
    RecipientsQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
    WaitlistQuestion,
)

Q = TypeVar("Q")
A = TypeVar("A")
_Names = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Hook(Generic[Q, A]):
    """
    One question to organisations, as the rules handle it.

    `accepts(question, answer)` says whether an answer is one; `settle(question, answers, regional)` makes one of the
    organisations' answers (nearest first, perhaps none) and the region's; `safe(question, reason)` is the declared safe
    default. A hook is of one of two shapes: `nearest` is true where the nearest answer decides and nobody behind it is
    asked, and false where every answer counts.
    """

    name: str
    accepts: Callable[[Q, object], bool]
    settle: Callable[[Q, Sequence[A], A], A]
    safe: Callable[[Q, str], A]
    nearest: bool = False


def _exactly(kind: type, names: _Names = lambda _question, _answer: True) -> Callable[[object, object], bool]:
    """An answer of this very type (a subclass could answer differently each time) that names ids of its question."""
    return lambda question, answer: type(answer) is kind and names(question, answer)


def _some_of(ids: Callable[[Any], frozenset[str]]) -> Callable[[Any, object], bool]:
    """A set of nothing but ids of the question."""
    return lambda question, answer: type(answer) in {set, frozenset} and ids(question).issuperset(answer)  # type: ignore[arg-type]


def _ranks(question: RankingQuestion, answer: object) -> bool:
    """Ids of the question in some order, each once."""
    return type(answer) is tuple and question.ids.issuperset(answer) and len(set(answer)) == len(answer)


DECIDE_BOOKING: Hook[BookingQuestion, BookingDecision] = Hook(
    name="decide_booking",
    accepts=_exactly(BookingDecision),
    settle=settling.booking,
    safe=lambda _question, reason: BookingDecision.phone(reason),
)
RESTRICT_SLOTS: Hook[SlotsQuestion, frozenset[str]] = Hook(
    name="restrict_slots",
    accepts=_some_of(lambda question: question.ids),
    settle=lambda question, answers, regional: question.ids.intersection(regional, *answers),
    safe=lambda _question, _reason: frozenset(),
)
CHOOSE_WAITLIST_TERMS: Hook[WaitlistQuestion, WaitlistTerms] = Hook(
    name="choose_waitlist_terms",
    accepts=_exactly(WaitlistTerms),
    settle=settling.nearest,
    safe=lambda _question, reason: WaitlistTerms.off(reason),
    nearest=True,
)
RANK_WAITLIST: Hook[RankingQuestion, tuple[str, ...]] = Hook(
    name="rank_waitlist",
    accepts=_ranks,
    settle=settling.ranking,
    safe=lambda question, _reason: defaults.rank_waitlist(question),
    nearest=True,
)
CHOOSE_CHECK_IN: Hook[CheckInQuestion, CheckIn] = Hook(
    name="choose_check_in",
    accepts=_exactly(CheckIn, lambda question, answer: question.forms.issuperset(answer.forms)),
    settle=settling.nearest,
    safe=lambda _question, reason: CheckIn.off(reason),
    nearest=True,
)
LIST_RECIPIENTS: Hook[RecipientsQuestion, Recipients] = Hook(
    name="list_recipients",
    accepts=_exactly(Recipients, lambda question, answer: answer.ids <= question.ids),
    settle=settling.recipients,
    safe=lambda question, _reason: defaults.list_recipients(question),
)
ROUTE_MESSAGE: Hook[MessageQuestion, Route] = Hook(
    name="route_message",
    accepts=_exactly(
        Route,
        lambda question, answer: (
            question.inboxes.issuperset(answer.inboxes) and question.employees.issuperset(answer.employees)
        ),
    ),
    settle=settling.route,
    safe=lambda question, _reason: defaults.route_message(question),
    nearest=True,
)
ROUTE_CASE: Hook[CaseQuestion, CaseRoute] = Hook(
    name="route_case",
    accepts=_exactly(CaseRoute, lambda question, answer: answer.queue in question.queues),
    settle=settling.nearest,
    safe=lambda question, _reason: defaults.route_case(question),
    nearest=True,
)
CLASSIFY_RESULT: Hook[ResultQuestion, ResultClass] = Hook(
    name="classify_result",
    accepts=_exactly(ResultClass),
    settle=settling.result,
    safe=lambda _question, _reason: ResultClass(Release.MANUAL, provisional=True),
)
RESTRICT_SHARING: Hook[SharingQuestion, Restriction] = Hook(
    name="restrict_sharing",
    accepts=_exactly(Restriction),
    settle=settling.sharing,
    safe=lambda _question, reason: Restriction.withhold(reason),
)
LIMIT_DELEGATION: Hook[DelegationQuestion, frozenset[str]] = Hook(
    name="limit_delegation",
    accepts=_some_of(lambda question: question.scopes),
    settle=lambda question, answers, regional: question.scopes.intersection(regional, *answers),
    safe=lambda _question, _reason: frozenset(),
)
CHOOSE_FORM_WINDOW: Hook[FormQuestion, FormWindow] = Hook(
    name="choose_form_window",
    accepts=_exactly(FormWindow),
    settle=settling.nearest,
    safe=lambda question, _reason: defaults.choose_form_window(question),
    nearest=True,
)
PLAN_DELIVERY: Hook[DeliveryQuestion, DeliveryPlan] = Hook(
    name="plan_delivery",
    accepts=_exactly(DeliveryPlan, lambda question, answer: answer.channels <= question.reach),
    settle=settling.delivery,
    safe=lambda question, _reason: defaults.plan_delivery(question),
    nearest=True,
)
TRANSLATE_INBOUND: Hook[InboundQuestion, Translation] = Hook(
    name="translate_inbound",
    accepts=_exactly(
        Translation, lambda question, answer: question.ids.issuperset(one.id for one in answer.meanings)
    ),
    settle=settling.nearest,
    safe=lambda _question, reason: Translation.hold(reason),
    nearest=True,
)
HOOKS: Mapping[str, Hook[Any, Any]] = MappingProxyType(
    {
        hook.name: hook
        for hook in (
            DECIDE_BOOKING,
            RESTRICT_SLOTS,
            CHOOSE_WAITLIST_TERMS,
            RANK_WAITLIST,
            CHOOSE_CHECK_IN,
            LIST_RECIPIENTS,
            ROUTE_MESSAGE,
            ROUTE_CASE,
            CLASSIFY_RESULT,
            RESTRICT_SHARING,
            LIMIT_DELEGATION,
            CHOOSE_FORM_WINDOW,
            PLAN_DELIVERY,
            TRANSLATE_INBOUND,
        )
    },
)
