"""What a check finds in a plugin's folder: where, what is wrong and what is expected, under one of twelve points."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any


class Point(IntEnum):
    """The twelve points, in the order in which they are told."""

    OWNER = 1
    ONE_ID = 2
    SDK_RANGE = 3
    PARENT = 4
    IMPORTS = 5
    PURE = 6
    TESTED = 7
    WORDS = 8
    ANSWERS = 9
    README = 10
    SPEED = 11
    REHEARSED = 12

    @property
    def title(self) -> str:
        """What the point asks for."""
        return TITLES[self]


TITLES: Mapping[Point, str] = {
    Point.OWNER: "the manifest is right, and says who answers for the rules",
    Point.ONE_ID: "folder, entry point and manifest have one id",
    Point.SDK_RANGE: "the SDK's version is in the manifest's range",
    Point.PARENT: "the parent is there, and no circle",
    Point.IMPORTS: "imports the SDK and the pure part of the standard library only",
    Point.PURE: "no I/O, no clock, no chance",
    Point.TESTED: "each hook that is answered has a test",
    Point.WORDS: "each reason has words in bokmål, nynorsk and English",
    Point.ANSWERS: "every question is answered validly, and the same way twice",
    Point.README: "the README says what is decided differently",
    Point.SPEED: "an answer takes at most 1 ms",
    Point.REHEARSED: "these very rules have been rehearsed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: in which file (as seen from the plugin's folder) and line, what, and what is expected."""

    point: Point
    file: str
    line: int
    problem: str
    expected: str

    def told(self, folder: Path) -> str:
        """One line, which begins as a compiler's does, so that an editor can jump there."""
        return f"{folder / self.file}:{self.line}: {self.point:d} {self.problem}; expected {self.expected}"

    def plain(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "point": int(self.point),
            "file": self.file,
            "line": self.line,
            "problem": self.problem,
            "expected": self.expected,
        }


@dataclass(frozen=True)
class Report:
    """Everything that was found in one folder; a point without findings is fulfilled."""

    organisation: str
    findings: Sequence[Finding]

    @property
    def unfulfilled(self) -> frozenset[Point]:
        """The points with findings."""
        return frozenset(finding.point for finding in self.findings)

    @property
    def good(self) -> bool:
        """Whether all twelve are fulfilled."""
        return not self.findings

    @property
    def summary(self) -> str:
        """`12 of 12`, and the points that are not fulfilled."""
        missing = "".join(f"\n  not {point:d}: {point.title}" for point in sorted(self.unfulfilled))
        return f"{self.organisation}: {len(Point) - len(self.unfulfilled)} of {len(Point)}{missing}"

    def lines(self, folder: Path) -> Iterator[str]:
        """The findings in order, one line each, and the summary."""
        yield from (finding.told(folder) for finding in self.findings)
        yield self.summary

    def plain(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "organisation": self.organisation,
            "fulfilled": len(Point) - len(self.unfulfilled),
            "of": len(Point),
            "findings": [finding.plain() for finding in self.findings],
        }


def report_of(organisation: str, findings: Sequence[Finding]) -> Report:
    """Put findings in order, each once."""
    ordered = sorted(set(findings), key=lambda finding: (finding.point, finding.file, finding.line, finding.problem))
    return Report(organisation, ordered)
