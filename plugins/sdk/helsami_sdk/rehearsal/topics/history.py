"""From which day on things are shown: the manifest's go-live dates."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rehearsal.wording import day, many, verb
from helsami_sdk.rules import Rules

_CATEGORY = {
    "appointment": "appointments",
    "visit": "visits",
    "note": "visits",
    "document": "documents",
    "condition": "conditions",
    "allergy": "allergies",
    "vaccine": "vaccines",
    "medication": "medications",
}


class Dated(NamedTuple):
    """Something of a category of the manifest, and its day."""

    category: str
    day: date


class History:
    """Older items that appear or disappear because a go-live date moves (R19, K9)."""

    title = "How far back things are shown"
    together = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Everything that has a day."""
        for item in corpus.written:
            category = _CATEGORY[item.kind]
            example = f"{item.kind} of {day(item.day)}, about {item.citizen.name}"
            yield Case(Dated(category, item.day), category, f"written-{item.id}", example=example)
        for result in corpus.measured:
            category = "corona_results" if "corona" in result.of.name else "results"
            example = f"{result.of.name} of {day(result.day)}, about {result.citizen.name}"
            yield Case(Dated(category, result.day), category, f"result-{result.id}", example=example)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """Shown, or older than what is shown."""
        asked: Dated = case.question
        floor = rules.history_starts(asked.category)
        if floor == date.max:
            return Outcome("hidden", "nothing is shown")
        words = "all are shown" if floor is None else f"shown from {day(floor)}"
        return Outcome("shown", words, 1) if floor is None or asked.day >= floor else Outcome("hidden", words)

    def others(self, case: Case) -> Iterator[tuple[str, Dated]]:  # noqa: ARG002  the topic's shape
        """None: a go-live date holds for everybody."""
        yield from ()

    def sentence(self, change: Change) -> str:
        """Say how many appear or disappear."""
        older = many(change.count, "older item")
        what = f"{older} among {change.thing.replace('_', ' ')}"
        if change.before.short == change.after.short:
            return f"{change.thing.replace('_', ' ').capitalize()} have another first day; nothing here is affected."
        if change.after.short == "shown":
            return f"{what} {verb(change.count, 'appears', 'appear')}."
        return f"{what} {verb(change.count, 'is', 'are')} no longer shown."
