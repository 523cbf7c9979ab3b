"""Care plans in the calendar: what record systems say is to be done, beside what is to come (R38)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.engine import Row

from helsami_appointments import kept
from helsami_appointments.calendar import planned, schemas, storage
from helsami_appointments.calendar.domain import MOST_SHOWN, OwnEvent
from helsami_appointments.calendar.planned import Action
from helsami_appointments.calendar.recurrence import occurrences
from helsami_appointments.calendar.wall import ZONE
from helsami_kernel import journal
from helsami_kernel.access import AccessToken
from helsami_kernel.database import Reads, Writes
from helsami_kernel.fhir import within
from helsami_kernel.items import Item, item_id
from helsami_kernel.journal import STORED, UNCHANGED, Delivery, Entry, Unreadable
from helsami_kernel.showing import Showing
from helsami_sdk.organisations import Organisations

CATEGORY: Final = "documents"
"""The go-live category of a care plan: something written of a citizen, which takes what reading that takes."""

MOST_KEPT: Final = 300
"""How many things to do all of a citizen's plans together may have in the calendar: each is looked through for it."""

Json = dict[str, Any]


class Plans:
    """Part of the calendar: what care plans put into it."""

    rules: Organisations

    def take_plans(self, tx: Writes, delivery: Delivery) -> Json:
        """Keep what a delivery's care plans say is to be done, one by one: each counts for the next; their outcomes."""

        def keep(read: list[tuple[Entry, list[Action] | None]]) -> list[str]:
            return [_kept(tx, delivery.organisation, entry, actions) for entry, actions in read]

        def actions(entry: Entry) -> list[Action] | None:
            found = planned.actions(entry)
            others = storage.count_actions(tx, delivery.organisation, entry.item_key)
            if found is not None and others + len(found) > MOST_KEPT:
                raise Unreadable("too-many-actions", "CarePlan.activity")
            return found

        readers = {"CarePlan": kept.read_about_a_citizen(tx, actions)}
        alone = (journal.take(replace(delivery, entries=(entry,)), readers, keep) for entry in delivery.entries)
        return {"outcomes": [outcome for taken in alone for outcome in taken["outcomes"]]}

    def planned_between(
        self, reads: Reads, access: AccessToken, since: datetime, until: datetime
    ) -> tuple[list[Json], list[dict[str, str]]]:
        """What of the plans lies in a window and this reader is shown, and why something may be missing."""
        showing = Showing(CATEGORY, self.rules, access, reads.notes)
        rows = [row for row in _actions(reads, access, since, until) if showing.may_show(row)]
        showing.note()
        absences = showing.absences(rows, showing.oldest(storage.oldest_actions(reads)))
        found: list[Json] = []
        for row in rows:
            found += _shown(row, since, until, hide_place=access.protected)
            if len(found) > MOST_SHOWN:
                break
            time.sleep(0)  # to reckon one that recurs takes a millisecond, and others are waiting
        return found, absences

    def planned_events(self, reads: Reads, access: AccessToken, since: datetime, until: datetime) -> list[OwnEvent]:
        """What of the plans may lie in a window and this reader is shown, each with its rule."""
        showing = Showing(CATEGORY, self.rules, access, reads.notes)
        return [event_of(row) for row in _actions(reads, access, since, until) if showing.may_show(row)]


def hidden_with(owner: str, organisation: str, key: str) -> str:
    """
    The id of the plan of an action with that key: where one of its actions is hidden, all of them are.

    Actions are known by their places in the plan: when it comes again, another may be at the place of the hidden one.
    """
    return item_id(owner, organisation, key.rpartition("|")[0])


def _actions(reads: Reads, access: AccessToken, since: datetime, until: datetime) -> Iterator[Row[Any]]:
    """What may lie in a window, without the plans of which something is hidden from this reader."""
    for row in storage.actions_between(reads, since, until):
        if not access.hidden or item_id(str(reads.owner), row.organisation, row.plan) not in access.hidden:
            yield row


def event_of(row: Row[Any]) -> OwnEvent:
    """Something to do, as an event."""
    body = orjson.loads(row.body)
    return OwnEvent(
        id=row.id,
        title=body["title"],
        place=body["place"] or "",
        notes="",
        all_day=row.all_day,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=ZONE,
        rule=row.rule,
        last_at=row.last_at,
    )


def _shown(row: Row[Any], since: datetime, until: datetime, *, hide_place: bool) -> list[Json]:
    body = orjson.loads(row.body)
    about = {name: body[name] for name in ("id", "organisation", "title", "place", "plan", "status")}
    about |= {"place": None} if hide_place else {}
    return [
        {"type": "plan", **about, **schemas.times(each), "recurring": bool(row.rule)}
        for each in occurrences(event_of(row), since, until)
    ]


def _kept(tx: Writes, organisation: str, entry: Entry, actions: Sequence[Action] | None) -> str:
    """Keep what a plan says by now, and forget what it said before and says no longer."""
    items = [_item(tx, organisation, entry, place, action) for place, action in enumerate(actions or ())]
    gone = storage.forget_actions(tx, organisation, entry.item_key, [item.id for item in items])
    stored = STORED in storage.keep_actions(tx, items)
    return STORED if stored or gone else UNCHANGED


def _item(tx: Writes, organisation: str, entry: Entry, place: int, action: Action) -> Item:
    event = action.event
    return Item(
        owner=str(tx.owner),
        organisation=organisation,
        key=f"{entry.item_key}|{place}",
        occurred_at=action.written_at,
        kind="document",
        body={
            "title": event.title,
            "place": event.place or None,
            "plan": action.plan or None,
            "status": action.status or None,
        },
        access_limit=action.access_limit,
        within=within(entry.resource, str(tx.owner), organisation),
        extra={
            "plan": entry.item_key,
            "all_day": event.all_day,
            "starts_at": event.starts_at,
            "ends_at": event.ends_at,
            "rule": event.rule,
            "last_at": event.last_at,
        },
    )
