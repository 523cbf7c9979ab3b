"""Who is shown what: from an organisation's start on, and as its rules decide; absences explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy.engine import Row

from helsami_kernel.access import AccessToken
from helsami_kernel.access_limits import AccessLimit, is_told, keeps_out
from helsami_kernel.clock import OSLO
from helsami_kernel.delegation import Delegation
from helsami_kernel.items import Item
from helsami_kernel.notes import UNKEPT, Notes
from helsami_kernel.origins import Origin
from helsami_sdk.answers import Restriction
from helsami_sdk.decisions import Decided
from helsami_sdk.hooks import RESTRICT_SHARING
from helsami_sdk.questions import SharingQuestion
from helsami_sdk.rules import Rules

LONG_AGO: Final = datetime(1, 1, 2, tzinfo=UTC)
NO_FLOOR: Final = datetime.min.replace(tzinfo=UTC)

Oldest = dict[tuple[str, str], datetime]
"""The time of the oldest item, by organisation and category."""


def is_open(item: Item | Origin | Row[Any], category: str, rules: Rules) -> bool:
    """Say whether the citizen themselves would be shown an item: nobody is told of what they could not then read."""
    if not is_told(item.access_limit):  # whoever is older by now finds it, and is not told
        return False
    if _is_before(rules.history_starts(category), item.occurred_at):
        return False
    return not rules.restrict_sharing(_question(item, "self", None)).withheld


class Showing:
    """What of a section one reader is shown, and why something may be missing."""

    def __init__(
        self, category: str | None, rules: Mapping[str, Rules], access: AccessToken, notes: Notes = UNKEPT
    ) -> None:
        """Without a category the items are the portal's own, and all that is not hidden is shown."""
        self._notes = notes
        self._category = category
        self._rules = rules
        self._access = access
        self._delegation = Delegation(rules, access)
        self._withheld: set[str] = set()
        self._starts: dict[tuple[str, str], date | None] = {}
        self._floors: dict[tuple[str, str], datetime] = {}
        self._not_shown: list[tuple[Decided[Restriction], str]] = []
        self._answered: dict[tuple[str, ...], Decided[Restriction]] = {}

    def may_show(self, row: Row[Any]) -> bool:
        """
        Is the item from after its organisation's start, for this reader at all, and withheld by no rule?

        What is hidden from this reader is passed over before anything is asked, noted or explained: for them it never
        was (R69, K23). That holds for the portal's own items too, and for what is about a hidden item.
        """
        if self.passes_over(row):
            return False
        if self._category is None:
            return True
        if not self._delegation.lets_read(row.organisation, row.category or self._category):
            return False
        if row.occurred_at < self._floor_of(row.organisation, row.category):
            if self._start_of(row.organisation, row.category) == date.max:  # not live: its state withholds, no date
                self._not_shown.append((self._decided(row), row.id))
            return False
        decided = self._decided(row)
        if not decided.answer.withheld:
            return True
        self._withheld.add(decided.answer.reason)
        self._not_shown.append((decided, row.id))
        return False

    def passes_over(self, row: Row[Any]) -> bool:
        """Is the item hidden from this reader, by its citizen or its source, so that for them it never was?"""
        hidden = self._access.hidden
        belongs_to = (*(getattr(row, "of", None) or "").split(), *row.within.split())  # none, one or more, each
        if hidden and not hidden.isdisjoint((row.id, *belongs_to)):
            return True
        return self.is_kept_out(row.access_limit)

    def is_kept_out(self, access_limit: str) -> bool:
        """Does a limit that an item's source has set hide it from this reader (9603)?"""
        access = self._access
        return keeps_out(access_limit, access.basis, access.age_band, parent=access.parent)

    @property
    def count_hidden(self) -> int:
        """How many items a citizen has hidden from this reader at most."""
        return len(self._access.hidden)

    @property
    def limits(self) -> frozenset[AccessLimit]:
        """The limits that an item may have and not be hidden from this reader."""
        return frozenset(limit for limit in AccessLimit if not self.is_kept_out(limit))

    def _decided(self, row: Row[Any]) -> Decided[Restriction]:
        """Ask once: most items of a page are of few kinds, and an organisation answers the same question alike."""
        alike = (row.organisation, row.kind, row.setting, row.visit_type, row.author_role)
        decided = self._answered.get(alike)
        if decided is None:
            question = _question(row, self._access.basis, self._access.age_band)
            decided = self._answered[alike] = self._rules[row.organisation].decided(RESTRICT_SHARING, question)
        return decided

    def note(self) -> None:
        """Keep what was decided so far: of what is shown once for all of a kind, of what is not with each item's id."""
        noted = [(one.decision, "") for one in self._answered.values() if not one.answer.withheld]
        noted += [(made, its) for one, its in self._not_shown for made in reversed(one.decisions)]
        noted += [(made, "") for made in self._delegation.decisions]
        if noted:
            self._notes.note_all(noted)

    def _floor_of(self, organisation: str, category: str) -> datetime:
        """The moment at which what an organisation shows begins: its first day's, in Oslo."""
        key = organisation, category
        if key not in self._floors:
            start = self._start_of(organisation, category)
            self._floors[key] = NO_FLOOR if start is None else datetime.combine(start, time(), OSLO).astimezone(UTC)
        return self._floors[key]

    def _start_of(self, organisation: str, category: str) -> date | None:
        if self._category is None:
            return None
        key = organisation, category or self._category
        if key not in self._starts:
            self._starts[key] = self._rules[organisation].history_starts(key[1])
        return self._starts[key]

    def oldest(self, rows: Iterable[Row[Any]]) -> Oldest:
        """Since when each organisation has something that no limit hides from this reader, of rows for each limit."""
        oldest: Oldest = {}
        for row in rows:
            if not self.is_kept_out(row.access_limit):
                key = row.organisation, row.category
                oldest[key] = min(row.occurred_at, oldest.get(key, row.occurred_at))
        return oldest

    def nothing_before(self, at: datetime, oldest: Oldest) -> bool:
        """Is all that is older from before every organisation's start?"""
        return self._category is not None and all(at < self._floor_of(*whose) for whose in oldest)

    def absences(self, shown: Sequence[Row[Any]], oldest: Oldest) -> list[dict[str, str]]:
        """Why something may be missing, in codes that say nothing of any single item (requirements.md 2, idea 1)."""
        absences = [
            self._absence(organisation, start)
            for (organisation, category), first in sorted(self._begun(shown, oldest).items())
            if _is_before(start := self._start_of(organisation, category), first)
        ]
        if self._access.basis == "self":
            absences += [{"code": "hidden_by_rule", "kind": reason} for reason in sorted(self._withheld)]
        unique = [absence for position, absence in enumerate(absences) if absence not in absences[:position]]
        if not shown and not unique:
            return [{"code": "none_recorded"}]
        return unique

    def _begun(self, shown: Sequence[Row[Any]], oldest: Oldest) -> Oldest:
        """
        Since when each organisation has something.

        What a representative is not shown must not show in this either: for them, every organisation whose items they
        see has always had something, whether it has or not.
        """
        if self._access.basis == "self":
            return oldest
        return {(row.organisation, row.category): LONG_AGO for row in shown}

    def _absence(self, organisation: str, start: date | None) -> dict[str, str]:
        place = {} if self._access.protected else {"organisation": organisation}
        if organisation not in self._rules:
            return {"code": "organisation_not_connected", **place}
        if start is None or start == date.max:
            return {"code": "hidden_by_rule", "kind": self._rules[organisation].code or "organisation-closed", **place}
        return {"code": "before_go_live", **place, "date": start.isoformat()}


def _is_before(start: date | None, at: datetime) -> bool:
    return start is not None and at.astimezone(OSLO).date() < start


def _question(item: Item | Origin | Row[Any], reader: str, age_band: str | None) -> SharingQuestion:
    return SharingQuestion(
        kind=item.kind,
        setting=item.setting,
        visit_type=item.visit_type,
        author_role=item.author_role,
        reader=reader,
        age_band=age_band or "16+",
    )
