"""Whom citizens may write to, and where what they write goes."""

from collections.abc import Iterator

from helsami_sdk.answers import CaseRoute, Recipients, Route
from helsami_sdk.questions import (
    CASE_KINDS,
    DUTY_INBOX,
    MAIL_RECEPTION,
    CaseQuestion,
    MessageQuestion,
    Recipient,
    RecipientsQuestion,
)
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import NOW, Corpus
from helsami_sdk.rehearsal.people import Citizen
from helsami_sdk.rehearsal.topics.plain import Plain
from helsami_sdk.rehearsal.wording import many, plain, reader, verb

_EMPLOYEE, _COLLEAGUE = "employee-1", "employee-2"


def _relations(corpus: Corpus) -> Iterator[tuple[Citizen, str]]:
    """Each citizen with the units that they have been, or will be, at."""
    known = {(meeting.citizen.name, meeting.unit): meeting.citizen for meeting in corpus.appointments}
    yield from ((citizen, unit) for (_, unit), citizen in known.items())


def _may_write(corpus: Corpus) -> Iterator[Case]:
    roles = ["", *sorted(corpus.words["role"])]
    for citizen, unit in _relations(corpus):
        recipients = (
            Recipient("unit", "unit", unit),
            *(Recipient(f"employee {role}", "employee", unit, role) for role in roles),
            Recipient("support", "user-support"),
        )
        for actor in citizen.readers:
            question = RecipientsQuestion(recipients, NOW, actor, citizen.age_band)
            who = reader(actor, citizen.age_band)
            for one in recipients:
                example = f"{citizen.name} ({citizen.age})"
                yield Case(question, f"{one.id}|{_to(one)}", citizen.name, _to(one), who, example)


def _to(one: Recipient) -> str:
    unit = plain(one.unit) or "the organisation"
    if one.kind == "user-support":
        return "user support"
    return f"{plain(one.role) or 'an employee'} of {unit}" if one.kind == "employee" else f"the office of {unit}"


def _reachable(case: Case, answer: Recipients) -> Outcome:
    wanted = case.thing.partition("|")[0]
    for one in answer.reachable:
        if one.id == wanted:
            reply = "" if one.may_reply else ", without a reply"
            return Outcome("may", f"may write; an answer within {many(one.answer_days, 'working day')}{reply}")
    return Outcome("may not", "may not write")


def _reachable_sentence(change: Change) -> str:
    people, whom = many(change.count, "citizen"), change.thing.partition("|")[2]
    by = f" ({change.how})" if change.how else ""
    if change.before.short == change.after.short:
        return f"{people} may expect another answer time or reply from {whom}{by}."
    return f"{people} may {'now' if change.after.short == 'may' else 'no longer'} write to {whom}{by}."


def _sent(corpus: Corpus) -> Iterator[Case]:
    inboxes = frozenset({*corpus.words["unit"], DUTY_INBOX})
    for topic in ("", *sorted(corpus.words["topic"])):
        for citizen, unit in _relations(corpus):
            for employee in ("", _EMPLOYEE):
                colleagues = frozenset({_EMPLOYEE, _COLLEAGUE})
                actor = next(iter(citizen.readers), "self")
                question = MessageQuestion(unit, inboxes, NOW, topic, employee, colleagues, actor, citizen.age_band)
                to = f"an employee of {plain(unit)}" if employee else plain(unit) or "the organisation"
                about = f", about {plain(topic)}" if topic else ""
                one = f"{citizen.name} {unit} {topic} {employee}"
                yield Case(question, to, one, f"to {to}{about}", example=f"{citizen.name} ({citizen.age})")


def _way(_case: Case, answer: Route) -> Outcome:
    stops = [_stop(stop.inbox, stop.employee) for stop in answer.stops]
    hours = [f" after {many(stop.unopened_hours, 'working hour')}" for stop in answer.stops[:-1]]
    told = [stops[0], *(f"{after} {stop}" for after, stop in zip(hours, stops[1:], strict=True))]
    return Outcome(" ".join(told), ", then".join(told))


def _stop(inbox: str, employee: str) -> str:
    if employee:
        return "the employee" if employee == _EMPLOYEE else "a colleague"
    return "the duty inbox" if inbox == DUTY_INBOX else f"the inbox of {plain(inbox)}"


def _way_sentence(change: Change) -> str:
    return f"{many(change.count, 'message')} to {change.thing} {verb(change.count, 'takes', 'take')} another way."


def _opened(corpus: Corpus) -> Iterator[Case]:
    queues = frozenset({*corpus.words["unit"], MAIL_RECEPTION})
    services = ("", *sorted(corpus.words["service"]))
    for number, (citizen, unit) in enumerate(_relations(corpus)):
        kind = sorted(CASE_KINDS)[number % len(CASE_KINDS)]
        for service in services:
            actor = next(iter(citizen.readers), "self")
            question = CaseQuestion(kind, queues, NOW, service, unit, actor, citizen.age_band)
            what = f"{plain(kind)} about {plain(service)}" if service else plain(kind)
            yield Case(question, "case", f"{number} {service}", what, example=f"{citizen.name} ({citizen.age})")


def _queue(_case: Case, answer: CaseRoute) -> Outcome:
    queue = "the mail reception" if answer.queue == MAIL_RECEPTION else plain(answer.queue)
    return Outcome(queue, f"{queue}, answered within {many(answer.answer_days, 'day')}")


def _queue_sentence(change: Change) -> str:
    cases = many(change.count, "case")
    if change.before.short == change.after.short:
        return f"{cases} at {change.after.short} {verb(change.count, 'has', 'have')} another answer time."
    return f"{cases} {verb(change.count, 'goes', 'go')} to {change.after.short} instead of {change.before.short}."


RECIPIENTS = Plain("Whom citizens may write to", "list_recipients", _may_write, _reachable, _reachable_sentence)
ROUTES = Plain("Where messages go", "route_message", _sent, _way, _way_sentence, together=True)
CASES = Plain("Who handles cases", "route_case", _opened, _queue, _queue_sentence)
