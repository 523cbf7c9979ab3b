"""What citizens do themselves with appointments, what they ask for, and what they phone about."""

from collections.abc import Iterator
from dataclasses import replace

from helsami_sdk.answers import BookingDecision, Tier
from helsami_sdk.questions import BookingQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import NOW, Corpus, Meeting
from helsami_sdk.rehearsal.wording import WHO, ahead, many, plain, reader, verb
from helsami_sdk.rules import Rules

_ACTIONS = ("book", "change", "cancel", "video", "join-waitlist")
_TO = {
    "book": "to book",
    "change": "to change",
    "cancel": "to cancel",
    "video": "to hold by video",
    "join-waitlist": "to join the waitlist",
}
_SHORT = {Tier.DIRECT: "direct", Tier.REQUEST: "request-only", Tier.PHONE: "phone-only"}
_USUAL = frozenset({"", "by-phone-only", "by-request-only", "too-late"})


class Booking:
    """Appointments that are easier or harder to book, change, cancel, hold by video or wait for."""

    title = "How appointments are booked and changed"
    together = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Every appointment to come, for each who might act and everything that they might do."""
        for meeting in corpus.appointments:
            for action in _ACTIONS:
                for actor in meeting.citizen.readers:
                    yield _case(meeting, action, actor)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """Directly, by request or by phone, until when, and why not more easily."""
        decision = rules.decide_booking(case.question)
        return Outcome(_SHORT[decision.tier], _words(case.question, decision))

    def others(self, case: Case) -> Iterator[tuple[str, BookingQuestion]]:
        """The same appointment, were it somebody else's."""
        yield from ((reader(*who), replace(case.question, actor=who[0], age_band=who[1])) for who in WHO)

    def sentence(self, change: Change) -> str:
        """Say what becomes of how many appointments."""
        appointments = many(change.count, "appointment")
        limits = "".join(f" {words}" for words in (change.how, change.who and f"for {change.who}") if words)
        if change.before.short == change.after.short:
            has = verb(change.count, "has", "have")
            return f"{appointments} {has} another deadline or reason{limits}, still {change.after.short}."
        becomes = verb(change.count, "becomes", "become")
        return f"{appointments} {becomes} {change.after.short}{limits} instead of {change.before.short}."


def _case(meeting: Meeting, action: str, actor: str) -> Case:
    citizen = meeting.citizen
    question = BookingQuestion(action, meeting.visit_type, meeting.at, NOW, meeting.unit, actor, citizen.age_band)
    example = f"{plain(meeting.visit_type)} of {citizen.name} ({citizen.age}), {ahead(meeting.at - NOW)} from now"
    return Case(question, "appointment", f"{meeting.id}", plain(meeting.visit_type), _TO[action], example)


def _words(question: BookingQuestion, decision: BookingDecision) -> str:
    told = [_SHORT[decision.tier]]
    if decision.deadline is not None and decision.tier is not Tier.PHONE:
        told.append(f"until {ahead(question.starts_at - decision.deadline)} before")
    if decision.reason not in _USUAL:
        told.append(f"({plain(decision.reason)})")
    return " ".join(told)
