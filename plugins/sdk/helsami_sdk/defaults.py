"""What holds in the region when no organisation says otherwise: a plugin like any other, and the last to be asked."""

from helsami_sdk.answers import BookingDecision, Restriction, ResultClass
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.questions import (
    HOME_CARE_VISIT,
    HOME_MEETINGS,
    BookingQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
)

HOME_CARE_HIDDEN = "home-care-hidden"
GENETICS = frozenset({"GE", "genetics"})
_OF_A_VISIT = frozenset({"appointment", "visit", "note"})

_BY_PHONE = BookingDecision.phone()
_BLOCKED = ResultClass.blocked()
_MANUAL = ResultClass.manual()
_SHOWN = Restriction.show()
_HOME_CARE = Restriction.withhold(HOME_CARE_HIDDEN)


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision:  # noqa: ARG001  the hook's argument
    """By phone: nobody has said that it can be done here."""
    return _BY_PHONE


@hookimpl
def restrict_slots(question: SlotsQuestion) -> frozenset[str]:
    """No time that has already begun."""
    return frozenset(slot.id for slot in question.slots if slot.starts_at > question.asked_at)


@hookimpl
def classify_result(question: ResultQuestion) -> ResultClass:
    """Gene tests, and what also tells about someone else, are blocked by law (K14); the rest waits for a clinician."""
    return _BLOCKED if question.concerns_several or question.category in GENETICS else _MANUAL


@hookimpl
def restrict_sharing(question: SharingQuestion) -> Restriction:
    """Home-care visits and their notes are hidden, meetings in the home are shown (R29, R30, K11)."""
    if question.kind not in _OF_A_VISIT or question.visit_type in HOME_MEETINGS:
        return _SHOWN
    # A visit at home of a type that nobody has named is home care until someone says what else it is.
    return _HOME_CARE if question.visit_type == HOME_CARE_VISIT or question.setting == "home" else _SHOWN
