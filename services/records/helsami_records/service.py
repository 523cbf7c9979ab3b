"""Records on the bus."""

from __future__ import annotations

from typing import Any, Final

from helsami_kernel import Clock, Event, OrganisationRules, Store, access_limits, contributes, journal, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.database import Reads
from helsami_kernel.decisions import explained
from helsami_kernel.errors import load
from helsami_kernel.items import Item
from helsami_kernel.journal import STORED, Delivery, Entry
from helsami_kernel.news import may_be_told
from helsami_kernel.origins import Origin
from helsami_kernel.shieldable import Shieldable
from helsami_records import fhir, schemas, storage
from helsami_records.domain import SummaryPublished, Thing, Visit
from helsami_records.letters.entrypoints import Letters, for_readers
from helsami_records.letters.storage import CATEGORY
from helsami_records.protected import located

ITEMS_AT_HOME: Final = 5
DOCUMENT: Final = "DocumentReference"
VISITS: Final = "visits"
TOLD_OF: Final = {"visit": VISITS, "note": VISITS, "document": CATEGORY}
"""The go-live categories of kinds of items of which citizens are told."""


class RecordsService(Letters, Shieldable):
    """Owns what a record holds of visits, diagnoses, allergies, vaccines and letters, as its citizen reads it."""

    name = "records"
    shieldable = storage.SHIELDABLE
    news_of = storage.NEWS_OF

    store = Store(Reads, storage.Writes, tells_of_items=True)
    rules = OrganisationRules()
    clock = Clock()

    @rpc(scope="journal:write", answers=journal.ReceiveOutcome)
    def receive(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Keep what an organisation's record system says of one citizen, and tell of new visits (R54)."""
        delivery, citizen = journal.delivered_about_someone(command, access)
        with self.store.transaction(citizen) as tx:

            def keep(read: list[tuple[Entry, Thing | None]]) -> list[str]:
                return self._keep(tx, citizen, delivery, read)

            documents = for_readers(fhir.READERS[DOCUMENT], delivery, tx.now)
            return journal.take(delivery, {**fhir.READERS, DOCUMENT: documents}, keep)

    @rpc(scope="records:read")
    def page(self, query: object, access: AccessToken) -> bytes:
        """A page of one section, the newest first."""
        wanted = load(schemas.PageQuery, query)
        name = wanted.pop("section")
        reads = self.store.reading(access.subject)
        page = storage.SECTIONS[name].finished(reads, self.rules, access, self.clock(), **wanted)
        return located(name, page, access)

    @contributes("home", *storage.AT_HOME, scope="records:read")
    def for_home(self, question: object, access: AccessToken) -> dict[str, bytes]:  # noqa: ARG002  all are asked the same
        """The newest visits with their notes, diagnoses, allergies and vaccines (R57-R59)."""
        reads = self.store.reading(access.subject)
        sections = storage.HOME.finished(reads, self.rules, access, self.clock(), ITEMS_AT_HOME)
        return {name: located(name, page, access) for name, page in sections.items()}

    @contributes("decisions", "records", scope="organisations:manage")
    def explain(self, question: object, access: AccessToken) -> bytes:
        """Why a part of the record was not shown."""
        return explained(self.store.decisions, question, access)

    def _keep(
        self, tx: storage.Writes, citizen: str, delivery: Delivery, read: list[tuple[Entry, Thing | None]]
    ) -> list[str]:
        items = [storage.item(citizen, delivery.organisation, entry, thing) for entry, thing in read]
        outcomes = tx.keep([(entry.type, item) for (entry, _), item in zip(read, items, strict=True)])
        news = {
            item.id: item
            for (_, thing), item, outcome in zip(read, items, outcomes, strict=True)
            if outcome == STORED and isinstance(thing, Visit) and isinstance(item, Item)
            if thing.is_news(tx.now) and may_be_told(item, VISITS, self.rules[delivery.organisation])
        }
        for visit in sorted(tx.untold(news)) if news else ():
            told = schemas.SummaryPublished().dump(SummaryPublished(visit, news[visit].access_limit))
            event = Event.of(type="summary_published", subject=citizen, data=told)
            self.tell(tx, event, Origin.of_item(news[visit], VISITS))
        for told, origin in access_limits.changed(tx, TOLD_OF):
            tx.announce(Event.of("access_limit_changed", subject=citizen, data=told), of=origin)
        all_told = zip(items, read, outcomes, strict=True)
        self.keep_enclosed(tx, ((item, thing, how) for item, (entry, thing), how in all_told if entry.type == DOCUMENT))
        return outcomes
