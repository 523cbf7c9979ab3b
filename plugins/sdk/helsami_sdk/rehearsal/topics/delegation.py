"""What representatives may do."""

from collections.abc import Iterator

from helsami_sdk.questions import SCOPES, DelegationQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rehearsal.topics.plain import Plain
from helsami_sdk.rehearsal.wording import WHO, many, reader

_WORDS = {"act": "book and change", "read": "see"}


def _held(corpus: Corpus) -> Iterator[Case]:
    kind = corpus.kind
    for citizen in corpus.citizens:
        for basis in citizen.readers:
            if basis != "self":
                yield from _scopes(basis, citizen.age_band, kind, f"{citizen.name} ({citizen.age})")
    # And for those whom nobody happens to represent.
    for basis, age_band in WHO:
        if basis != "self":
            yield from _scopes(basis, age_band, kind)


def _scopes(basis: str, age_band: str, kind: str, one: str = "") -> Iterator[Case]:
    who = reader(basis, age_band)
    for scope in sorted(SCOPES):
        what, _, right = scope.partition(":")
        words = f"{_WORDS.get(right, right)} {what}"
        question = DelegationQuestion(basis, SCOPES, age_band, kind)
        yield Case(question, f"{scope}|{who}|{words}", one, words, example=f"for {one}" if one else "")


def _answer(case: Case, answer: frozenset[str]) -> Outcome:
    held = case.thing.partition("|")[0] in answer
    return Outcome("may", f"may {case.what}", 1) if held else Outcome("may not", f"may not {case.what}")


def _sentence(change: Change) -> str:
    _, who, words = change.thing.split("|")
    now = "may now" if change.after.short == "may" else "may no longer"
    return f"{who[0].upper()}{who[1:]} {now} {words}, for {many(change.count, 'citizen')}."


DELEGATION = Plain("What representatives may do", "limit_delegation", _held, _answer, _sentence)
