"""Who is offered an earlier time, and what may be done before a visit."""

from collections.abc import Iterator
from datetime import timedelta

from helsami_sdk.answers import CheckIn, WaitlistTerms
from helsami_sdk.questions import CheckInQuestion, RankingQuestion, Waiting, WaitlistQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import NOW, Corpus
from helsami_sdk.rehearsal.topics.plain import Plain
from helsami_sdk.rehearsal.wording import ahead, listed, many, plain, verb

_WAITING_SINCE = (40, 3, 90, 15, 60)


def _waits(corpus: Corpus) -> Iterator[Case]:
    for meeting in corpus.appointments:
        question = WaitlistQuestion(meeting.visit_type, meeting.at, NOW, meeting.unit)
        example = f"{plain(meeting.visit_type)} of {meeting.citizen.name} ({meeting.citizen.age})"
        yield Case(question, "appointment", f"{meeting.id}", plain(meeting.visit_type), example=example)


def _terms(_case: Case, terms: WaitlistTerms) -> Outcome:
    if not terms.enabled:
        return Outcome("no waitlist", "no waitlist")
    alike = listed([plain(key) for key in sorted(terms.match)])
    quiet = f", none from {terms.quiet.since:%H:%M} to {terms.quiet.until:%H:%M}" if terms.quiet else ""
    words = (
        f"an offer to {terms.batch} at a time with the same {alike}, at least {ahead(terms.least_lead_time)} ahead, "
        f"open for {ahead(terms.offer_life)}{quiet}"
    )
    return Outcome("a waitlist", words)


def _waitlist_sentence(change: Change) -> str:
    appointments = many(change.count, "appointment")
    if change.before.short == change.after.short:
        return f"{appointments} {verb(change.count, 'has', 'have')} other terms on the waitlist."
    if change.after.short == "a waitlist":
        return f"{appointments} {verb(change.count, 'gets', 'get')} a waitlist for an earlier time."
    return f"{appointments} {verb(change.count, 'has', 'have')} a waitlist no longer."


def _queues(corpus: Corpus) -> Iterator[Case]:
    priorities = ["", *sorted(corpus.words["priority"])]
    kinds = dict.fromkeys((meeting.visit_type, meeting.unit) for meeting in corpus.appointments)
    for number, (visit_type, unit) in enumerate(kinds):
        waiting = tuple(
            Waiting(f"{place}", NOW - timedelta(days=days), NOW + timedelta(days=50 - place), priority)
            for place, (days, priority) in enumerate((d, p) for p in priorities for d in _WAITING_SINCE)
        )
        question = RankingQuestion(waiting, visit_type, NOW + timedelta(days=9), NOW, unit)
        yield Case(question, "queue", f"{number}", plain(visit_type))


def _order(case: Case, order: tuple[str, ...]) -> Outcome:
    if order == case.question.by_time_joined:
        return Outcome("by time joined", "first come, first served")
    return Outcome(" ".join(order), "another order than by time joined")


def _order_sentence(change: Change) -> str:
    queues = many(change.count, "queue", "queues")
    if change.after.short == "by time joined":
        return f"{queues} for an earlier time {verb(change.count, 'is', 'are')} again first come, first served."
    return f"{queues} for an earlier time {verb(change.count, 'is', 'are')} put in another order."


def _visits(corpus: Corpus) -> Iterator[Case]:
    forms = frozenset(corpus.words["form"])
    for meeting in corpus.appointments:
        citizen = meeting.citizen
        for actor in citizen.readers[:1]:
            where = (meeting.unit, meeting.setting)
            question = CheckInQuestion(meeting.visit_type, meeting.at, NOW, forms, *where, actor, citizen.age_band)
            example = f"{plain(meeting.visit_type)} of {citizen.name} ({citizen.age})"
            yield Case(question, "appointment", f"{meeting.id}", plain(meeting.visit_type), example=example)


def _check_in(_case: Case, answer: CheckIn) -> Outcome:
    button = "a button for “I am here”" if answer.arrival_button else ""
    if answer.opens is None:
        return Outcome("an arrival button" if button else "nothing", button or "nothing")
    forms = f"with {listed([plain(form) for form in answer.forms])}" if answer.forms else "without forms"
    told = f"check-in from {ahead(answer.opens)} before, {forms}"
    return Outcome("check-in", f"{told}, and {button}" if button else told)


def _check_in_sentence(change: Change) -> str:
    appointments = many(change.count, "appointment")
    if change.before.short == change.after.short:
        return f"{appointments} {verb(change.count, 'has', 'have')} another {change.after.short}."
    gets, has = verb(change.count, "gets", "get"), verb(change.count, "has", "have")
    if change.after.short == "nothing":
        return f"{appointments} {has} {change.before.short} no longer."
    instead = "" if change.before.short == "nothing" else f" instead of {change.before.short}"
    return f"{appointments} {gets} {change.after.short}{instead}."


TERMS = Plain("Who is offered an earlier time", "choose_waitlist_terms", _waits, _terms, _waitlist_sentence)
ORDER = Plain("In which order an earlier time is offered", "rank_waitlist", _queues, _order, _order_sentence)
CHECK_IN = Plain("Before a visit", "choose_check_in", _visits, _check_in, _check_in_sentence)
