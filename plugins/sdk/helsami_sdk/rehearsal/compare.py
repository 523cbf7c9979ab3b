"""Asks old and new rules the same questions, and gathers what changes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple, cast

from helsami_sdk.rehearsal.cases import Case, Change, Outcome, Topic
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rehearsal.findings import Finding, Row
from helsami_sdk.rehearsal.wording import listed, narrowed
from helsami_sdk.rules import Rules

EXAMPLES = 3
MOST_TOGETHER = 8
# Whether a change holds for others too is asked of the first few that change.
_ASKED_FOR_OTHERS = 5


class _Changed(NamedTuple):
    case: Case
    before: Outcome
    after: Outcome


class _Remembering:
    """Rules that are asked the same question once: they are pure, and many things in a corpus are alike."""

    def __init__(self, rules: Rules) -> None:
        self.manifest = rules.manifest
        self._rules = rules

    def __getattr__(self, hook: str) -> Callable[[Any], Any]:
        asked = cache(getattr(self._rules, hook))
        setattr(self, hook, asked)
        return asked


@dataclass
class Replay:
    """One corpus under two sets of rules; counts what it asks."""

    before: Rules
    after: Rules
    asked: int = 0

    def __post_init__(self) -> None:
        """Ask each rule once about what is alike."""
        self.before, self.after = (cast(Rules, _Remembering(rules)) for rules in (self.before, self.after))

    def findings(self, topic: Topic, corpus: Corpus) -> tuple[Finding, ...]:
        """Everything that changes about one topic, what opens first, then by how many."""
        groups: dict[tuple[str, str, str, bool], list[_Changed]] = defaultdict(list)
        telling = _Telling(self, topic)
        for case in topic.cases(corpus):
            self.asked += 1
            telling.hows[case.thing, case.what].add(case.how)
            before, after = self.outcomes(topic, case)
            if before != after:
                opens = after.openness > before.openness
                groups[case.thing, before.short, after.short, opens].append(_Changed(case, before, after))
        found = [telling.finding(changed) for changed in groups.values()]
        # What nobody synthetic has is told only where it would be seen.
        told = [finding for finding in found if finding.count or finding.opens]
        return tuple(sorted(told, key=lambda finding: (not finding.opens, -finding.count, finding.sentence)))

    def outcomes(self, topic: Topic, case: Case) -> tuple[Outcome, Outcome]:
        """What the old rules answer, and the new ones."""
        return topic.outcome(self.before, case), topic.outcome(self.after, case)


@dataclass
class _Telling:
    """Puts cases that change alike into words; `hows` are all the ways in which each kind of case comes."""

    replay: Replay
    topic: Topic
    hows: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def finding(self, changed: Sequence[_Changed]) -> Finding:
        thing, before, after = changed[0].case.thing, changed[0].before, changed[0].after
        counted = [one for one in changed if one.case.one] or changed
        whats = tuple(sorted({one.case.what for one in counted}))
        change = Change(thing, before, after, _count(counted), self._who(counted), self._how(counted), whats)
        rows = self._together(counted) if self.topic.together else self._apart(counted)
        rows = sorted(rows, key=lambda row: (-row.count, row.what, row.before, row.after))
        return Finding(self.topic.sentence(change), change.count, after.openness > before.openness, tuple(rows))

    def _apart(self, changed: Iterable[_Changed]) -> Iterable[Row]:
        for (what, before, after), part in _parted(changed):
            yield _row([what, self._how(part), self._who(part)], before, after, part)

    def _together(self, changed: Iterable[_Changed]) -> Iterable[Row]:
        alike: dict[tuple[str, str, str], list[_Changed]] = defaultdict(list)
        for (_, before, after), part in _parted(changed):
            alike[self._who(part), before, after] += part
        for (who, before, after), part in alike.items():
            yield _row([listed(sorted({one.case.what for one in part}), MOST_TOGETHER), who], before, after, part)

    def _how(self, changed: Iterable[_Changed]) -> str:
        some = {one.case.how for one in changed}
        every = {how for one in changed for how in self.hows[one.case.thing, one.case.what]}
        return "" if some == every else listed(sorted(some), len(some))

    def _who(self, changed: Sequence[_Changed]) -> str:
        """Whom it holds for, or nothing where it holds for everybody: asked, since few things happen to everybody."""
        holds: dict[str, bool] = {}
        for one in changed[:: max(1, len(changed) // _ASKED_FOR_OTHERS)]:
            for who, question in self.topic.others(one.case):
                alike = self.replay.outcomes(self.topic, replace(one.case, question=question))
                holds[who] = holds.get(who, False) or alike == (one.before, one.after)
        return narrowed([who for who, does in holds.items() if does], [who for who, does in holds.items() if not does])


def _row(what: Iterable[str], before: str, after: str, changed: Iterable[_Changed]) -> Row:
    return Row(", ".join(filter(None, what)), before, after, _count(changed), tuple(_examples(changed)))


def _parted(changed: Iterable[_Changed]) -> list[tuple[tuple[str, str, str], list[_Changed]]]:
    parts: dict[tuple[str, str, str], list[_Changed]] = defaultdict(list)
    for one in changed:
        parts[one.case.what, one.before.told, one.after.told].append(one)
    return sorted(parts.items())


def _count(changed: Iterable[_Changed]) -> int:
    return len({one.case.one for one in changed} - {""})


def _examples(changed: Iterable[_Changed]) -> Iterator[str]:
    told = list(dict.fromkeys(one.case.example for one in changed if one.case.example))
    yield from told[:: max(1, -(-len(told) // EXAMPLES))]
