"""Results in the database: what was told of them, what belongs together, and what has been released."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel import access_limits, database, fhir
from helsami_kernel.items import Item, item_id, keep_all
from helsami_kernel.journal import UNCHANGED, Delivery, Entry
from helsami_kernel.news import stored
from helsami_kernel.origins import Origin
from helsami_kernel.sections import Section
from helsami_results import links, schemas
from helsami_results.domain import (
    CORONA_CATEGORY,
    Asked,
    Group,
    Held,
    Release,
    Result,
    Stage,
    Verdict,
    category_of,
    groups,
    hidden_with,
    is_news,
)
from helsami_results.fhir import OBSERVATION, REPORT
from helsami_results.models import MEMBERS, RESULTS

CATEGORY: Final = "results"
# The one door: what is not released is in no item, no absence, no count and no cursor.
RELEASED: Final = Section(
    RESULTS,
    CATEGORY,
    RESULTS.c.released_at.is_not(None),
    categories=RESULTS.c.category,
    limits=RESULTS.c.shown_limit,
)
NEWS_OF: Final = {"result": stored(RESULTS, RESULTS.c.released_at.is_not(None), limit=RESULTS.c.shown_limit)}
RELEASE: Final = "release_result"
STATE: Final = (
    *("release", "provisional", "due_at", "is_news", "released_at", "told_at"),
    *("category", "body", "shown_limit"),
)


LINKS: Final = sa.select(MEMBERS.c.report, MEMBERS.c.member).where(MEMBERS.c.owner == sa.bindparam("owner"))
OF_VISITS: Final = sa.select(RESULTS.c.id, RESULTS.c.within).where(
    RESULTS.c.owner == sa.bindparam("owner"), RESULTS.c.within != ""
)


class Reads(database.Reads):
    """What a citizen may see."""

    def hidden_with(self, hidden: frozenset[str]) -> frozenset[str]:
        """What is hidden where these are: reports, and what they consist of or did, show the same in other shapes."""
        if not hidden:
            return hidden
        parts = {row.id for row in self.fetch(OF_VISITS) if not hidden.isdisjoint(row.within.split())}
        return hidden_with(hidden | parts, [(row.report, row.member) for row in self.fetch(LINKS)])


class Writes(links.Writes):
    """What a delivery, or the clock, changes."""

    def keep(self, citizen: str, organisation: str, read: list[tuple[Entry, Result | None]]) -> list[str]:
        """Store what was told of results, or find each `unchanged`; what was taken back is emptied."""
        items = [_item(citizen, organisation, entry, result) for entry, result in read]
        known = self._known([item.id for item, (_, result) in zip(items, read, strict=True) if result is None])
        told = [place for place, (_, result) in enumerate(read) if result is not None or items[place].id in known]
        outcomes = dict.fromkeys(range(len(read)), UNCHANGED)
        before = self.visits_of([items[place].id for place in told if items[place].within])
        outcomes |= dict(zip(told, keep_all(self, RESULTS, [items[place] for place in told]), strict=True))
        changed = {items[place].id: read[place] for place in told if outcomes[place] != UNCHANGED}
        reports = {its: result for its, (entry, result) in changed.items() if entry.type == REPORT}
        self.link({its: _members(citizen, organisation, report) for its, report in reports.items()})
        self.relink_within(before, changed)
        return list(outcomes.values())

    def with_known_settings(self, citizen: str, delivery: Delivery) -> Delivery:
        """Give entries that come without their visit the setting they had before: else a resend could open them."""
        ids = [item_id(citizen, delivery.organisation, entry.item_key) for entry in delivery.entries]
        mine = sa.select(RESULTS.c.id, RESULTS.c.setting).where(
            RESULTS.c.owner == self.owner, RESULTS.c.id.in_(ids), RESULTS.c.setting != ""
        )
        known = {row.id: row.setting for row in self.connection.execute(mine)}
        entries = zip(delivery.entries, ids, strict=True)
        told = (entry if entry.setting else replace(entry, setting=known.get(one, "")) for entry, one in entries)
        return replace(delivery, entries=tuple(told))

    def settle(
        self, results: Collection[str], verdicts: Mapping[str, Verdict], may_read: Callable[[Row[Any], str], bool]
    ) -> list[tuple[Origin, str]]:
        """
        Release what these results and all that belongs together with them are due for, and withhold the rest.

        What opens later is promised. Returns of what its citizen is told origins and limits, each once in its life: it
        is news, no limit hides it from them, and `may_read` says of a row and its category that they would be shown it.
        """
        found = self.links_of(results)
        rows = self._rows({*results, *found, *(member for members in found.values() for member in members)})
        states = {row.id: _state(row, verdicts.get(row.id), self.now) for row in rows.values()}
        held = {row.id: _held(row, states[row.id]) for row in rows.values()}
        told = [one for group in groups(held, found) for one in self._settle(group, rows, states, may_read)]
        self._relimit(rows, states)
        self._save([state for one, state in states.items() if state != _state(rows[one], None, self.now)])
        return told

    def asked(self, result: str) -> tuple[str, tuple[Asked, ...]] | None:
        """The organisation to ask again about a result, and what; None when there is nothing left to ask."""
        mine = sa.select(RESULTS.c.organisation, RESULTS.c.asked).where(
            RESULTS.c.owner == self.owner, RESULTS.c.id == result, RESULTS.c.provisional
        )
        row = self.connection.execute(mine).one_or_none()
        return None if row is None else (row.organisation, schemas.load_asked(row.asked))

    def _settle(
        self,
        group: Group,
        rows: Mapping[str, Row[Any]],
        states: Mapping[str, dict[str, Any]],
        may_read: Callable[[Row[Any], str], bool],
    ) -> Iterator[tuple[Origin, str]]:
        opens_at = group.opens_at()
        if opens_at is not None and opens_at > self.now:
            first = min(group.held)
            self.promise(RELEASE, opens_at, {"result": first}, key=f"{first}|{opens_at.isoformat()}")
        shown = group.shown() if opens_at is not None and opens_at <= self.now else set()
        for one in group.held:
            row, state = rows[one], states[one]
            state["shown_limit"] = row.access_limit
            if row.is_report and one in group.links:
                state |= _composed(row, [rows[part] for part in group.parts(one)])
            newly = one in shown and row.released_at is None
            state["released_at"] = (row.released_at or self.now) if one in shown else None
            is_news = newly and state["is_news"] and row.told_at is None and access_limits.is_told(state["shown_limit"])
            if is_news and may_read(row, state["category"] or CATEGORY):
                state["told_at"] = self.now
                yield Origin.of_item(row, state["category"] or CATEGORY), state["shown_limit"]

    def _relimit(self, rows: Mapping[str, Row[Any]], states: Mapping[str, Mapping[str, Any]]) -> None:
        """
        Note what is hidden from others than it was: what is shown, of which its source's word is only a part.

        What has become another by its source's word is told of whatever it is hidden from.
        """
        self.relimited.clear()
        for one, row in rows.items():
            if states[one]["shown_limit"] != row.shown_limit or one in self.reshared:
                self.relimited[one] = states[one]["shown_limit"]

    def _save(self, states: list[dict[str, Any]]) -> None:
        if states:
            mine = sa.and_(RESULTS.c.owner == self.owner, RESULTS.c.id == sa.bindparam("this"))
            self.connection.execute(sa.update(RESULTS).where(mine), states)

    def _rows(self, ids: Collection[str]) -> dict[str, Row[Any]]:
        mine = sa.select(RESULTS).where(RESULTS.c.owner == self.owner, RESULTS.c.id.in_(ids))
        return {row.id: row for row in self.connection.execute(mine)}

    def _known(self, ids: Collection[str]) -> set[str]:
        if not ids:
            return set()
        mine = sa.select(RESULTS.c.id).where(RESULTS.c.owner == self.owner, RESULTS.c.id.in_(ids))
        return set(self.connection.execute(mine).scalars())


def _state(row: Row[Any], verdict: Verdict | None, now: datetime) -> dict[str, Any]:
    """How a result stands; anew where there is a new verdict on it."""
    state = {"this": row.id, **{name: getattr(row, name) for name in STATE}}
    if verdict is not None:
        answered = row.answered_at or row.received_at
        state["release"] = int(verdict.release)
        state["provisional"] = verdict.provisional
        state["due_at"] = answered + timedelta(days=verdict.days) if verdict.release is Release.REVIEW else None
        state["is_news"] = is_news(row.answered_at or row.occurred_at, now)
    return state


def _held(row: Row[Any], state: Mapping[str, Any]) -> Held:
    return Held(row.id, row.is_report, Stage(row.stage), Release(state["release"]), state["due_at"], row.received_at)


def _composed(report: Row[Any], parts: list[Row[Any]]) -> dict[str, Any]:
    """The body of a report with the values of what it consists of, and its category."""
    values = [value for one in (report, *parts) for value in orjson.loads(one.own_values)]
    own = category_of(schemas.load_asked(report.asked))
    corona = bool(parts) and all(part.category == CORONA_CATEGORY for part in parts)
    return {
        "body": orjson.dumps({**orjson.loads(report.body), "values": values}).decode(),
        "category": own or (CORONA_CATEGORY if corona else ""),
        "shown_limit": access_limits.together(one.access_limit for one in (report, *parts)),
    }


def _members(citizen: str, organisation: str, report: Result | None) -> list[str]:
    keys = () if report is None else report.members
    return [item_id(citizen, organisation, f"{OBSERVATION}|{key}") for key in keys]


def _item(citizen: str, organisation: str, entry: Entry, told: Result | None) -> Item:
    result = told or Result(is_report=entry.type == REPORT, stage=Stage.VOID)
    return Item(
        owner=citizen,
        organisation=organisation,
        key=entry.item_key,
        occurred_at=result.occurred_at,
        kind="result",
        setting=entry.setting,
        body=schemas.body(result),
        access_limit=result.access_limit,
        within=fhir.within(entry.resource, citizen, organisation),
        extra={
            "is_report": result.is_report,
            "stage": str(result.stage),
            "category": category_of(result.asked),
            "answered_at": result.answered_at,
            "own_values": orjson.dumps(schemas.values(result.values)).decode(),
            "asked": schemas.dump_asked(result.asked),
        },
        beside={"members": result.members} if result.members else {},
    )
