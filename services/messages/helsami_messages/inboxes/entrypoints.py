"""What staff do with messages: find, open, forward and answer them, and write first (R76, R80)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from helsami_kernel import Event, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, FieldProblem, NotFound, Refused, load
from helsami_kernel.journal import take_turns
from helsami_kernel.news import TellsNews
from helsami_kernel.origins import Origin
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import key_of_staff, organisation_of
from helsami_kernel.store import OpenStore
from helsami_messages.inboxes import schemas
from helsami_messages.limits import holding
from helsami_messages.recipients.domain import Relation
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_messages.recipients.reach import CATEGORY
from helsami_messages.threads import schemas as threads
from helsami_messages.threads.domain import RECEIVED, STAFF, Message, MessageAnswered, MessageWritten, Thread
from helsami_messages.threads.storage import NEWS_OF, Reads, Writes, thread_of
from helsami_messages.ways.domain import UNOPENED, Lying, forwarded
from helsami_messages.ways.routing import go_on
from helsami_sdk.organisations import Organisations

OLDEST: Final = Cursor(datetime.min.replace(tzinfo=UTC), "")
NOBODY: Final = Relation("", "")
NOT_DIGITAL: Final = "not-digital"

Json = dict[str, Any]


class Inboxes(TellsNews):
    """Part of messages: those to one organisation, for its staff. Another organisation's are not there."""

    news_of = NEWS_OF
    store: OpenStore[Reads, Writes]
    rules: Organisations
    ids: Pseudonyms
    clock: Callable[[], datetime]

    @rpc(scope="organisations:manage", answers=schemas.LyingPage)
    def lying(self, question: Json, access: AccessToken) -> Json:
        """
        What lies in an inbox, or with an employee, and is not answered: ids and times, no citizen and no text.

        What lies in an inbox that the organisation has no longer is found until it is answered. Raises
        NotFound("inbox-not-found"): what is misspelt does not look empty.
        """
        wanted = load(schemas.LyingQuery, question)
        organisation = organisation_of(access)
        place = _place(self.ids, organisation, wanted)
        reads = self.store.reading(None)
        if not (place["inbox"] and reads.is_used(organisation, place["inbox"])):
            self._check_inbox(organisation, place["inbox"])
        found = reads.lying_at(
            organisation,
            place,
            Cursor.read(wanted["cursor"], OLDEST),
            wanted["limit"] + 1,
            unopened=wanted["state"] == UNOPENED,
        )
        page = found[: wanted["limit"]]
        more = Cursor(page[-1].arrived_at, page[-1].message) if len(found) > len(page) else None
        return {"messages": [schemas.listed(one) for one in page], "next": more and str(more)}

    @rpc(scope="organisations:manage", answers=schemas.Whose)
    def whose(self, question: Json, access: AccessToken) -> Json:
        """
        Whose message this is, for who logs that it is read before it is opened: a log that is away stops no clock.

        Raises NotFound("message-not-found").
        """
        wanted = load(schemas.OneMessage, question)
        return {"citizen": self._found(organisation_of(access), wanted["message"]).owner}

    @rpc(scope="organisations:manage", answers=schemas.Opened)
    def open_message(self, command: Json, access: AccessToken) -> Json:
        """
        Read the thread that a message is in: all that is written there is open then, and moves on no more.

        Whoever asks for staff logs for the citizen that they look, before this (`whose`). Raises
        NotFound("message-not-found"); again is the same.
        """
        wish = load(schemas.OneMessage, command)
        organisation = organisation_of(access)
        lying = self._found(organisation, wish["message"])
        with self.store.transaction(owner=lying.owner) as tx:
            row = tx.thread_row(lying.thread)  # held, so that nothing is written that is shown and not opened
            tx.hold(lying.thread)
            tx.open(lying.thread)
            read = threads.shown(orjson.loads(row.body), tx.messages_of(row.id), access)
            del read["unread"]  # is the citizen's own
            return {**read, "message": lying.message, "record_key": thread_of(row).record_key}

    @rpc(scope="organisations:manage", answers=schemas.Forwarded)
    def forward(self, command: Json, access: AccessToken) -> Json:
        """
        Let a message lie in another inbox, or with somebody else who treats the citizen; its clock begins anew (R80).

        To where it lies already changes nothing, so that nobody holds it back by this.
        Raises NotFound `message-not-found`, `inbox-not-found` or `employee-not-found`; Conflict("message-answered").
        """
        wish = load(schemas.Forward, command)
        organisation = organisation_of(access)
        with self.store.transaction(owner=self._found(organisation, wish["message"]).owner) as tx:
            if (done := tx.once(key_of_staff(access), {"forward": wish})) is not None:
                return dict(done)
            lying = tx.lying_of(organisation, wish["message"])
            if lying.answered_at is not None:
                raise Conflict("message-answered")
            to = self._checked(tx, organisation, _place(self.ids, organisation, wish["to"]))
            moved = lying if lying.lies_at(**to) else go_on(tx, self.rules, lying, forwarded(lying, **to))
            return dict(tx.remember({"message": moved.message, "due_at": written(moved.due_at)}))

    @rpc(scope="organisations:manage", answers=schemas.Sent)
    def answer(self, command: Json, access: AccessToken) -> Json:
        """
        Answer a message that somebody has opened; its citizen is told, and may reply if the answer says so (R77).

        Raises NotFound("message-not-found"), Conflict("message-unopened"), and Refused("not-digital") for a citizen who
        reads nothing here now.
        """
        wish = load(schemas.Answer, command)
        by_post = wish.pop("by_post")
        organisation = organisation_of(access)
        found = self._found(organisation, wish["message"])
        with self.store.transaction(owner=found.owner) as tx:
            if (done := tx.once(key_of_staff(access), {"answer": wish})) is not None:
                return dict(done)
            thread = self._take_opened(tx, found).answered(tx.now, may_reply=wish["may_reply"])
            _check_reads_here(by_post=by_post)
            told = threads.MessageAnswered().dump(MessageAnswered(thread.id, thread.access_limit))
            event = Event.of("message_answered", subject=tx.owner, data=told)
            self.tell(tx, event, Origin.of_item(tx.item_of(thread), CATEGORY))
            author = _employee(tx, organisation, self.ids.employee(organisation, wish["employee"]))
            return dict(tx.remember(_written(tx, thread, wish["text"], author)))

    @rpc(scope="organisations:manage", answers=schemas.Closed)
    def close(self, command: Json, access: AccessToken) -> Json:
        """
        Let what is opened of a thread wait no longer that needs no answer, as thanks; its citizen sees nothing of it.

        Raises NotFound("message-not-found") and Conflict("message-unopened"); again is the same.
        """
        wish = load(schemas.OneMessage, command)
        organisation = organisation_of(access)
        found = self._found(organisation, wish["message"])
        with self.store.transaction(owner=found.owner) as tx:
            self._take_opened(tx, found)
        return {"message": found.message}

    @rpc(scope="organisations:manage", answers=schemas.Sent)
    def write_to(self, command: Json, access: AccessToken) -> Json:
        """
        Write to a citizen whom a unit treats, as the unit or as an employee of it (R76).

        Raises NotFound("relation-not-found") for anybody whom no care team of the organisation names, and
        Refused("not-digital") for one of those who reads nothing here now.
        """
        wish = load(schemas.WriteTo, command)
        by_post = wish.pop("by_post")
        organisation = organisation_of(access)
        with self.store.transaction(owner=wish["citizen"]) as tx:
            if (done := tx.once(key_of_staff(access), {"write_to": wish})) is not None:
                return dict(done)
            take_turns(tx)
            relation = _treating(tx, self.ids, organisation, wish)
            _check_reads_here(by_post=by_post)
            begun = tx.begin(relation, wish["subject"])
            thread = replace(begun.answered(tx.now, may_reply=wish["may_reply"]), state=RECEIVED)
            told = threads.MessageWritten().dump(MessageWritten(thread.id, thread.access_limit))
            event = Event.of("message_written", subject=tx.owner, data=told)
            self.tell(tx, event, Origin.of_item(tx.item_of(thread), CATEGORY))
            return dict(tx.remember(_written(tx, thread, wish["text"], relation)))

    def _found(self, organisation: str, message: str) -> Lying:
        """A message to this organisation, whosever it is. Raises NotFound("message-not-found")."""
        with self.store.transaction(owner=None) as tx:
            return tx.lying_of(organisation, message)

    def _take_opened(self, tx: Writes, found: Lying) -> Thread:
        """What is opened of a message's thread waits no longer. Raises Conflict("message-unopened")."""
        # The thread before its messages: two who answer in it take turns, and neither holds what the other needs.
        thread = thread_of(tx.thread_row(found.thread))
        tx.hold(thread.id)
        if tx.lying_of(found.organisation, found.message).opened_at is None:
            raise Conflict("message-unopened")
        tx.mark_answered(thread.id)
        return thread

    def _checked(self, tx: Writes, organisation: str, place: dict[str, str]) -> dict[str, str]:
        """A place where somebody will find a message. Raises NotFound `inbox-not-found` or `employee-not-found`."""
        self._check_inbox(organisation, place["inbox"])
        if place["employee"] and _employee(tx, organisation, place["employee"]) is NOBODY:
            raise NotFound("employee-not-found")
        return place

    def _check_inbox(self, organisation: str, inbox: str) -> None:
        """Raise NotFound("inbox-not-found") for what is named as an inbox and is none of the organisation's."""
        if inbox and inbox not in self.rules[organisation].manifest.inboxes:
            raise NotFound("inbox-not-found")



