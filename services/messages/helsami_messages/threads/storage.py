"""How threads and their messages are stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel.database import UtcDateTime
from helsami_kernel.errors import NotFound
from helsami_kernel.items import SHARING_COLUMNS, Item, item_id, keep
from helsami_kernel.journal import Entry
from helsami_kernel.news import stored
from helsami_kernel.sections import Section
from helsami_messages.limits import limited
from helsami_messages.models import MESSAGES, THREADS
from helsami_messages.recipients.domain import CareTeam, Relation
from helsami_messages.recipients.fhir import limit_told
from helsami_messages.recipients.reach import CATEGORY
from helsami_messages.threads import schemas
from helsami_messages.threads.domain import CITIZEN, SENT, STAFF, WAITS, Message, Thread
from helsami_messages.ways import storage as ways
from helsami_messages.ways.storage import plausible

THREAD: Final = "thread"
SECTION: Final = Section(THREADS, CATEGORY)
NEWS_OF: Final = {THREAD: stored(THREADS)}
ROWS: Final[sa.Select[Any]] = sa.select(
    *(THREADS.c[name] for name in ("id", "organisation", "key", "occurred_at", *SHARING_COLUMNS, "body")),
    sa.literal("").label("category"),
    THREADS.c.employee,
    THREADS.c.replies,
    THREADS.c.record_key,
).where(THREADS.c.owner == sa.bindparam("owner"))
ONE: Final = ROWS.where(THREADS.c.id == sa.bindparam("id", type_=sa.String))
"""One thread of its owner, with what `Showing` asks rules about."""
WITH: Final = ROWS.where(THREADS.c.organisation == sa.bindparam("organisation", type_=sa.String)).order_by(THREADS.c.id)
"""All threads of their owner with an organisation, each as ONE has it."""
MESSAGES_OF: Final = (
    sa.select(MESSAGES)
    .where(MESSAGES.c.owner == sa.bindparam("owner"), MESSAGES.c.thread == sa.bindparam("thread", type_=sa.String))
    .order_by(MESSAGES.c.number)
)
LAST: Final = sa.select(sa.func.coalesce(sa.func.max(MESSAGES.c.number), 0)).where(
    MESSAGES.c.owner == sa.bindparam("owner"), MESSAGES.c.thread == sa.bindparam("thread", type_=sa.String)
)
"""The number of a thread's last message."""
LATER: Final = MESSAGES.alias("later")
UNANSWERED: Final = (
    sa.select(sa.func.count())
    .select_from(MESSAGES.join(THREADS, MESSAGES.c.thread == THREADS.c.id))
    .where(
        MESSAGES.c.owner == sa.bindparam("owner"),
        THREADS.c.owner == MESSAGES.c.owner,
        THREADS.c.organisation == sa.bindparam("organisation", type_=sa.String),
        MESSAGES.c.author == CITIZEN,
        MESSAGES.c.on_behalf == sa.bindparam("on_behalf", type_=sa.Boolean),
        MESSAGES.c.at > sa.bindparam("since", type_=UtcDateTime),
        ~sa.exists().where(
            LATER.c.owner == MESSAGES.c.owner,
            LATER.c.thread == MESSAGES.c.thread,
            LATER.c.number > MESSAGES.c.number,
            LATER.c.author == STAFF,
        ),
    )
)
"""How many messages of a citizen to an organisation have no answer below them."""


class Reads(ways.Reads):
    """What is read of a citizen's threads."""

    def thread_row(self, thread: str) -> Row[Any]:
        """A row of ONE. Raises NotFound("thread-not-found")."""
        return _the_one(self.fetch(ONE, id=plausible(thread)))

    def messages_of(self, thread: str) -> list[Message]:
        """What is written in a thread, the oldest first."""
        return [_message(row) for row in self.fetch(MESSAGES_OF, thread=thread)]


