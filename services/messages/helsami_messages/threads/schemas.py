"""What is written and read of threads, and told of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from unicodedata import category

from marshmallow import Schema, ValidationError, fields, validate

from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_messages.threads.domain import LONGEST_SUBJECT, LONGEST_TEXT, Message, Thread

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of characters that show nothing: controls, marks of format, and what ends lines and paragraphs."""
_BREAKS: Final = frozenset("\t\n\r")
_TURNED: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What lets text be shown in another order than it is written in."""


def _line(content: str) -> None:
    """Something that can be read, in one line, and nothing that cannot be seen."""
    if not content.strip() or any(category(one) in _UNSEEN for one in content):
        raise ValidationError("one line that can be read")


def _plain(content: str) -> None:
    """Something that can be read, in the order it is written in, without control characters but breaks and tabs."""
    seen = any(category(one) not in _UNSEEN and not one.isspace() for one in content)
    if not seen or any(one in _TURNED or (category(one) == "Cc" and one not in _BREAKS) for one in content):
        raise ValidationError("plain text that can be read")


def subject() -> fields.String:
    """What a thread is about, in a line."""
    expected = f"1 to {LONGEST_SUBJECT} characters in one line"
    rules = (validate.Length(max=LONGEST_SUBJECT), _line)
    return fields.String(required=True, validate=rules, metadata={"expected": expected})


def text() -> fields.String:
    """What somebody writes."""
    expected = f"1 to {LONGEST_TEXT} characters of plain text"
    rules = (validate.Length(max=LONGEST_TEXT), _plain)
    return fields.String(required=True, validate=rules, metadata={"expected": expected})


class Write(Schema):
    """A new message to one of the recipients; whatever is named and is not there, is not found."""

    recipient = fields.String(required=True, metadata={"expected": "the id of a recipient"})
    subject = subject()
    text = text()


class OneThread(Schema):
    """A thread; whatever is named and is not there, is not found."""

    thread = fields.String(required=True, metadata={"expected": "the id of a thread"})


class Read(OneThread):
    """How far a thread was read: the last message that was shown."""

    message = fields.String(required=True, metadata={"expected": "the id of the last message that was shown"})


class Reply(OneThread):
    """Another message in a thread."""

    text = text()


class To(Schema):
    """Whom a thread is with; at a protected address without a name."""

    kind = fields.String()
    role = fields.String(allow_none=True)
    name = fields.String(allow_none=True)


class AnyThread(Schema):
    """A thread; `at` is when its last message was written."""

    id = fields.String()
    organisation = fields.String(allow_none=True)
    at = fields.String()
    unit = fields.String(allow_none=True)
    to = fields.Nested(To)
    subject = fields.String()
    state = fields.String()
    may_reply = fields.Boolean()


class ThreadListed(AnyThread):
    """A thread in a list."""

    unread = fields.Boolean()


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
