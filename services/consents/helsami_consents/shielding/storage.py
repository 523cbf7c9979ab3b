"""The database of shields: every statement names the citizen whose they are, but for what staff decide."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.capacity import storage
from helsami_consents.models import APPLICATIONS, GRANTS, OTHER_IDS, PARENTHOODS, SHIELDS, SHIELDS_RECEIVED
from helsami_consents.shielding.domain import (
    KEPT_WHEN_OVER,
    MOST_OTHER_IDS,
    OPEN,
    REPRESENTATIVES,
    STAFF,
    STANDING,
    Hidden,
    Shield,
    State,
)
from helsami_kernel import logs
from helsami_kernel.database import UtcDateTime, insert_new
from helsami_kernel.pages import Cursor

OWNER: Final = sa.bindparam("owner", type_=sa.String)
FORGET: Final = "forget_shield"
NEWEST: Final = Cursor(datetime(9999, 12, 31, tzinfo=UTC), "")
PLACE: Final = (SHIELDS.c.asked_at, SHIELDS.c.id)
MINE: Final = (
    sa.select(SHIELDS)
    .where(SHIELDS.c.owner == OWNER)
    .where(
        sa.tuple_(*PLACE)
        < sa.tuple_(sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String))
    )
    .order_by(*(column.desc() for column in PLACE))
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


class Reads(storage.Reads):
    """What a citizen has hidden."""

    def shields(self, start: Cursor, limit: int) -> list[Shield]:
        """The owner's own beyond a place in time, the newest first, with those that are over."""
        return [_shield(row) for row in self.fetch(MINE, from_at=start.at, from_id=start.id, limit=limit)]


