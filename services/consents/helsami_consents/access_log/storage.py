"""The database of the access log: links added under the lock of their subject's head, and pages of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Row

from helsami_consents.access_log.anchors import Anchor, Signer
from helsami_consents.access_log.domain import HERE, NOT_FOR_ANOTHER, REPRESENTATIVE, Access, Entry, Head, source_of
from helsami_consents.access_log.models import ACCESS_LOG, ANCHORS, HEADS
from helsami_kernel import database
from helsami_kernel.clock import OSLO
from helsami_kernel.reading import Step

MINUTE: Final = timedelta(minutes=1)
SETTLED_WITHIN: Final = timedelta(seconds=15)
"""Longer than any transaction lasts: what was logged in a minute is in the anchor that was promised for it."""
HEADS_AN_ANCHOR: Final = 5000
ANCHORS_A_COPY: Final = 500
PROMISE: Final = "anchor_access_log"
LOCK: Final = 0x6163636573736C6F  # one writer of anchors at a time: any number that nothing else locks

OWNER: Final = sa.bindparam("owner", type_=sa.String)
LOG: Final = ACCESS_LOG.c


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.String)


def _unless_any(name: str, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A filter that holds for all where nothing was asked for."""
    return sa.or_(_text(name) == "", condition)


ROLE: Final = sa.case((sa.or_(*(LOG.basis == basis for basis in NOT_FOR_ANOTHER)), LOG.basis), else_=REPRESENTATIVE)
_since, _until, _from_at = (sa.bindparam(name, type_=LOG.at.type) for name in ("since", "until", "from_at"))
PAGE: Final = (
    sa.select(ACCESS_LOG)
    .where(
        LOG.owner == OWNER,
        LOG.at >= _since,
        LOG.at < _until,
        sa.or_(
            LOG.at < _from_at,
            sa.and_(LOG.at == _from_at, LOG.sequence < sa.bindparam("from_sequence", type_=sa.Integer)),
        ),
        _unless_any("role", _text("role") == ROLE),
        _unless_any("organisation", LOG.organisation == _text("organisation")),
        _unless_any("outcome", LOG.outcome == _text("outcome")),
        _unless_any("kind", (" " + LOG.kinds + " ").like("% " + _text("kind") + " %")),
    )
    .order_by(LOG.at.desc(), LOG.sequence.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
CHAIN: Final = sa.select(ACCESS_LOG).where(LOG.owner == OWNER).order_by(LOG.sequence)
HEAD: Final = sa.select(HEADS).where(HEADS.c.owner == OWNER)
BEGIN: Final = (
    postgresql.insert(HEADS)  # SQLite understands it as well
    .values(owner=OWNER, sequence=sa.literal(Head().sequence), hash=sa.literal(Head().hash))
    .on_conflict_do_nothing()
)
LOCK_HEAD: Final = HEAD.with_for_update()
ADD: Final = sa.insert(ACCESS_LOG).values({column.name: sa.bindparam(column.name) for column in LOG})
GROW: Final = (
    sa.update(HEADS)
    .where(HEADS.c.owner == _text("subject"))
    .values(sequence=sa.bindparam("last"), hash=_text("digest"))
)
ACCESS_FIELDS: Final = tuple(each.name for each in fields(Access))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which links: from `since` on and before `until`, and by filters that are empty where all are wanted."""

    since: datetime
    until: datetime
    role: str = ""
    organisation: str = ""
    kind: str = ""
    outcome: str = ""


class LogReads(database.Reads):
    """What a citizen reads of their log."""

    def log(self, wanted: Wanted, before: tuple[datetime, int], limit: int) -> list[Entry]:
        """Links of the owner's chain before a place, the newest access first."""
        rows = self.fetch(PAGE, **asdict(wanted), from_at=before[0], from_sequence=before[1], limit=limit)
        return [entry(row) for row in rows]

    def chain(self) -> list[Entry]:
        """The owner's whole chain, from the first link."""
        return [entry(row) for row in self.fetch(CHAIN)]

    def head(self) -> Head:
        """How far the owner's chain goes."""
        return next((Head(row.sequence, row.hash) for row in self.fetch(HEAD)), Head())


class LogWrites(database.Writes):
    """What is logged, and what vouches for it."""

    def log(self, access: Access, key: bytes, head: Any = None) -> Entry:
        """Add a link to the owner's chain, sealed with a key; `head` is the chain's, where that is locked already."""
        owner = str(self.owner)
        heads = self.heads_of([owner]) if head is None else {owner: head}
        return self.log_all({owner: [access]}, heads, key)[0]

    def log_all(self, accesses: Mapping[str, Sequence[Access]], heads: Mapping[str, Any], key: bytes) -> list[Entry]:
        """Add links to the chains of several subjects, whose heads are locked; a promise is made to anchor them."""
        added = _linked(accesses, heads, key)
        if added:
            self.send(*self._adding(added))
        return added

    def log_staff_once_a_day(self, seen: Access, subjects: Collection[str], key: bytes) -> int:
        """
        Log about each subject that staff see something of them, as `seen.reason` says; returns of how many it was new.

        Once a day in Oslo for each subject, organisation and reason: a list of what waits is looked at often.
        """
        day = f"{seen.reason} {seen.organisation} {seen.at.astimezone(OSLO).date()}"
        sources = {each: source_of(HERE, each, day) for each in subjects}
        heads, known = self.heads_of(sorted(sources)), self.known(list(sources.values()))
        new = {each: [replace(seen, source=one)] for each, one in sources.items() if one not in known}
        self.log_all(new, heads, key)
        return len(new)

    def locking_head(self, *, of_nobody: bool = False) -> list[Step]:
        """
        The steps that lock the head of the owner's log until the end of the transaction, made where there was none.

        What is asked in a later step, of the same round trip as well, sees all that was done while this one waited.
        """
        owned = {"owner": self.owner}
        return [*([("SAVEPOINT nobody", {})] if of_nobody else []), (BEGIN, owned), (LOCK_HEAD, owned)]

    def log_of_nobody(self, access: Access, key: bytes) -> None:
        """
        Do what `log` does, in as many round trips, about an id that is nobody's, and leave nothing of it behind.

        Its head is locked `of_nobody`; that goes as well.
        """
        added = _linked({str(self.owner): [access]}, {str(self.owner): Head()}, key)
        self.send(*self._adding(added), ("ROLLBACK TO SAVEPOINT nobody", {}))

    def heads_of(self, subjects: Sequence[str]) -> dict[str, Row[Any]]:
        """
        The heads of these subjects, locked until the end of the transaction; made where there were none.

        Two who log about the same subject come one after the other. All lock in one order, so that nobody waits for
        each other.
        """
        subjects = sorted(subjects)
        self._speak_for(subjects)
        found = {row.owner: row for row in self.connection.execute(_locked(subjects))}
        if len(found) < len(subjects):
            new = [{"owner": subject, **asdict(Head())} for subject in subjects if subject not in found]
            self.connection.execute(postgresql.insert(HEADS).values(new).on_conflict_do_nothing())
            found = {row.owner: row for row in self.connection.execute(_locked(subjects))}
        return found

    def known(self, sources: Sequence[str]) -> dict[str, Entry]:
        """What has been logged of these events, by source; of subjects whose heads are locked."""
        told = sa.select(ACCESS_LOG).where(LOG.source.in_(sources))
        return {str(row.source): entry(row) for row in self.connection.execute(told)}

    def anchor(self, signer: Signer) -> Anchor:
        """
        Sign the heads that have grown since the last anchor, and give it; where none have, the last one.

        The very first one is made also where none have. Heads in use are left to the next, and what is more than one
        anchor holds to one that is promised at once.
        """
        self._audit()
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        after = self._last_anchor()
        fresh = sa.select(HEADS).where(HEADS.c.sequence > HEADS.c.anchored).order_by(HEADS.c.owner)
        some = fresh if after is None else fresh.limit(HEADS_AN_ANCHOR)
        rows = self.connection.execute(some.with_for_update(skip_locked=after is not None)).all()
        if after is not None and not rows:
            return after
        anchor = signer.sign({row.owner: Head(row.sequence, row.hash) for row in rows}, after, self.now)
        self.connection.execute(sa.insert(ANCHORS).values(number=anchor.number, text=anchor.text))
        for place in range(0, len(rows), HEADS_AN_ANCHOR):
            signed = HEADS.c.owner.in_([row.owner for row in rows[place : place + HEADS_AN_ANCHOR]])
            self.connection.execute(sa.update(HEADS).where(signed).values(anchored=HEADS.c.sequence))
        if after is not None and len(rows) == HEADS_AN_ANCHOR:
            self.promise(PROMISE, self.now, {}, key=f"after {anchor.number}")
        return anchor

    def anchors_after(self, number: int) -> list[Anchor]:
        """Some of the anchors after one, the earliest first."""
        some = sa.select(ANCHORS).where(ANCHORS.c.number > number).order_by(ANCHORS.c.number).limit(ANCHORS_A_COPY)
        return [Anchor.read(row.text) for row in self.connection.execute(some)]

    def _last_anchor(self) -> Anchor | None:
        last = sa.select(ANCHORS.c.text).order_by(ANCHORS.c.number.desc()).limit(1)
        text = self.connection.execute(last).scalar_one_or_none()
        return None if text is None else Anchor.read(text)

    def _adding(self, added: Sequence[Entry]) -> list[Step]:
        """
        The steps of adding links.

        The last is one promise a minute, by whoever logs first in it: who waits for it holds all locks it needs.
        """
        minute = self.now.replace(second=0, microsecond=0)
        last = {one.subject: one for one in added}
        return [
            *((ADD, _row(one)) for one in added),
            *((GROW, {"subject": each, "last": one.sequence, "digest": one.hash}) for each, one in last.items()),
            self.promised(PROMISE, minute + MINUTE + SETTLED_WITHIN, {}, key=minute.isoformat()),
        ]

    def _speak_for(self, subjects: Sequence[str]) -> None:
        if self.connection.dialect.name == "postgresql" and list(subjects) != [self.owner]:
            self.connection.execute(sa.select(sa.func.set_config("app.owners", " ".join(subjects), True)))  # noqa: FBT003

    def _audit(self) -> None:
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(sa.select(sa.func.set_config("app.auditing", "on", True)))  # noqa: FBT003


def _linked(accesses: Mapping[str, Sequence[Access]], heads: Mapping[str, Any], key: bytes) -> list[Entry]:
    added: list[Entry] = []
    for subject, some in accesses.items():
        head = Head(heads[subject].sequence, heads[subject].hash)
        for access in some:
            added.append(head.link(subject, access, key))
            head = Head(added[-1].sequence, added[-1].hash)
    return added


def _locked(subjects: Sequence[str]) -> sa.Select[Any]:
    return sa.select(HEADS).where(HEADS.c.owner.in_(subjects)).order_by(HEADS.c.owner).with_for_update()


def entry(row: Row[Any]) -> Entry:
    """A link from its row."""
    access = Access(**{name: getattr(row, name) for name in ACCESS_FIELDS})
    return Entry(row.owner, row.sequence, row.previous, access, row.hash, row.seal)


def _row(one: Entry) -> dict[str, Any]:
    values = {"owner": one.subject, "sequence": one.sequence, "previous": one.previous, "hash": one.hash}
    access = one.access
    return {**values, "seal": one.seal, **{name: getattr(access, name) for name in ACCESS_FIELDS}}
