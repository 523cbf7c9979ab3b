"""Letters on the bus: what they say, what is enclosed, and which are about an appointment (R40)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.engine import Row

from helsami_kernel import Event, contributes, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.database import Reads
from helsami_kernel.errors import NotFound, load
from helsami_kernel.items import Item, Withdrawn, item_id
from helsami_kernel.journal import STORED, Delivery, Entry, Unreadable
from helsami_kernel.news import TellsNews, may_be_told
from helsami_kernel.origins import Origin
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_records.letters import schemas, storage
from helsami_records.letters.domain import Letter, LetterIssued
from helsami_records.protected import letter_of
from helsami_sdk.organisations import Organisations

LONGEST_ID: Final = 36
NOT_DIGITAL: Final = "not-digital"
BY_POST: Final = "this letter by post: whom it is to reads nothing here now"

Json = dict[str, Any]
Reader = Callable[[Entry], Any]


def for_readers(reader: Reader, delivery: Delivery, now: datetime) -> Reader:
    """
    As a reader of documents, but for a letter of these days to somebody who reads nothing here now.

    That is refused, not stored: what its sender takes for sent must have reached somebody (K19, R85). Older letters
    are an import of history, of which nobody is told anyway, and what is taken back is taken back.
    """
    if not delivery.by_post:
        return reader

    def read(entry: Entry) -> Any:
        thing = reader(entry)
        if isinstance(thing, Letter) and thing.is_news(now):
            raise Unreadable(NOT_DIGITAL, entry.type, BY_POST)
        return thing

    return read


class Letters(TellsNews):
    """Part of records: what organisations have written to a citizen."""

    store: OpenStore[Any, Any]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="records:read", answers=schemas.ShownLetter)
    def letter(self, question: Json, access: AccessToken) -> Json:
        """A letter. Raises NotFound("letter-not-found"), also for somebody else's and one this reader is not shown."""
        wanted = load(schemas.OneLetter, question)
        return letter_of(_body(self._shown(self.store.reading(access.subject), access, wanted["letter"])), access)

    @rpc(scope="records:read", answers=schemas.Content)
    def letter_attachment(self, question: Json, access: AccessToken) -> Json:
        """What is enclosed with a letter under a number from 1. Raises NotFound as `letter` does."""
        wanted = load(schemas.OneAttachment, question)
        reads = self.store.reading(access.subject)
        row = self._shown(reads, access, wanted["letter"])
        enclosed = storage.enclosure(reads, row.id, wanted["number"])
        if enclosed is None:
            raise NotFound("letter-not-found")
        return {"content_type": enclosed.content_type, "data": base64.b64encode(bytes(enclosed.data)).decode()}

    @contributes("appointment", "letters", scope="records:read")
    def letters_of_appointment(self, question: Json, access: AccessToken) -> bytes:
        """The letters about an appointment: whoever asks has seen to it that the reader is shown that."""
        wanted = load(schemas.OfAppointment, question)
        reads = self.store.reading(access.subject)
        showing = Showing(storage.CATEGORY, self.rules, access, reads.notes)
        shown = [row for row in storage.of_appointment(reads, wanted["appointment"]) if showing.may_show(row)]
        rows = shown[: storage.MOST_OF_AN_APPOINTMENT]
        showing.note()
        items = [schemas.listed(_body(row)) for row in rows]
        absences = showing.absences(rows, {})
        rest = {"as_of": written(self.clock()), "status": "ok", "absences": absences, "next": None}
        return orjson.dumps({"items": items, **rest})

    def keep_enclosed(self, tx: storage.Writes, told: Iterable[tuple[Item | Withdrawn, object, str]]) -> None:
        """Keep what is enclosed with the documents of a delivery that were letters, and tell of those that are new."""
        stored = [(item, thing) for item, thing, outcome in told if outcome == STORED]
        tx.enclose({_id(tx, item): thing if isinstance(thing, Letter) else None for item, thing in stored})
        news = {
            item.id: item
            for item, thing in stored
            if isinstance(item, Item) and isinstance(thing, Letter) and thing.is_news(tx.now)
            if may_be_told(item, storage.CATEGORY, self.rules[item.organisation])
        }
        for its in sorted(tx.untold_letters(news)) if news else ():
            item = news[its]
            data = schemas.LetterIssued().dump(LetterIssued(its, item.access_limit, item.extra["appointment"]))
            event = Event.of("letter_issued", subject=tx.owner, data=data)
            self.tell(tx, event, Origin.of_item(item, storage.CATEGORY))

    def _shown(self, reads: Reads, access: AccessToken, letter: str) -> Row[Any]:
        plausible = letter if len(letter) <= LONGEST_ID and letter.isascii() and letter.isprintable() else ""
        row = storage.one(reads, plausible)
        if row is None or not Showing(storage.CATEGORY, self.rules, access, reads.notes).may_show(row):
            raise NotFound("letter-not-found")
        return row


def _id(tx: storage.Writes, item: Item | Withdrawn) -> str:
    return item_id(str(tx.owner), item.organisation, item.key)


def _body(row: Row[Any]) -> Json:
    read: Json = orjson.loads(row.body)
    return read