class Writes(storage.Writes):
    """One transaction, for the citizen who hides something, or for staff and nobody."""

    def representative(self, representation: str) -> str | None:
        """Who acts, or has acted, for the owner by a representation of this id: a grant, a parenthood or a capacity."""
        sides = (
            (GRANTS, GRANTS.c.giver, GRANTS.c.receiver),
            (PARENTHOODS, PARENTHOODS.c.child, PARENTHOODS.c.parent),
            (APPLICATIONS, APPLICATIONS.c.subject, APPLICATIONS.c.applicant),
        )
        for table, subject, actor in sides:
            this = sa.select(actor).where(subject == self.owner, table.c.id == representation)
            if (found := self.connection.execute(this).scalar_one_or_none()) is not None:
                return str(found)
        return None

    def also_known_as(self, item: str, other: str) -> None:
        """
        Hide by another id as well what the owner hides by this, or will; again is the same.

        What leads on from the other id, or to this, does so from now on by way of both: a booking to its record
        system's appointment, and that to its visit. One learns of such names one after the other, or the chain breaks.
        """
        self.take_turn()
        near = self._other_ids(sa.or_(OTHER_IDS.c.item == other, OTHER_IDS.c.known_as == item))
        before = {item} | {one for one, its in near if its == item}
        after = {other} | {its for one, its in near if one == other}
        kept = self._other_ids(OTHER_IDS.c.item.in_(before))
        had = Counter(one for one, _ in kept)
        chain = {(one, its) for one, its in product(before, after) if one != its}
        for one, its in sorted(chain - kept, key=lambda pair: (pair != (item, other), pair)):
            if had[one] >= MOST_OTHER_IDS:
                logs.incident("other-id-not-kept", service="consents", count=MOST_OTHER_IDS)
                continue
            had[one] += 1
            pair = {"owner": self.owner, "item": one, "known_as": its}
            self.connection.execute(insert_new(self.connection, OTHER_IDS, pair))

    def _other_ids(self, which: sa.ColumnElement[bool]) -> set[tuple[str, str]]:
        found = sa.select(OTHER_IDS.c.item, OTHER_IDS.c.known_as).where(OTHER_IDS.c.owner == self.owner, which)
        return {(row.item, row.known_as) for row in self.connection.execute(found)}

    def last_decided(self, what: Hidden, hidden_from: str) -> Shield | None:
        """
        What staff have decided last of the owner's same item, hidden from anybody but themselves; by either id.

        What they have declined of anybody counts, what they have confirmed of the same readers alone, or of all.
        """
        ids = [its for its in (what.item, what.also) if its is not None]
        same = sa.or_(SHIELDS.c.item.in_(ids), SHIELDS.c.also.in_(ids))
        counts = sa.or_(SHIELDS.c.reason != "", SHIELDS.c.hidden_from.in_([hidden_from, REPRESENTATIVES]))
        decided = sa.and_(SHIELDS.c.decided_at.is_not(None), SHIELDS.c.hidden_from != STAFF, counts)
        last = sa.select(SHIELDS).where(SHIELDS.c.owner == self.owner, same, decided)
        row = self.connection.execute(last.order_by(SHIELDS.c.decided_at.desc()).limit(1)).one_or_none()
        return None if row is None else _shield(row)

    def forget_shield(self, shield_id: str) -> None:
        """Forget one of the owner's that is over, and that an organisation was asked about it."""
        for table in (SHIELDS_RECEIVED, SHIELDS):
            self.connection.execute(sa.delete(table).where(table.c.owner == self.owner, table.c.id == shield_id))

    def count_standing(self) -> int:
        """How many of the owner's stand."""
        standing = sa.and_(SHIELDS.c.owner == self.owner, SHIELDS.c.state.in_(sorted(STANDING)))
        return int(self.connection.execute(sa.select(sa.func.count()).where(standing)).scalar_one())

    def shield(
        self, what: Hidden, hidden_from: str, reader: str | None, state: State, parents: Collection[str] = ()
    ) -> Shield | None:
        """
        Hide something of the owner's; None while it is hidden from the same already.

        `parents` are who holds responsibility for the owner now: from them it stays hidden once they do no longer.
        """
        named = asdict(what)
        new = {
            "id": uuid.uuid4().hex,
            "owner": self.owner,
            "item_at": named.pop("at"),
            "item_key": named.pop("key"),
            **named,
            "hidden_from": hidden_from,
            "reader": reader,
            "state": state.value,
            "version": 1,
            "asked_at": self.now,
            "reason": "",
            "held_by": " ".join(sorted(parents)),
        }
        if not self.connection.execute(insert_new(self.connection, SHIELDS, new)).rowcount:
            return None
        if what.also is not None:
            self.also_known_as(what.item, what.also)
        if state in OPEN:
            received = {name: new[name] for name in ("id", "owner", "organisation", "asked_at")}
            self.connection.execute(sa.insert(SHIELDS_RECEIVED).values(**received, open=True))
        return self.own_shield(str(new["id"]))

    def own_shield(self, shield_id: str) -> Shield | None:
        """One of the owner's own; locked, so that of two who settle it one waits."""
        this = sa.and_(SHIELDS.c.owner == self.owner, SHIELDS.c.id == shield_id)
        row = self.connection.execute(sa.select(SHIELDS).where(this).with_for_update()).one_or_none()
        return None if row is None else _shield(row)

    def settle_shield(self, shield: Shield, state: State, **values: Any) -> Shield:
        """Let a shield of the owner's stand otherwise; whether staff look at it, and how long it is kept, follows."""
        if state not in STANDING:
            self.promise(FORGET, self.now + KEPT_WHEN_OVER, {"shield": shield.id}, key=shield.id)
        this = sa.and_(SHIELDS.c.owner == self.owner, SHIELDS.c.id == shield.id)
        settled = {"state": state.value, "version": shield.version + 1, **values}
        self.connection.execute(sa.update(SHIELDS).where(this).values(**settled))
        received = sa.and_(SHIELDS_RECEIVED.c.owner == self.owner, SHIELDS_RECEIVED.c.id == shield.id)
        self.connection.execute(sa.update(SHIELDS_RECEIVED).where(received).values(open=state in OPEN))
        return _shield(self.connection.execute(sa.select(SHIELDS).where(this)).one())

    def open_shields(self, organisation: str, start: Cursor, limit: int) -> list[tuple[str, str, datetime]]:
        """What an organisation has to decide, beyond a place in time, the oldest first: id, owner, when."""
        place = (SHIELDS_RECEIVED.c.asked_at, SHIELDS_RECEIVED.c.id)
        beyond = sa.tuple_(*place) > sa.tuple_(sa.literal(start.at, UtcDateTime), sa.literal(start.id))
        wanted = sa.and_(SHIELDS_RECEIVED.c.organisation == organisation, SHIELDS_RECEIVED.c.open, beyond)
        rows = sa.select(SHIELDS_RECEIVED).where(wanted).order_by(*place).limit(limit)
        return [(row.id, row.owner, row.asked_at) for row in self.connection.execute(rows)]

    def shield_owner(self, organisation: str, shield_id: str) -> str | None:
        """Whose shield it is that an organisation was asked about by this id, decided or not."""
        asked = sa.and_(SHIELDS_RECEIVED.c.organisation == organisation, SHIELDS_RECEIVED.c.id == shield_id)
        found: str | None = self.connection.execute(sa.select(SHIELDS_RECEIVED.c.owner).where(asked)).scalar()
        return found


def _shield(row: Row[Any]) -> Shield:
    return Shield(
        id=row.id,
        owner=row.owner,
        what=Hidden(row.item, row.also, row.kind, row.organisation, row.item_at, row.item_key),
        hidden_from=row.hidden_from,
        reader=row.reader,
        state=State(row.state),
        version=row.version,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        until=row.until,
        reason=row.reason,
    )
