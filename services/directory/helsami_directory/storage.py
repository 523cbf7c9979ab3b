"""The directory's database: people by id or by hash, and never by a list but in the demo; organisations' states."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_directory.domain import Citizen, Facts, Place, Practitioner, Told, Word
from helsami_directory.identity import Sealed
from helsami_directory.lifecycle import Change
from helsami_directory.models import CHANGES, CITIZENS, PLACES, PRACTITIONERS, TRANSFERS
from helsami_kernel import database
from helsami_kernel.database import fingerprint, insert_new
from helsami_kernel.states import StatesTold

FACTS: Final = tuple(CITIZENS.c[field.name] for field in fields(Facts))
CITIZEN: Final = (CITIZENS.c.id, *FACTS)
NEWEST: Final = sa.select(sa.func.max(CHANGES.c.version)).group_by(CHANGES.c.organisation)
CURRENT: Final = sa.select(CHANGES).where(CHANGES.c.version.in_(NEWEST))


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
        return [(citizen_of(row), Sealed(row.sealed_by, row.nonce, row.sealed)) for row in rows]

    def current(self) -> dict[str, Change]:
        """The last change of each organisation that has one, by its id."""
        return {row.organisation: _change(row) for row in self._rows(CURRENT)}

    def history(self, organisation: str) -> list[Change]:
        """Every change of an organisation, newest first."""
        return [_change(row) for row in self._rows(history_of(organisation))]

    def _citizens(self, condition: sa.ColumnElement[bool]) -> Iterator[Citizen]:
        return map(citizen_of, self._rows(sa.select(*CITIZEN).where(condition)))

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
        return citizen_of(row)

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
        word = (Word() if known is None else word_of(known)).after(told)
        values = {**asdict(word), "digest": digest, "received_at": self.now}
        if known is None:
            who = {"citizen": citizen.id, "organisation": organisation, "record": record}
            self.connection.execute(sa.insert(TRANSFERS).values(**who, **values))
        else:
            self.connection.execute(sa.update(TRANSFERS).where(this).values(**values))
        self._believe(citizen, told)
        return "stored"

    def _believe(self, citizen: Citizen, told: Told) -> None:
        self._hold(citizen, self._from_records(citizen, told))

    def _from_records(self, citizen: Citizen, told: Told) -> Facts:
        rows = self.connection.execute(sa.select(TRANSFERS).where(TRANSFERS.c.citizen == citizen.id))
        return citizen.facts.after(told, map(word_of, rows))

    def _hold(self, citizen: Citizen, facts: Facts) -> None:
        self.connection.execute(sa.update(CITIZENS).where(CITIZENS.c.id == citizen.id).values(**asdict(facts)))

    def version(self) -> int:
        """How many changes of organisations' states there have been; to be read before what a change depends on."""
        return int(self.connection.execute(sa.select(sa.func.coalesce(sa.func.max(CHANGES.c.version), 0))).scalar_one())

    def history(self, organisation: str) -> list[Change]:
        """Every change of an organisation, newest first."""
        return [_change(row) for row in self.connection.execute(history_of(organisation))]

    def enter(self, change: Change) -> bool:
        """Add a change, of the version after the one that was read; False when another has come in between."""
        return bool(self.connection.execute(insert_new(self.connection, CHANGES, asdict(change))).rowcount)

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


def history_of(organisation: str) -> sa.Select[Any]:
    """The changes of an organisation, newest first."""
    return sa.select(CHANGES).where(CHANGES.c.organisation == organisation).order_by(CHANGES.c.version.desc())


def states_told(held: database.Database) -> StatesTold:
    """Every organisation's state, in one statement, so that the version is that of the states."""
    with held.reading_engine.connect() as connection:
        rows = connection.execute(CURRENT).all()
    return StatesTold(max((row.version for row in rows), default=0), {row.organisation: row.state for row in rows})


def _change(row: Row[Any]) -> Change:
    return Change(**{column.name: getattr(row, column.name) for column in CHANGES.c})


def citizen_of(row: Row[Any]) -> Citizen:
    """A citizen from a row with the columns CITIZEN."""
    return Citizen(row.id, Facts(**{column.name: getattr(row, column.name) for column in FACTS}))


def word_of(row: Row[Any]) -> Word:
    """The word of a record from a row of TRANSFERS."""
    return Word(protected=row.protected, deceased=row.deceased)
