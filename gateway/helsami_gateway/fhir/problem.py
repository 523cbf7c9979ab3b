"""What is wrong with a resource, in words that repeat nothing of what it holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing that is wrong.

    `path` is FHIRPath-like (`Condition.code`), `code` one of FHIR's issue types (`required`, `structure`, `value`,
    `code-invalid`, `invariant`, ...), `expected` what belongs there, never what was found; empty where the outcome's
    own code says all there is to say.
    """

    path: str
    code: str
    expected: str = ""
