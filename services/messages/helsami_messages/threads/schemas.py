"""What is written and read of threads, and told of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from marshmallow import Schema, fields, validate

from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_messages.threads.domain import LONGEST_SUBJECT, LONGEST_TEXT, Message, Thread

# No control characters but line breaks and tabs, and something that can be read.
_LINES: Final = r"(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\Z"
_LINE: Final = r"(?=.*\S)[^\x00-\x1f\x7f-\x9f]*\Z"


def subject() -> fields.String:
    """What a thread is about, in a line."""
    expected = f"1 to {LONGEST_SUBJECT} characters in one line"
    rules = [validate.Length(max=LONGEST_SUBJECT), validate.Regexp(_LINE)]
    return fields.String(required=True, validate=rules, metadata={"expected": expected})


def text() -> fields.String:
    """What somebody writes."""
    expected = f"1 to {LONGEST_TEXT} characters of plain text"
    rules = [validate.Length(max=LONGEST_TEXT), validate.Regexp(_LINES)]
    return fields.String(required=True, validate=rules, metadata={"expected": expected})


class Write(Schema):
    """A new message to one of the recipients; whatever is named and is not there, is not found."""

    recipient = fields.String(required=True, metadata={"expected": "the id of a recipient"})
    subject = subject()
    text = text()


class OneThread(Schema):
    """A thread; whatever is named and is not there, is not found."""

    thread = fields.String(required=True, metadata={"expected": "the id of a thread"})


class Reply(OneThread):
    """Another message in a thread."""

    text = text()


class To(Schema):
    """Whom a thread is with; at a protected address without a name."""

    kind = fields.String()
    role = fields.String(allow_none=True)
    name = fields.String(allow_none=True)


class ThreadListed(Schema):
    """A thread in a list; `at` is when its last message was written."""

    id = fields.String()
    organisation = fields.String(allow_none=True)
    at = fields.String()
    unit = fields.String(allow_none=True)
    to = fields.Nested(To)
    subject = fields.String()
    state = fields.String()
    unread = fields.Boolean()
    may_reply = fields.Boolean()


class By(Schema):
    """Who of the staff has answered; at a protected address without a name."""

    role = fields.String(allow_none=True)
    name = fields.String(allow_none=True)


class MessageShown(Schema):
    """One message; `author` is `citizen` or `staff`, `by` is null where it is not known who of them."""

    id = fields.String()
    author = fields.String()
    by = fields.Nested(By, allow_none=True)
    text = fields.String()
    at = fields.String()
    on_behalf = fields.Boolean()


class ThreadShown(ThreadListed):
    """A thread with all its messages, the oldest first."""

    messages = fields.List(fields.Nested(MessageShown))


class MessageAnswered(Schema):
    """The event `message_answered`."""

    thread = fields.String(required=True)
    access_limit = fields.String(required=True)


class MessageWritten(MessageAnswered):
    """The event `message_written`."""


def body(thread: Thread) -> dict[str, Any]:
    """Give a thread as it is kept, and read in a list, beside what every item has."""
    return {
        "unit": thread.unit,
        "to": {"kind": thread.kind, "role": thread.role or None, "name": thread.name or None},
        "subject": thread.subject,
        "state": thread.state,
        "unread": thread.unread,
        "may_reply": thread.may_reply,
    }


def placed(listed: Mapping[str, Any], access: AccessToken) -> dict[str, Any]:
    """Give a thread in a list without what tells where somebody at a protected address is to be found (K24)."""
    if not access.protected:
        return dict(listed)
    return {**listed, "organisation": None, "unit": None, "to": {**listed["to"], "name": None}}


def shown(listed: Mapping[str, Any], messages: Iterable[Message], access: AccessToken) -> dict[str, Any]:
    """Give a thread with its messages, as this reader may see them."""
    return {**placed(listed, access), "messages": [message_shown(one, named=not access.protected) for one in messages]}


def message_shown(message: Message, *, named: bool) -> dict[str, Any]:
    """Give one message, with the name of who has answered or without it."""
    by = {"role": message.role or None, "name": message.name or None if named else None}
    return {
        "id": message.id,
        "author": message.author,
        "by": by if message.role or message.name else None,
        "text": message.text,
        "at": written(message.at),
        "on_behalf": message.on_behalf,
    }
