"""What changes, as a clinic manager reads it: sentences with a count, and below each what it is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a finding: what, how it was, how it becomes, how many of them, and some examples."""

    what: str
    before: str
    after: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that changes; `opens` where somebody sees more than before."""

    sentence: str
    count: int
    opens: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that changes about one question, at one organisation."""

    organisation: str
    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Rehearsal:
    """
    All that changes when new rules take the place of old ones.

    `failures` are the layers that failed to answer under the new rules, and where; `questions` how many were asked.
    """

    organisation: str
    name: str
    before: str
    citizens: int
    questions: int
    chapters: tuple[Chapter, ...]
    failures: tuple[str, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """Everything that changes."""
        return [finding for chapter in self.chapters for finding in chapter.findings]

    @property
    def openings(self) -> list[Finding]:
        """Everything that somebody sees more of."""
        return [finding for finding in self.findings if finding.opens]
