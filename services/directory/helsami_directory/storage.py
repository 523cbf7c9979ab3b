"""The directory's database: people by id or by hash, never by a list of everybody but in the demo."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_directory.domain import Citizen, Facts, Place, Practitioner, Told, Word
from helsami_directory.identity import Sealed
from helsami_directory.models import CITIZENS, PLACES, PRACTITIONERS, TRANSFERS
from helsami_kernel import database
from helsami_kernel.database import fingerprint, insert_new

FACTS: Final = tuple(CITIZENS.c[field.name] for field in fields(Facts))
CITIZEN: Final = (CITIZENS.c.id, *FACTS)


class Reads(database.Reads):
    """What is asked about people; no table has an owner, so lists of ids may be asked for in one statement."""

    def found(self, lookup: str) -> Citizen | None:
        """The citizen with this keyed hash."""
        return next(self._citizens(CITIZENS.c.lookup == lookup), None)

    def known(self, citizens: Iterable[str]) -> list[Citizen]:
        """Those of these ids that are known, in no order."""
        return list(self._citizens(CITIZENS.c.id.in_(set(citizens))))

    def ids(self, lookups: Iterable[str]) -> dict[str, str]:
        """The ids of those keyed hashes that are known."""
        statement = sa.select(CITIZENS.c.lookup, CITIZENS.c.id).where(CITIZENS.c.lookup.in_(set(lookups)))
        return {row.lookup: row.id for row in self._rows(statement)}

    def everyone(self) -> list[tuple[Citizen, Sealed]]:
        """All citizens with their sealed national ids, by name."""
        statement = sa.select(*CITIZEN, CITIZENS.c.sealed_by, CITIZENS.c.nonce, CITIZENS.c.sealed)
        rows = self._rows(statement.order_by(CITIZENS.c.name, CITIZENS.c.id))
        return [(_citizen(row), Sealed(row.sealed_by, row.nonce, row.sealed)) for row in rows]

    def _citizens(self, condition: sa.ColumnElement[bool]) -> Iterator[Citizen]:
        return map(_citizen, self._rows(sa.select(*CITIZEN).where(condition)))

    def _rows(self, statement: sa.Select[Any]) -> Iterable[Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(statement).all()


class Writes(database.Writes):
    """What transfers change."""

    def account(self, lookup: str, seal: Callable[[str], Sealed]) -> Citizen:
        """The citizen with this keyed hash, locked until the end; opened now if contact is new (R5)."""
        mine = sa.select(*CITIZEN).where(CITIZENS.c.lookup == lookup).with_for_update()
        row = self.connection.execute(mine).one_or_none()
        if row is None:
            self._open(lookup, seal)
            row = self.connection.execute(mine).one()
        return _citizen(row)

    def _open(self, lookup: str, seal: Callable[[str], Sealed]) -> None:
        """Another transfer may open the account at the same moment: then theirs it is."""
        citizen = uuid.uuid4().hex
        sealed = seal(citizen)
        values = {
            "id": citizen,
            "lookup": lookup,
            "sealed_by": sealed.key_id,
            "nonce": sealed.nonce,
            "sealed": sealed.text,
            **asdict(Facts()),
            "opened_at": self.now,
        }
        self.connection.execute(insert_new(self.connection, CITIZENS, values))

    def told(self, citizen: Citizen, organisation: str, record: str, told: Told) -> str:
        """Believe what a record says of a citizen; `unchanged` when it is what that record said last."""
        this = sa.and_(
            TRANSFERS.c.citizen == citizen.id, TRANSFERS.c.organisation == organisation, TRANSFERS.c.record == record
        )
        digest = fingerprint(asdict(told))
        known = self.connection.execute(sa.select(TRANSFERS).where(this)).one_or_none()
        if known is not None and known.digest == digest:
            return "unchanged"
        word = (Word() if known is None else _word(known)).after(told)
        values = {**asdict(word), "digest": digest, "received_at": self.now}
        if known is None:
            who = {"citizen": citizen.id, "organisation": organisation, "record": record}
            self.connection.execute(sa.insert(TRANSFERS).values(**who, **values))
        else:
            self.connection.execute(sa.update(TRANSFERS).where(this).values(**values))
        self._believe(citizen, told)
        return "stored"

    def _believe(self, citizen: Citizen, told: Told) -> None:
        rows = self.connection.execute(sa.select(TRANSFERS).where(TRANSFERS.c.citizen == citizen.id))
        facts = citizen.facts.after(told, map(_word, rows))
        self.connection.execute(sa.update(CITIZENS).where(CITIZENS.c.id == citizen.id).values(**asdict(facts)))

    def practitioner(self, organisation: str, key: str, practitioner: Practitioner) -> str:
        """Keep a practitioner: `stored` or `unchanged`."""
        return self._keep(PRACTITIONERS, {"organisation": organisation, "key": key}, asdict(practitioner))

    def place(self, organisation: str, key: str, place: Place) -> str:
        """Keep a place: `stored` or `unchanged`."""
        identity = {"organisation": organisation, "key": key, "kind": place.kind}
        return self._keep(PLACES, identity, {"name": place.name, "phone": place.phone})

    def _keep(self, table: sa.Table, identity: Mapping[str, str], content: Mapping[str, Any]) -> str:
        digest = fingerprint(content)
        values = {**content, "digest": digest, "received_at": self.now}
        if self.connection.execute(insert_new(self.connection, table, {**identity, **values})).rowcount:
            return "stored"
        this = sa.and_(*(table.c[name] == value for name, value in identity.items()))
        changed = sa.update(table).where(this, table.c.digest != digest).values(**values)
        return "stored" if self.connection.execute(changed).rowcount else "unchanged"


def _citizen(row: Row[Any]) -> Citizen:
    return Citizen(row.id, Facts(**{column.name: getattr(row, column.name) for column in FACTS}))


def _word(row: Row[Any]) -> Word:
    return Word(protected=row.protected, deceased=row.deceased)
