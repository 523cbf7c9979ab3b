"""Threads on the bus: what a citizen writes, replies and reads."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.engine import Row

from helsami_kernel import contributes, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.errors import Forbidden, NotFound, Refused, load
from helsami_kernel.journal import take_turns
from helsami_kernel.pages import PageQuery
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_messages.recipients.domain import Relation
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_messages.recipients.reach import CATEGORY, Reach
from helsami_messages.threads import schemas
from helsami_messages.threads.domain import CITIZEN, MOST_UNANSWERED, Message, Thread, has_seen_all
from helsami_messages.threads.storage import SECTION, Reads, Writes, thread_of
from helsami_messages.ways.routing import send
from helsami_sdk.organisations import Organisations

AT_HOME: Final = 5

Json = dict[str, Any]


class Threads:
    """Part of messages: a citizen's own threads."""

    store: OpenStore[Reads, Writes]
    rules: Organisations
    ids: Pseudonyms
    clock: Callable[[], datetime]

    @rpc(scope="messages:act", answers=schemas.ThreadShown)
    def write(self, command: Json, access: AccessToken) -> Json:
        """
        Write to somebody, if their organisation lets this reader (R78); it lies at once where the organisation says.

        Raises NotFound("recipient-not-found"), also for whom one may not write to, and Refused `not-delegated` or
        `too-many-messages`.
        """
        wish = load(schemas.Write, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"write": wish})) is not None:
                return dict(done)
            take_turns(tx)  # before what it depends on is read: who may be written to, and who is kept out
            team = tx.relations()
            contact = self._reach(tx, access).contact(team, wish["recipient"])
            thread = tx.begin(contact.relation, wish["subject"], replies=contact.terms.may_reply)
            return dict(tx.remember(self._send(tx, thread, wish["text"], team, access)))

    @rpc(scope="messages:act", answers=schemas.ThreadShown)
    def reply(self, command: Json, access: AccessToken) -> Json:
        """
        Write again in a thread, where its last answer has opened for it (R77); where it lies is decided anew.

        Raises NotFound("thread-not-found"), and Refused `not-delegated`, `no-reply` or `too-many-messages`.
        """
        wish = load(schemas.Reply, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"reply": wish})) is not None:
                return dict(done)
            take_turns(tx)  # before the thread is held, as wherever both are
            thread = thread_of(self._seen(tx.thread_row(wish["thread"]), access))
            self._reach(tx, access).check_delegated(thread.organisation, thread.unit)
            if not thread.may_reply:
                raise Refused("no-reply")
            return dict(tx.remember(self._send(tx, thread, wish["text"], tx.relations(), access)))

    @rpc(scope="messages:act", answers=schemas.OneThread)
    def mark_read(self, command: Json, access: AccessToken) -> Json:
        """
        Note that the citizen has read a thread as far as a message; again is the same.

        An answer that is newer than what they have seen stays unread. Raises NotFound `thread-not-found` or
        `message-not-found`, also of another thread's, and Forbidden("not-for-representatives"): what others read is
        not read.
        """
        wish = load(schemas.Read, command)
        if access.on_behalf:
            raise Forbidden("not-for-representatives")
        with self.store.transaction(owner=subject_of(access)) as tx:
            thread = thread_of(self._seen(tx.thread_row(wish["thread"]), access))
            messages = tx.messages_of(thread.id)
            if wish["message"] not in {one.id for one in messages}:
                raise NotFound("message-not-found")
            if has_seen_all(messages, wish["message"]):
                tx.keep_thread(replace(thread, unread=False))
        return {"thread": thread.id}

    @rpc(scope="messages:read", answers=schemas.ThreadShown)
    def thread(self, question: Json, access: AccessToken) -> Json:
        """A thread with all that is written in it. Raises NotFound("thread-not-found")."""
        wanted = load(schemas.OneThread, question)
        reads = self.store.reading(subject_of(access))
        row = self._seen(reads.thread_row(wanted["thread"]), access)
        return schemas.shown(orjson.loads(row.body), reads.messages_of(row.id), access)

    @rpc(scope="messages:read")
    def page(self, question: Json, access: AccessToken) -> bytes:
        """A page of threads, the one with the newest message first (R75)."""
        return self._section(access, **load(PageQuery, question))

    @contributes("home", "messages", scope="messages:read")
    def for_home(self, _question: Json, access: AccessToken) -> bytes:
        """The threads with the newest messages."""
        return self._section(access, AT_HOME, None)

    def _section(self, access: AccessToken, limit: int, cursor: str | None) -> bytes:
        reads = self.store.reading(subject_of(access))
        page = SECTION.finished(reads, self.rules, access, self.clock(), limit, cursor)
        if not access.protected:
            return page
        read = orjson.loads(page)
        return orjson.dumps({**read, "items": [schemas.placed(item, access) for item in read["items"]]})

    def _send(self, tx: Writes, thread: Thread, text: str, team: Iterable[Relation], access: AccessToken) -> Json:
        """Store what the citizen writes together with where it lies; the thread with all its messages."""
        if tx.unanswered(thread.organisation, on_behalf=access.on_behalf) >= MOST_UNANSWERED:
            raise Refused("too-many-messages")
        message = Message(str(uuid.uuid4()), thread.id, CITIZEN, text, tx.now, on_behalf=access.on_behalf)
        listed = tx.write(thread.written_to(tx.now), message)
        send(tx, self.rules, thread, message.id, team, access)
        return schemas.shown(listed, tx.messages_of(thread.id), access)

    def _seen(self, row: Row[Any], access: AccessToken) -> Row[Any]:
        """A thread that this reader sees. What they are not shown is not there."""
        if not Showing(CATEGORY, self.rules, access, self.store.decisions).may_show(row):
            raise NotFound("thread-not-found")
        return row

    def _reach(self, tx: Writes, access: AccessToken) -> Reach:
        return Reach(self.rules, self.ids, access, tx.now, tx)
