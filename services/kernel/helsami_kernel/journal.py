"""What a record system delivers: each entry has its own outcome, and a bad one does not lose the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from marshmallow import EXCLUDE, Schema, fields, validate

from helsami_kernel.access import AccessToken
from helsami_kernel.database import Writes
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed, load

T = TypeVar("T")

STORED: Final = "stored"
UNCHANGED: Final = "unchanged"
REFUSED: Final = "refused"
NOT_SUPPORTED: Final = "not supported"
LONGEST_KEY: Final = 270  # beside its type in a column of 300


class NotTaken(Exception):
    """An entry is not stored: as what that counts, a stable code, where the reason is, and what is expected there."""

    outcome = REFUSED

    def __init__(self, code: str, path: str, expected: str = "") -> None:
        """`expected` repeats nothing of what was sent; empty where the code says all there is to say."""
        super().__init__(code, path)
        self.code = code
        self.path = path
        self.expected = expected


class Unreadable(NotTaken):
    """The entry is not what it should be: its sender has to change it."""


class Unsupported(NotTaken):
    """The entry may be in order, but nothing here can show it, or keep to its terms."""

    outcome = NOT_SUPPORTED


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One normalised resource, known by (organisation, type, key).

    `setting` is that of its visit (helsami_sdk.questions.SETTINGS), where the journal knows it.
    """

    index: int
    type: str
    key: str
    resource: Mapping[str, Any]
    setting: str = ""

    @property
    def item_key(self) -> str:
        """What it is stored under; a reference to it reads `<type>/<key>`."""
        return f"{self.type}|{self.key}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    The entries of one call, all from one organisation, and about one citizen or about nobody.

    `by_post` says that this citizen reads nothing here now: they have left their account, or have died.
    """

    organisation: str
    citizen: str | None
    entries: tuple[Entry, ...]
    by_post: bool = False


class DeliveredEntry(Schema):
    """An entry as the journal sends it."""

    class Meta:
        """What a later journal adds is for later services."""

        unknown = EXCLUDE

    index = fields.Integer(required=True, strict=True)
    type = fields.String(required=True, validate=validate.Length(1, 40))
    key = fields.String(required=True, validate=validate.Length(1))
    resource = fields.Dict(keys=fields.String(), required=True)
    setting = fields.String(load_default="", validate=validate.Length(max=40))


class ReceiveCommand(Schema):
    """The command `receive` of every owner."""

    citizen = fields.String(required=True, allow_none=True, validate=validate.Length(1, 40))
    entries = fields.List(fields.Nested(DeliveredEntry), required=True)
    by_post = fields.Boolean(load_default=False)


class EntryOutcome(Schema):
    """What became of an entry; `code`, `path` and, where there is more to say, `expected` where it was not taken."""

    index = fields.Integer(required=True)
    outcome = fields.String(required=True)
    code = fields.String()
    path = fields.String()
    expected = fields.String()


class ReceiveOutcome(Schema):
    """The answer of `receive`: an outcome for each entry, in their order."""

    outcomes = fields.List(fields.Nested(EntryOutcome), required=True)


def delivered(command: object, access: AccessToken) -> Delivery:
    """Read a command `receive`. Raises Malformed, and Forbidden for a token that speaks for no organisation."""
    if access.organisation is None:
        raise Forbidden("no-organisation")
    loaded = load(ReceiveCommand, command)
    entries = tuple(Entry(**entry) for entry in loaded["entries"])
    return Delivery(access.organisation, loaded["citizen"], entries, loaded["by_post"])


def delivered_about_someone(command: object, access: AccessToken) -> tuple[Delivery, str]:
    """Read a command `receive` of what belongs to citizens, and whose it is. Raises Malformed and Forbidden."""
    delivery = delivered(command, access)
    if delivery.citizen is None:
        raise Malformed("malformed", FieldProblem("citizen", "the id of a citizen"))
    return delivery, delivery.citizen


def take(
    delivery: Delivery,
    readers: Mapping[str, Callable[[Entry], T]],
    keep: Callable[[list[tuple[Entry, T | None]]], list[str]],
) -> dict[str, Any]:
    """
    Read each entry with the reader of its type, keep all that could be read, and collect the outcomes.

    A reader answers None for what its source has taken back, or raises NotTaken. `keep` gets the entries in their
    order, in one transaction of the caller's, and answers STORED or UNCHANGED for each; None means to withdraw what is
    known by that key. What can no longer be shown is withdrawn as well, whatever its outcome.
    """
    read: list[tuple[Entry, T | None]] = []
    reasons: dict[int, NotTaken] = {}
    for place, entry in enumerate(delivery.entries):
        try:
            read.append((entry, _read(entry, readers.get(entry.type))))
        except NotTaken as reason:
            reasons[place] = reason
            if isinstance(reason, Unsupported) and entry.type in readers:
                read.append((entry, None))
    kept = {id(entry): outcome for (entry, _), outcome in zip(read, keep(read), strict=True)}
    return {
        "outcomes": [
            _not_taken(entry, reasons[place])
            if place in reasons
            else {"index": entry.index, "outcome": kept[id(entry)]}
            for place, entry in enumerate(delivery.entries)
        ]
    }


def take_turns(tx: Writes) -> None:
    """
    Let the transactions of one owner that ask for it follow each other, for effects that depend on several rows.

    PostgreSQL: a lock until the end of the transaction. SQLite has one writer anyway.
    """
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(tx.owner, 0))))


def _read(entry: Entry, reader: Callable[[Entry], T] | None) -> T:
    if reader is None:
        raise Unsupported("type", entry.type)
    if len(entry.key) > LONGEST_KEY or "\x00" in entry.key:
        raise Unreadable("key", f"{entry.type}.identifier")
    return reader(entry)


def _not_taken(entry: Entry, reason: NotTaken) -> dict[str, Any]:
    told = {"index": entry.index, "outcome": reason.outcome, "code": reason.code, "path": reason.path}
    return told | ({"expected": reason.expected} if reason.expected else {})
