"""Stays on the bus: what record systems say of them, and what citizens read (R31)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from helsami_appointments import kept
from helsami_appointments.kept import read_about_a_citizen
from helsami_appointments.stays import fhir, schemas
from helsami_appointments.stays.domain import News, Stay, StayTold
from helsami_appointments.stays.models import STAYS
from helsami_kernel import Event, journal, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.database import Writes
from helsami_kernel.errors import load
from helsami_kernel.fhir import within
from helsami_kernel.items import Item, Withdrawn
from helsami_kernel.journal import Delivery, Entry
from helsami_kernel.news import TellsNews
from helsami_kernel.origins import Origin
from helsami_kernel.pages import PageQuery
from helsami_kernel.sections import Section
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

CATEGORY: Final = "visits"
"""A stay is a visit: what it takes to see the one it takes to see the other, before it begins as well."""

SECTION: Final = Section(STAYS, CATEGORY)

Json = dict[str, Any]


class Stays(TellsNews):
    """Part of appointments: a citizen's stays in institutions."""

    store: OpenStore[Any, Any]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:read")
    def stays(self, question: Json, access: AccessToken) -> bytes:
        """A page of stays, those that are planned first, then those that were, newest first. Raises Forbidden."""
        wanted = load(PageQuery, question)
        kept.check_reads_records(access)
        reads = self.store.reading(subject_of(access))
        page = SECTION.finished(reads, self.rules, access, self.clock(), **wanted)
        return kept.without(page, "place") if access.protected else page

    def take_stays(self, tx: Writes, delivery: Delivery) -> Json:
        """Keep what a delivery says of stays, and tell of what is new; an outcome for each entry."""

        def keep(read: list[tuple[Entry, Stay | None]]) -> list[str]:
            told = [_told(tx, delivery.organisation, entry, stay) for entry, stay in read]
            outcomes = kept.keep(tx, STAYS, told)
            both = zip(told, (stay for _, stay in read), strict=True)
            self._tell_of_stays(tx, {item.id: (item, stay) for item, stay in both if isinstance(item, Item) and stay})
            return outcomes

        return journal.take(delivery, {"Encounter": read_about_a_citizen(tx, fhir.stay)}, keep)

    def _tell_of_stays(self, tx: Writes, stays: Mapping[str, tuple[Item, Stay]]) -> None:
        """Tell of each what its citizen has not been told and may read."""
        for its, told in kept.told_of(tx, STAYS, stays).items():
            item, stay = stays[its]
            if told == stay.word:
                continue
            kept.remember_told(tx, STAYS, its, stay.word)
            news = stay.news_since(told, tx.now)
            if news is not None:
                event = _event(news, tx, StayTold(its, stay.access_limit))
                until = None if news is News.ENDED else stay.begins
                self.tell(tx, event, Origin.of_item(item, CATEGORY), until=until)


def _event(news: News, tx: Writes, told: StayTold) -> Event:
    data = schemas.StayTold().dump(told)
    match news:
        case News.PLANNED:
            return Event.of("stay_planned", subject=tx.owner, data=data)
        case News.ENDED:
            return Event.of("stay_ended", subject=tx.owner, data=data)
    return Event.of("stay_cancelled", subject=tx.owner, data=data)


def _told(tx: Writes, organisation: str, entry: Entry, stay: Stay | None) -> Item | Withdrawn:
    if stay is None or tx.owner is None:
        return Withdrawn(organisation, entry.item_key)
    return Item(
        owner=tx.owner,
        organisation=organisation,
        key=entry.item_key,
        occurred_at=stay.begins,
        kind="visit",
        body=schemas.body(stay),
        setting=stay.setting,
        visit_type=stay.visit_type,
        access_limit=stay.access_limit,
        within=within(entry.resource, tx.owner, organisation),
    )
