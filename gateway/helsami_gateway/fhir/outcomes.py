"""The journal's answer: what became of each entry, as a FHIR batch-response."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Self

from helsami_gateway.fhir.problem import Problem
from helsami_kernel.errors import Forbidden, Refusal, is_code

OUTCOME_SYSTEM: Final = "urn:helsami:journal:outcome"
CODE_SYSTEM: Final = "urn:helsami:journal:code"
COUNT_EXTENSION: Final = "urn:helsami:journal:count"
REFUSAL_STATUS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT})


class Fate(StrEnum):
    """What may become of an entry; the values are those the owning services answer."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    ACCEPTED = "accepted"
    NOT_SUPPORTED = "not supported"
    REFUSED = "refused"


STATUS: Final[Mapping[Fate, HTTPStatus]] = {
    Fate.STORED: HTTPStatus.CREATED,
    Fate.UNCHANGED: HTTPStatus.OK,
    Fate.ACCEPTED: HTTPStatus.ACCEPTED,
    Fate.NOT_SUPPORTED: HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the entry at an index; `code`, `status` and `problems` say why it was refused."""

    index: int
    type: str
    fate: Fate
    code: str = ""
    problems: tuple[Problem, ...] = ()
    status: HTTPStatus = HTTPStatus.BAD_REQUEST

    @classmethod
    def refused(
        cls, index: int, kind: str, code: str, *found: Problem, status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> Self:
        """Refuse an entry: 400 unless it is forbidden (403) or in conflict (409)."""
        return cls(index, kind, Fate.REFUSED, code, found, status)

    @classmethod
    def of_owner(cls, kind: str, answer: Mapping[str, Any]) -> Self:
        """
        Read what an owning service answered: index, outcome and, where there is more, code, path, expected, status.

        An outcome it may not give counts as refused, with the code `owner-answer`: nothing is dropped in silence.
        """
        index, path, told = int(answer["index"]), str(answer.get("path") or kind), answer.get("code")
        code = str(told) if is_code(told) else "owner-answer"
        expected = str(answer.get("expected") or "")
        given = answer.get("outcome")
        if given == Fate.NOT_SUPPORTED and is_code(told):
            return cls(index, kind, Fate.NOT_SUPPORTED, code, (Problem(path, "not-supported", expected),))
        if given in set(Fate) - {Fate.REFUSED}:
            return cls(index, kind, Fate(given))
        status = answer.get("status")
        allowed = HTTPStatus(status) if status in REFUSAL_STATUS else HTTPStatus.BAD_REQUEST
        return cls.refused(index, kind, code, Problem(path, "processing", expected), status=allowed)


# Of several owners of one entry: what is still to come, what its sender has to change, and what became of it.
WEIGHTS: Final = (Fate.ACCEPTED, Fate.REFUSED, Fate.STORED, Fate.UNCHANGED, Fate.NOT_SUPPORTED)


def one_an_entry(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """
    Tell one outcome for each entry, in order of the first told, where several owners each have had one.

    Of two that weigh the same it is the last: who keeps something besides is told before the entry's own owner.
    """
    told: dict[int, Outcome] = {}
    for outcome in outcomes:
        known = told.setdefault(outcome.index, outcome)
        if WEIGHTS.index(outcome.fate) <= WEIGHTS.index(known.fate):
            told[outcome.index] = outcome
    return tuple(told.values())


def batch_response(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """
    Build the batch-response Bundle: an entry per input entry, in its order, each with a status and an OperationOutcome.

    The counts by type and outcome stand as extensions in `meta`; `counts` reads them back. A bundle without entries is
    answered without either: FHIR's JSON has no empty lists.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.index)
    totals = Counter((outcome.type, outcome.fate) for outcome in ordered)
    answer = {"resourceType": "Bundle", "type": "batch-response"}
    if not ordered:
        return answer
    return {
        **answer,
        "meta": {"extension": [_count(kind, fate, number) for (kind, fate), number in sorted(totals.items())]},
        "entry": [{"response": _response(outcome)} for outcome in ordered],
    }


def counts(response: Mapping[str, Any]) -> Counter[tuple[str, Fate]]:
    """Read how many entries of each type met each fate from a batch-response; KeyError or ValueError on any other."""
    if response["type"] != "batch-response":
        raise ValueError("expected a batch-response")
    totals: Counter[tuple[str, Fate]] = Counter()
    for extension in response.get("meta", {}).get("extension", []):
        parts = {part["url"]: part for part in extension["extension"]}
        totals[parts["type"]["valueCode"], Fate(parts["outcome"]["valueString"])] = parts["count"]["valueUnsignedInt"]
    return totals


def operation_outcome(refusal: Refusal) -> dict[str, Any]:
    """Tell why a whole bundle was refused, as an OperationOutcome."""
    kind = "forbidden" if isinstance(refusal, Forbidden) else "structure"
    found = [Problem(problem.field, kind, problem.expected) for problem in refusal.problems]
    return _operation_outcome("error", CODE_SYSTEM, refusal.code, found or [Problem("Bundle", kind)])


def _response(outcome: Outcome) -> dict[str, Any]:
    status = STATUS.get(outcome.fate, outcome.status)
    return {"status": f"{status.value} {status.phrase}", "outcome": _entry_outcome(outcome)}


def _entry_outcome(outcome: Outcome) -> dict[str, Any]:
    if outcome.fate is Fate.REFUSED:
        found = outcome.problems or (Problem(outcome.type, "processing"),)
        return _operation_outcome("error", CODE_SYSTEM, outcome.code, found)
    if outcome.fate is Fate.NOT_SUPPORTED:
        found = outcome.problems or (Problem(outcome.type, "not-supported"),)
        words = outcome.code or f"{outcome.type} is kept as received, and shown to nobody"
    else:
        found, words = (Problem(outcome.type, "informational"),), outcome.fate.value
    return _operation_outcome("information", OUTCOME_SYSTEM, outcome.fate.value.replace(" ", "-"), found, words)


def _operation_outcome(
    severity: str, system: str, code: str, found: Iterable[Problem], words: str = ""
) -> dict[str, Any]:
    """Tell each problem as what was expected; where nothing was, as the `words`, or else the code."""
    issues = [
        {
            "severity": severity,
            "code": problem.code,
            "details": {"coding": [{"system": system, "code": code}]},
            "diagnostics": f"expected {problem.expected}" if problem.expected else words or code,
            "expression": [problem.path],
        }
        for problem in found
    ]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _count(kind: str, fate: Fate, number: int) -> dict[str, Any]:
    return {
        "url": COUNT_EXTENSION,
        "extension": [
            {"url": "type", "valueCode": kind},
            {"url": "outcome", "valueString": fate.value},
            {"url": "count", "valueUnsignedInt": number},
        ],
    }
