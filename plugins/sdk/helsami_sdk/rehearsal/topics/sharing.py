"""What may be read, and by whom."""

from collections.abc import Iterator
from itertools import product

from helsami_sdk.questions import HOME_CARE_VISIT, HOME_MEETINGS, KINDS, SETTINGS, SharingQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus, Measured, Written
from helsami_sdk.rehearsal.wording import PLACES, WHO, many, plain, reader, role, verb
from helsami_sdk.rules import Rules

_PLURAL = {
    "allergy": "allergies",
    "appointment": "appointments in the list",
    "condition": "diagnoses",
    "medication": "medicines",
}
_SINGULAR = {"appointment": "appointment in the list", "condition": "diagnosis", "medication": "medicine"}
# Where a visit of any type may have been, and which rules may be about.
_TELLING = frozenset({"emergency", "home", "nursing-home"})
_UNNAMED = "other"
_BY_SOMEBODY = frozenset({"document", "note"})


class Sharing:
    """Items that appear to somebody, or are withheld."""

    title = "What is shown, and to whom"
    together = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Everything written about everybody, for each who reads; and every combination that nobody happens to have."""
        for item in corpus.written:
            yield from _of_written(item)
        for result in corpus.measured:
            yield from _of_result(result)
        yield from _all_combinations(corpus)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """Shown, or withheld and why."""
        answer = rules.restrict_sharing(case.question)
        if answer.withheld:
            return Outcome("withheld", "withheld", why=plain(answer.reason))
        return Outcome("shown", "shown", 1)

    def others(self, case: Case) -> Iterator[tuple[str, SharingQuestion]]:  # noqa: ARG002  the topic's shape
        """None: who reads is in the sentence itself."""
        yield from ()

    def sentence(self, change: Change) -> str:
        """Say what appears or disappears, to whom."""
        kind, who = change.thing.split("|")
        one, more = _SINGULAR.get(kind, kind), _PLURAL.get(kind, f"{kind}s")
        if change.count == 0:
            return f"Some {more} would appear to {who}, though no synthetic citizen has one of them."
        return f"{many(change.count, one, more)} {_becomes(change)} {who}."


def _becomes(change: Change) -> str:
    count = change.count
    if change.after.short == "shown":
        return verb(count, "appears", "appear") + " to"
    return verb(count, "is", "are") + " no longer shown to"


def _of_written(item: Written) -> Iterator[Case]:
    meeting = item.meeting
    setting, visit_type = (meeting.setting, meeting.visit_type) if meeting else ("", "")
    kind = _SINGULAR.get(item.kind, item.kind)
    about = f"{kind} by {role(item.author_role)}" if item.author_role and item.kind in _BY_SOMEBODY else kind
    where = f", {plain(visit_type)}" if meeting else ""
    example = f"{about}{where}, about {item.citizen.name} ({item.citizen.age})"
    for relation in item.citizen.readers:
        question = SharingQuestion(item.kind, setting, visit_type, item.author_role, relation, item.citizen.age_band)
        yield _case(question, f"written-{item.id}", example)


def _of_result(result: Measured) -> Iterator[Case]:
    example = f"{result.of.name}, about {result.citizen.name} ({result.citizen.age})"
    for relation in result.citizen.readers:
        question = SharingQuestion("result", result.setting, reader=relation, age_band=result.citizen.age_band)
        yield _case(question, f"result-{result.id}", example)


def _all_combinations(corpus: Corpus) -> Iterator[Case]:
    # What no rule names is alike to all of them: one of it stands for the rest.
    visit_types = sorted({"", _UNNAMED, HOME_CARE_VISIT, *HOME_MEETINGS, *corpus.words["visit_type"]})
    roles = sorted({"", *corpus.words["author_role"]})
    for kind, setting, visit_type, author in product(sorted(KINDS), sorted({"", *SETTINGS}), visit_types, roles):
        for relation, band in WHO:
            yield _case(SharingQuestion(kind, setting, visit_type, author, relation, band))


def _case(question: SharingQuestion, one: str = "", example: str = "") -> Case:
    who = reader(question.reader, question.age_band)
    place = f"from {PLACES[question.setting]}" if question.setting in _TELLING or not question.visit_type else ""
    what = ", ".join(filter(None, (plain(question.visit_type), place if question.setting else "")))
    return Case(question, f"{question.kind}|{who}", one, what or "not from a visit", example=example)
