"""A thread: what a citizen and a unit, or an employee of it, write to each other about one matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from helsami_messages.recipients.domain import EMPLOYEE, UNIT

CITIZEN: Final = "citizen"
STAFF: Final = "staff"
SENT: Final = "sent"
ANSWERED: Final = "answered"
RECEIVED: Final = "received"
STATES: Final = (SENT, ANSWERED, RECEIVED)
MOST_UNANSWERED: Final = 50
WAITS: Final = timedelta(days=30)
"""A citizen may have so many messages unanswered at an organisation that are no older than that."""
LONGEST_SUBJECT: Final = 100
LONGEST_TEXT: Final = 5000


@dataclass(frozen=True, slots=True)
class Thread:
    """
    What is written about one matter with a unit of an organisation, or an employee there.

    `key` tells it from all others with the organisation; `at` is when its last message was written. `state` is one of
    STATES: the citizen has written last, has been answered, or was written to first. `replies` is whether the
    organisation lets an answer open for a reply at all, `may_reply` whether the last one has (R77). `access_limit` is
    from whom its relation is hidden (`limited`), and `record_key` what its record system called the
    team that made it. `team` is the id of that here: hidden by its citizen, it hides the thread.
    Nothing here says where a message lies, or whether anybody has opened it (R80).
    """

    id: str
    key: str
    organisation: str
    unit: str
    employee: str
    role: str
    name: str
    subject: str
    at: datetime
    state: str
    replies: bool
    may_reply: bool = False
    unread: bool = False
    access_limit: str = ""
    record_key: str = ""
    team: str = ""

    @property
    def kind(self) -> str:
        """Whom it is with: a unit or an employee."""
        return EMPLOYEE if self.employee else UNIT

    def written_to(self, at: datetime) -> Thread:
        """The thread after the citizen has written."""
        return replace(self, at=at, state=SENT)

    def answered(self, at: datetime, *, may_reply: bool) -> Thread:
        """The thread after staff have written in it, and opened for a reply or not."""
        return replace(self, at=at, state=ANSWERED, may_reply=may_reply and self.replies, unread=True)


@dataclass(frozen=True, slots=True)
class Message:
    """
    One message, by CITIZEN or STAFF.

    `name` and `role` are of who answered where the citizen's care teams name them, else empty; `on_behalf` is whether
    somebody has written for the citizen.
    """

    id: str
    thread: str
    author: str
    text: str
    at: datetime
    name: str = ""
    role: str = ""
    on_behalf: bool = False


def has_seen_all(messages: Sequence[Message], last: str) -> bool:
    """Whether no answer is newer than the last message that was seen, which is one of these."""
    ids = [one.id for one in messages]
    return all(one.author == CITIZEN for one in messages[ids.index(last) + 1 :])


@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """Staff have answered in a thread: its id, and from whom it is hidden."""

    thread: str
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class MessageWritten:
    """Staff have written to a citizen first: the id of the thread, and from whom it is hidden."""

    thread: str
    access_limit: str = ""