class Writes(ways.Writes):
    """One transaction, in which something may be written."""

    def thread_row(self, thread: str) -> Row[Any]:
        """A row of ONE, held for this transaction alone. Raises NotFound("thread-not-found")."""
        mine = {"owner": self.owner, "id": plausible(thread)}
        return _the_one(self.connection.execute(ONE.with_for_update(), mine))

    def keep_teams(self, organisation: str, read: list[tuple[Entry, CareTeam | None]]) -> list[str]:
        """Keep a citizen's care teams, and hide from whom they are hidden what is written to them (K23)."""
        before = {one.record_key: one.access_limit for one in self._told_by(organisation)}
        outcomes = super().keep_teams(organisation, read)
        self.relimited.clear()  # nobody has heard of a care team: what is told of are threads
        relations, told = self._told_by(organisation), {entry.key: limit_told(entry) for entry, _ in read}
        mine = {"owner": self.owner, "organisation": organisation}
        for row in self.connection.execute(WITH.with_for_update(), mine).all():
            thread = thread_of(row)
            if (hidden := limited(thread, relations, self.now, before, told)) != thread:
                self.keep_thread(hidden)
        return outcomes

    def _told_by(self, organisation: str) -> list[Relation]:
        return [one for one in self.relations() if one.organisation == organisation]

    def messages_of(self, thread: str) -> list[Message]:
        """What is written in a thread, the oldest first."""
        mine = {"owner": self.owner, "thread": thread}
        return [_message(row) for row in self.connection.execute(MESSAGES_OF, mine)]

    def begin(self, relation: Relation, subject: str, *, replies: bool = True) -> Thread:
        """A new thread with somebody, in which the citizen writes first; it is kept with its first message."""
        key = str(uuid.uuid4())
        return Thread(
            id=item_id(str(self.owner), relation.organisation, key),
            key=key,
            organisation=relation.organisation,
            unit=relation.unit,
            employee=relation.employee,
            role=relation.role,
            name=relation.name,
            subject=subject,
            at=self.now,
            state=SENT,
            replies=replies,
            access_limit=relation.access_limit,
            record_key=relation.record_key,
            team=relation.team,
        )

    def write(self, thread: Thread, message: Message) -> dict[str, Any]:
        """Add a message to a thread that has become so by it; returns the thread as it is kept."""
        mine = {"owner": self.owner, "thread": thread.id}
        number = 1 + self.connection.execute(LAST, mine).scalar_one()  # held, or new: nobody else adds to it now
        self.connection.execute(sa.insert(MESSAGES).values(owner=self.owner, number=number, **asdict(message)))
        return self.keep_thread(thread)

    def unanswered(self, organisation: str, *, on_behalf: bool) -> int:
        """
        How many messages wait that the citizen, or others for them, wrote lately: no answer is below them.

        Of what they see in their threads alone: whether anybody has opened a message shows in this no more than there
        (R80). What nobody has answered for so long, as thanks, waits no longer.
        """
        mine = {"owner": self.owner, "organisation": organisation, "on_behalf": on_behalf}
        counted: int = self.connection.execute(UNANSWERED, {**mine, "since": self.now - WAITS}).scalar_one()
        return counted

    def keep_thread(self, thread: Thread) -> dict[str, Any]:
        """Store a thread as it has become; returns what is read of it in a list."""
        item = self.item_of(thread)
        keep(self, THREADS, item)
        return item.finished

    def item_of(self, thread: Thread) -> Item:
        """A thread as it is kept, shown and told of."""
        return Item(
            owner=str(self.owner),
            organisation=thread.organisation,
            key=thread.key,
            occurred_at=thread.at,
            kind=THREAD,
            body=schemas.body(thread),
            access_limit=thread.access_limit,
            within=thread.team,
            extra={"employee": thread.employee, "replies": thread.replies, "record_key": thread.record_key},
        )


def thread_of(row: Row[Any]) -> Thread:
    """The thread of a row of ONE."""
    body = orjson.loads(row.body)
    return Thread(
        id=row.id,
        key=row.key,
        organisation=row.organisation,
        unit=body["unit"],
        employee=row.employee,
        role=body["to"]["role"] or "",
        name=body["to"]["name"] or "",
        subject=body["subject"],
        at=row.occurred_at,
        state=body["state"],
        replies=row.replies,
        may_reply=body["may_reply"],
        unread=body["unread"],
        access_limit=row.access_limit,
        record_key=row.record_key,
        team=row.within,
    )


def _message(row: Row[Any]) -> Message:
    return Message(**{name: getattr(row, name) for name in Message.__slots__})


def _the_one(rows: Iterable[Any]) -> Row[Any]:
    row: Row[Any] | None = next(iter(rows), None)
    if row is None:
        raise NotFound("thread-not-found")
    return row
