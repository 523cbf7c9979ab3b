"""Results, what is asked of an organisation about them, and when those that belong together may be seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

# Who sends a report without all its observations is given this long to send the rest.
MEMBERS_WITHIN: Final = timedelta(hours=1)
ASK_AGAIN_AFTER: Final = timedelta(hours=1)
# An import of history tells nobody: only a result answered this lately is news.
NEWS_FOR: Final = timedelta(days=14)
AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)

# LOINC's tests for the virus or its antigen; these results have no date of joining (R52, K10).
CORONA: Final = frozenset({"94500-6", "94309-2", "94531-1", "94558-4", "94759-8"})
CORONA_CATEGORY: Final = "corona_results"


class Stage(StrEnum):
    """How far a result has come at its source."""

    READY = "ready"
    WAITING = "waiting"
    VOID = "void"


class Release(IntEnum):
    """How a result reaches its citizen (R48-R50, K14); the greater is the stricter."""

    AUTO = 0
    REVIEW = 1
    MANUAL = 2
    BLOCKED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What an organisation is asked about a result: what was measured and where, never with what outcome."""

    code: str = ""
    system: str = ""
    category: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a result is released: after `days` where it is REVIEW; `provisional` where its organisation could not say."""

    release: Release
    days: int = 0
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that was measured or found. `value` is as the source wrote it: 1.50 stays 1.50, and <5 stays <5."""

    name: str
    code: str
    value: str | None = None
    unit: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """
    A report, or a single observation; times are aware, but `taken_at` is as precise as its source wrote it.

    `values` are its own. `members` are the keys of the observations that a report consists of, in its order.
    """

    is_report: bool
    stage: Stage
    name: str = ""
    system: str = ""
    code: str = ""
    status: str = ""
    taken_at: str = ""
    occurred_at: datetime = AT_ONCE
    answered_at: datetime | None = None
    values: tuple[Value, ...] = ()
    conclusion: str | None = None
    asked: tuple[Asked, ...] = ()
    members: tuple[str, ...] = ()
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class ResultReleased:
    """A citizen may see a result: its id, from whom it is hidden, what it is hidden with, and nothing of its values."""

    result: str
    access_limit: str = ""
    linked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultLinked:
    """A result of which a citizen was told is hidden with these from now on: ids of what shows something of it."""

    result: str
    linked: tuple[str, ...]


def category_of(asked: Iterable[Asked]) -> str:
    """Give the category whose date of joining counts for such a result, empty for that of all results."""
    return CORONA_CATEGORY if any(one.code in CORONA for one in asked) else ""


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """
    Give the strictest of what was answered about one result, by release and then by days.

    It is provisional when any is: the answer that was lacking may have been the strictest.
    """
    answered = list(verdicts)
    most = max(answered, key=lambda verdict: (verdict.release, verdict.days))
    return Verdict(most.release, most.days, any(verdict.provisional for verdict in answered))


def is_news(result_time: datetime, now: datetime) -> bool:
    """Say whether a result that arrives now is worth telling of."""
    return result_time >= now - NEWS_FOR


@dataclass(frozen=True, slots=True)
class Held:
    """A result as far as its release goes; `due_at` is when a REVIEW has lasted long enough."""

    id: str
    is_report: bool
    stage: Stage
    release: Release
    due_at: datetime | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """
    A report with its members, and every other report that shares one of them: released together, or not at all.

    `links` are the ids of each report's members, be they here or not.
    """

    held: Mapping[str, Held]
    links: Mapping[str, tuple[str, ...]]

    def opens_at(self) -> datetime | None:
        """From when on it may be seen, as the strictest of it says; None when time alone does not open it."""
        living = [one for one in self.held.values() if one.stage is not Stage.VOID]
        if any(one.release >= Release.MANUAL for one in living):
            return None
        reviews = (one.due_at for one in living if one.release is Release.REVIEW and one.due_at is not None)
        incomplete = (one.arrived_at + MEMBERS_WITHIN for one in living if self._lacks_members(one))
        return max((*reviews, *incomplete), default=AT_ONCE)

    def shown(self) -> set[str]:
        """The ids of what is shown by itself once the group is open: ready reports, and observations of no report."""
        inside = {member for report in self._reports() for member in self.links.get(report.id, ())}
        ready = {one.id for one in self.held.values() if one.stage is Stage.READY}
        return {one for one in ready if self.held[one].is_report or one not in inside}

    def parts(self, report: str) -> Iterator[str]:
        """The ids of the observations that are shown inside a report, in its order."""
        for member in self.links.get(report, ()):
            if member in self.held and self.held[member].stage is Stage.READY:
                yield member

    def _reports(self) -> Iterator[Held]:
        return (one for one in self.held.values() if one.is_report and one.stage is not Stage.VOID)

    def _lacks_members(self, one: Held) -> bool:
        return one.is_report and any(member not in self.held for member in self.links.get(one.id, ()))


def hidden_with(hidden: frozenset[str], links: Collection[tuple[str, str]]) -> frozenset[str]:
    """
    The ids of all that shows something of what is hidden, of links from a report to what it consists of, or once did.

    That is what a hidden report consists of, and every report with something of either.
    """
    parts = hidden | {member for report, member in links if report in hidden}
    return parts | {report for report, member in links if member in parts}


def linked(result: str, links: Collection[tuple[str, str]]) -> frozenset[str]:
    """
    The ids of those with each of which a result is hidden: just what `hidden_with` says, asked from the other end.

    That is what it consists of, or once did, and every report with something of either.
    """
    parts = {result} | {member for report, member in links if report == result}
    return frozenset(parts | {report for report, member in links if member in parts}) - {result}


def groups(held: Mapping[str, Held], links: Mapping[str, tuple[str, ...]]) -> Iterator[Group]:
    """Divide results into those that belong together."""
    neighbours: dict[str, set[str]] = {one: set() for one in held}
    for report, members in links.items():
        for member in members:
            neighbours.setdefault(report, set()).add(member)
            neighbours.setdefault(member, set()).add(report)
    left = set(neighbours)
    while left:
        together, reached = set(), {left.pop()}
        while reached:
            one = reached.pop()
            together.add(one)
            reached |= neighbours[one] - together
        left -= together
        yield Group(
            {one: held[one] for one in together if one in held},
            {one: links[one] for one in together if one in links},
        )
