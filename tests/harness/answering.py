"""Rules that do what they should, and all that organisations answer: what one does is to disturb no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from helsami_sdk import BookingQuestion, ResultQuestion, SharingQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.organisations import Organisations
from helsami_sdk.rules import Rules

RULES: Final = """
from helsami_sdk import BookingDecision, Restriction, ResultClass, hookimpl

@hookimpl
def decide_booking(question):
    return BookingDecision.direct()

@hookimpl
def restrict_slots(question):
    return question.ids

@hookimpl
def classify_result(question):
    return ResultClass.auto()

@hookimpl
def restrict_sharing(question):
    return Restriction.show()
"""
OTHERS: Final = ("trondheim", "oya_legesenter", "st_olavs")
NOW: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
IN_A_WEEK: Final = NOW + timedelta(days=7)
SLOTS: Final = SlotsQuestion(tuple(SlotChoice(f"s{n}", IN_A_WEEK, "consultation") for n in range(3)), NOW)
AT_HOME: Final = ("home-care-visit", "care-group-meeting")
VISIT_TYPES: Final = ("vaccination", "consultation", "blood-test", "follow-up", *AT_HOME, "x")
CODES: Final = ("57698-3", "2857-1", "51969-4", "72106-8")


def everything_they_answer(organisations: Organisations) -> bytes:
    """All answers of the other organisations to a spread of questions, as bytes."""
    return repr([list(answers_of(organisations[name])) for name in OTHERS]).encode()


def answers_of(rules: Rules) -> Iterator[object]:
    """All answers of one organisation to a spread of questions."""
    yield from (rules.state, rules.manifest, rules.history_starts("visits"), sorted(rules.restrict_slots(SLOTS)))
    for visit_type in VISIT_TYPES:
        for action in ("book", "cancel"):
            yield rules.decide_booking(BookingQuestion(action, visit_type, IN_A_WEEK, NOW))
        for kind in ("visit", "note", "appointment"):
            yield rules.restrict_sharing(SharingQuestion(kind, "home", visit_type))
    for code in CODES:
        for setting in ("outpatient", "inpatient", "nursing-home"):
            yield rules.classify_result(ResultQuestion(code, category="laboratory", setting=setting))
