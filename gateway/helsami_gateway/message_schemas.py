"""What front ends and staff send of messages, and what they get of them."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import Absence, moment, nullable, one_of, section
from helsami_gateway.schemas import SHORT, Command

KINDS: Final = ("unit", "employee", "user-support")
LYING: Final = ("unopened", "opened")
INBOX: Final = validate.Length(1, 60)
EMPLOYEE: Final = validate.Length(1, 300)
PLAIN: Final = "plain text of 1 to {most} characters"


def _plain(most: int) -> fields.String:
    return fields.String(
        required=True, validate=validate.Length(1, most), metadata={"expected": PLAIN.format(most=most)}
    )


def _inbox() -> fields.String:
    return fields.String(validate=INBOX, metadata={"expected": "the id of a unit, or duty"})


def _employee() -> fields.String:
    told = {"expected": "`system|value`: what the record system calls somebody who works there"}
    return fields.String(validate=EMPLOYEE, metadata=told)


class Reply(Command):
    """What is written; the owner checks what it means."""

    text = _plain(5000)


class Read(Command):
    """How far a thread was read."""

    message = fields.String(
        required=True, validate=SHORT, metadata={"expected": "the id of the last message that was shown"}
    )


class Write(Reply):
    """To whom, and what about."""

    recipient = fields.String(required=True, validate=SHORT, metadata={"expected": "the id of a recipient"})
    subject = _plain(100)


class Lying(Command):
    """What lies where: in an inbox, or with an employee; one of the two is named."""

    inbox = _inbox()
    employee = _employee()
    state = fields.String(load_default="unopened", validate=validate.OneOf(LYING))
    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, 100), metadata={"expected": "a number from 1 to 100"}
    )
    cursor = fields.String(load_default=None, allow_none=True, validate=SHORT)


class AnswerMessage(Command):
    """What is answered, whether the citizen may write again (R77), and who answers, where somebody is named."""

    text = _plain(5000)
    may_reply = fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"expected": "true or false"})
    employee = _employee()


class Forward(Command):
    """Where a message shall lie: in an inbox, or with an employee; one of the two is named."""

    inbox = _inbox()
    employee = _employee()


class WriteTo(AnswerMessage):
    """Whom staff write to, and what about; of which unit they are."""

    national_id = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )
    subject = _plain(100)
    unit = fields.String(required=True, validate=INBOX, metadata={"expected": "the id of a unit"})


class Addressee(Schema):
    """Whom a thread is with: a unit, or somebody who works there."""

    kind = one_of(*KINDS)
    role = nullable("a code of Volven 9060, such as FT")
    name = nullable("the name of somebody who works there; null for somebody at a protected address")


class Recipient(Addressee):
    """Whom one may write to, whether one may then write again in the same thread, and when to expect an answer."""

    id = fields.String(required=True)
    organisation = nullable("null for somebody at a protected address")
    unit = nullable("null for somebody at a protected address")
    care_team = nullable("by which you may hide from others that you are treated there; null for who acts for somebody")
    may_reply = fields.Boolean(required=True)
    answer_days = fields.Integer(required=True, metadata={"description": "in working days"})


class Recipients(Schema):
    """Everybody whom one may write to; `notice` is what is to be read before one does (R83), as `group.key`."""

    recipients = fields.List(fields.Nested(Recipient), required=True)
    notice = one_of("messages.not-urgent")
    absences = fields.List(fields.Nested(Absence), required=True)


class AnyThread(Schema):
    """A thread: it says nothing of where a message lies, or whether anybody has opened it (R80)."""

    id = fields.String(required=True)
    organisation = nullable("null for somebody at a protected address")
    unit = nullable("null for somebody at a protected address")
    to = fields.Nested(Addressee, required=True)
    subject = fields.String(required=True)
    at = moment()
    state = one_of("sent", "answered", "received")
    may_reply = fields.Boolean(required=True)


class Thread(AnyThread):
    """A thread as its citizen reads it."""

    unread = fields.Boolean(required=True, metadata={"description": "something of it is new to the citizen"})


class By(Schema):
    """Who has written, as far as the organisation says."""

    role = nullable()
    name = nullable()


class Message(Schema):
    """One message; `on_behalf` is true where somebody else wrote it for the citizen."""

    id = fields.String(required=True)
    author = one_of("citizen", "staff")
    by = fields.Nested(By, required=True, allow_none=True)
    text = fields.String(required=True)
    at = moment()
    on_behalf = fields.Boolean(required=True)


class ThreadWithMessages(Thread):
    """A thread with its messages, the oldest first."""

    messages = fields.List(fields.Nested(Message), required=True)


Threads: Final = section(Thread, "Threads")


class MarkedRead(Schema):
    """The thread that is read; it is still `unread` where an answer has come that is newer than what was shown."""

    thread = fields.String(required=True)


class LyingMessage(Schema):
    """A message that lies somewhere, by ids and times alone; by `due_at` somebody is to open it."""

    message = fields.String(required=True)
    thread = fields.String(required=True)
    state = one_of(*LYING)
    arrived_at = moment()
    due_at = moment()


class LyingMessages(Schema):
    """A page of what lies somewhere, the first to arrive first."""

    messages = fields.List(fields.Nested(LyingMessage), required=True)
    next = nullable()


class OpenedMessage(AnyThread):
    """A message that was opened, in its thread; `record_key` is the record system's name for the care team it is to."""

    messages = fields.List(fields.Nested(Message), required=True)
    message = fields.String(required=True)
    record_key = nullable()


class Closed(Schema):
    """A message that waits no longer."""

    message = fields.String(required=True)


class Forwarded(Schema):
    """A message that lies elsewhere now."""

    message = fields.String(required=True)
    due_at = moment()


class Sent(Schema):
    """What staff have written, and in which thread."""

    thread = fields.String(required=True)
    message = fields.String(required=True)
