"""When results are seen."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from helsami_sdk.answers import Release, ResultClass
from helsami_sdk.questions import AGE_BANDS, SETTINGS, ResultQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rehearsal.measurements import measurements
from helsami_sdk.rehearsal.wording import PLACES, many, verb
from helsami_sdk.rules import Rules

_OPENNESS = {Release.AUTO: 1_000, Release.MANUAL: 1, Release.BLOCKED: 0}


class Results:
    """Kinds of results that are shown earlier, later or never."""

    title = "When results are shown"
    together = True

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Everything measured, and every test in every setting at every age."""
        for one in corpus.measured:
            test = one.of
            question = ResultQuestion(
                test.code, test.system, test.category, one.setting, one.several, one.citizen.age_band
            )
            example = f"{test.name} from {PLACES[one.setting]}, {one.citizen.name} ({one.citizen.age})"
            yield Case(question, "result", f"{one.id}", test.name, example=example)
        tests = measurements(corpus.words["code"], corpus.words["category"])
        for test, setting, band in product(tests, sorted({"", *SETTINGS}), sorted(AGE_BANDS)):
            question = ResultQuestion(test.code, test.system, test.category, setting, age_band=band)
            yield Case(question, "result", what=test.name)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """At once, after so many days, when a clinician says so, or never."""
        answer = rules.classify_result(case.question)
        words = _words(answer)
        return Outcome(words, words, _OPENNESS.get(answer.release, 500 - (answer.review_days or 0)))

    def others(self, case: Case) -> Iterator[tuple[str, ResultQuestion]]:
        """The same test, measured elsewhere."""
        yield from ((place, replace(case.question, setting=setting)) for setting, place in PLACES.items())

    def sentence(self, change: Change) -> str:
        """Say how many kinds of results, and how many of them, move from one class to another."""
        kinds = many(len(change.whats), "kind of result", "kinds of results")
        s = verb(len(change.whats), "s", "")
        where = f", from {change.who}," if change.who else ""
        becomes = _becomes(change.after.short, s)
        return f"{kinds}{where} {becomes} instead of being {change.before.short} ({many(change.count, 'result')})."


def _words(answer: ResultClass) -> str:
    days = many(answer.review_days or 0, "day")
    return {
        Release.AUTO: "shown at once",
        Release.REVIEW: f"shown after review, at the latest after {days}",
        Release.MANUAL: "shown when a clinician releases them",
        Release.BLOCKED: "never shown",
    }[answer.release]


def _becomes(words: str, s: str) -> str:
    if words.startswith("shown after review"):
        return f"wait{s} for review, {words.rpartition(' after ')[2]} at most,"
    return f"{'is' if s else 'are'} {words}"