def _place(ids: Pseudonyms, organisation: str, named: Json) -> dict[str, str]:
    """Where something lies, as it is kept: an employee by their opaque id."""
    return {"inbox": named["inbox"], "employee": ids.employee(organisation, named["employee"])}


def _employee(tx: Writes, organisation: str, employee: str) -> Relation:
    """An employee who treats the citizen now, by their opaque id; NOBODY for anybody else, who has no name here."""
    own = (one for one in tx.relations() if employee and (one.organisation, one.employee) == (organisation, employee))
    return next((one for one in own if one.holds(tx.now)), NOBODY)


def _treating(tx: Writes, ids: Pseudonyms, organisation: str, wish: Json) -> Relation:
    """The unit, or the employee, that treats a citizen. Raises NotFound("relation-not-found")."""
    wanted = (organisation, wish["unit"], ids.employee(organisation, wish["employee"]))
    for one in holding(tx.relations(), tx.now):
        if one.to == wanted:
            return one
    raise NotFound("relation-not-found")


def _check_reads_here(*, by_post: bool) -> None:
    """Raise Refused("not-digital"): what its sender takes for sent must have reached somebody (K19, R85)."""
    if by_post:
        raise Refused(NOT_DIGITAL, FieldProblem("way", "post"))


def _written(tx: Writes, thread: Thread, text: str, author: Relation) -> Json:
    """What staff have written, stored; by whom, where the citizen's care teams name them."""
    message = Message(str(uuid.uuid4()), thread.id, STAFF, text, tx.now, author.name, author.role)
    tx.write(thread, message)
    return {"thread": thread.id, "message": message.id}
