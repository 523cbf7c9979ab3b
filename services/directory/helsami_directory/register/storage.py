"""What is kept of the register's word, and what others are told when it changes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_directory import storage
from helsami_directory.announcing import event_of
from helsami_directory.domain import Citizen, Facts, Told
from helsami_directory.identity import Sealed
from helsami_directory.models import CITIZENS, FEED, GUARDIANSHIPS, REGISTERED, RESPONSIBILITIES
from helsami_directory.register.belief import Registered, believed
from helsami_directory.register.birthdays import STEPS, TURNED, moment_of
from helsami_directory.register.domain import (
    AddressChanged,
    BirthDateChanged,
    CitizenDied,
    Guardian,
    GuardianshipChanged,
    Holder,
    ParentalResponsibilityChanged,
    ProtectionChanged,
    Said,
    protection_of,
)
from helsami_directory.register.guardians import Guardianship, appoint, of_rows, said_of
from helsami_kernel.database import insert_new

ASK_AGAIN: Final = "ask_register"
THE_FEED: Final = 1
TELL_OF_BIRTHDAY: Final = "tell_of_birthday"
SAID: Final = ("known", "name", "birth_date", "protection", "deceased", "death_date", "address_token")
OF_HOLDERS: Final = REGISTERED.alias("of_holders")
WITH_REGISTER: Final = (
    sa.select(
        *storage.CITIZEN,
        CITIZENS.c.deactivated_at,
        CITIZENS.c.reactivated_at,
        REGISTERED.c.protection,
        REGISTERED.c.asked_at,
        sa.exists().where(RESPONSIBILITIES.c.child == CITIZENS.c.id).label("has_holders"),
        sa.exists()
        .where(sa.or_(GUARDIANSHIPS.c.ward == CITIZENS.c.id, GUARDIANSHIPS.c.guardian == CITIZENS.c.id))
        .label("has_guardianships"),
    )
    .join_from(CITIZENS, REGISTERED, isouter=True)
    .where(CITIZENS.c.id.in_(sa.bindparam("citizens", expanding=True)))
)
OF_CHILDREN: Final = (
    sa.select(
        RESPONSIBILITIES,
        sa.func.coalesce(REGISTERED.c.address_token == OF_HOLDERS.c.address_token, sa.false()).label("together"),
        OF_HOLDERS.c.asked_at,
    )
    .join_from(RESPONSIBILITIES, CITIZENS, RESPONSIBILITIES.c.holder == CITIZENS.c.id)
    .join(REGISTERED, RESPONSIBILITIES.c.child == REGISTERED.c.citizen)
    .join(OF_HOLDERS, RESPONSIBILITIES.c.holder == OF_HOLDERS.c.citizen, isouter=True)
    .where(~CITIZENS.c.deceased)
    .order_by(RESPONSIBILITIES.c.child, RESPONSIBILITIES.c.holder)
)


class Reads(storage.Reads):
    """What is asked about people, with what the register says of them."""

    def registered(self, citizens: Collection[str]) -> list[Registered]:
        """Those of these ids that are known, in no order, with what decides who may represent them."""
        rows = self.fetch(WITH_REGISTER, citizens=sorted(set(citizens)))
        holders = self._holders([row.id for row in rows if row.has_holders])
        guardianships = self._guardianships([row.id for row in rows if row.has_guardianships])
        return [_registered(row, holders.get(row.id, ()), guardianships) for row in rows]

    def sealed(self, citizens: Collection[str]) -> dict[str, Sealed]:
        """The sealed national ids of those of these citizens that are known."""
        columns = (CITIZENS.c.id, CITIZENS.c.sealed_by, CITIZENS.c.nonce, CITIZENS.c.sealed)
        rows = self._rows(sa.select(*columns).where(CITIZENS.c.id.in_(set(citizens))))
        return {row.id: Sealed(row.sealed_by, row.nonce, row.sealed) for row in rows}

    def asked_at(self, lookups: Collection[str]) -> dict[str, datetime | None]:
        """When the register was asked about each of these hashes that we have asked about."""
        columns = sa.select(CITIZENS.c.lookup, REGISTERED.c.asked_at).join_from(CITIZENS, REGISTERED)
        rows = self._rows(columns.where(CITIZENS.c.lookup.in_(set(lookups))))
        return {row.lookup: row.asked_at for row in rows}

    def is_registered(self, citizen: str) -> bool:
        """Whether the register knows a citizen."""
        rows = self._rows(sa.select(REGISTERED.c.known).where(REGISTERED.c.citizen == citizen))
        return any(row.known for row in rows)

    def feed_place(self, register: str) -> int | None:
        """Up to where the feed of the register at this address has been heeded; None before it was ever asked."""
        theirs = sa.select(FEED.c.place).where(FEED.c.register == register)
        return next((int(row.place) for row in self._rows(theirs)), None)

    def address(self, citizen: str) -> Sealed | None:
        """Where a citizen is registered, sealed."""
        row = next(iter(self._rows(sa.select(REGISTERED).where(REGISTERED.c.citizen == citizen))), None)
        if row is None or row.address_sealed is None:
            return None
        return Sealed(row.address_sealed_by, row.address_nonce, row.address_sealed)

    def _guardianships(self, citizens: Collection[str]) -> list[Guardianship]:
        if not citizens:
            return []
        either = sa.or_(GUARDIANSHIPS.c.ward.in_(citizens), GUARDIANSHIPS.c.guardian.in_(citizens))
        these = sa.select(GUARDIANSHIPS).where(either)
        return of_rows(self._rows(these.order_by(GUARDIANSHIPS.c.ward, GUARDIANSHIPS.c.guardian)))

    def _holders(self, citizens: Collection[str]) -> dict[str, tuple[Holder, ...]]:
        if not citizens:
            return {}
        found: dict[str, tuple[Holder, ...]] = {}
        for row in self._rows(OF_CHILDREN.where(RESPONSIBILITIES.c.child.in_(set(citizens)))):
            holder = Holder(row.holder, bool(row.together), row.asked_at)
            found[row.child] = (*found.get(row.child, ()), holder)
        return found


class Writes(storage.Writes):
    """What the register's word changes, beside that of record systems."""

    def begin_feed(self, register: str, place: int) -> bool:
        """
        Follow this register's feed from here on, unless somebody has begun already, and not farther on.

        Returns whether another feed, or a place that it does not reach, was followed until now.
        """
        values = {"register": register, "place": place, "followed_at": self.now}
        if self.connection.execute(insert_new(self.connection, FEED, {"id": THE_FEED, **values})).rowcount:
            return False
        elsewhere = sa.and_(FEED.c.id == THE_FEED, sa.or_(FEED.c.register != register, FEED.c.place > place))
        return bool(self.connection.execute(sa.update(FEED).where(elsewhere).values(**values)).rowcount)

    def move_feed(self, register: str, place: int, to: int) -> bool:
        """Go on in its feed from one place to another; False where somebody else has gone on from there before."""
        here = sa.and_(FEED.c.id == THE_FEED, FEED.c.register == register, FEED.c.place == place)
        there = {"place": to, "followed_at": self.now}
        return bool(self.connection.execute(sa.update(FEED).where(here).values(**there)).rowcount)

    def outdate(self, citizens: Collection[str]) -> None:
        """Decide nothing more by what the register has said of these, until it is asked again."""
        # In the order in which `keep` locks them, so that the two never wait for each other in a circle.
        these = CITIZENS.c.id.in_(set(citizens))
        theirs = sa.select(CITIZENS.c.id).where(these).order_by(CITIZENS.c.lookup)
        self.connection.execute(theirs.with_for_update())
        self.connection.execute(sa.update(CITIZENS).where(these).values(outdated_at=self.now))
        this = REGISTERED.c.citizen.in_(set(citizens))
        self.connection.execute(sa.update(REGISTERED).where(this).values(asked_at=None))

    def is_overtaken(self, citizen: str, asked_at: datetime) -> bool:
        """Whether the register's word of a moment is outdated since, or a later one kept; their row is locked."""
        both = sa.select(CITIZENS.c.outdated_at, REGISTERED.c.asked_at).join_from(CITIZENS, REGISTERED, isouter=True)
        since = self.connection.execute(both.where(CITIZENS.c.id == citizen)).one()
        return any(moment is not None and moment > asked_at for moment in since)

    def say(self, citizen: Citizen, said: Said, seal: Callable[[], Sealed] | None, asked_at: datetime) -> None:
        """
        Keep what the register says of a citizen, whose row is locked, and tell of what has changed.

        `seal` gives the address to be read, where there is one; `asked_at` is from before the register was asked. What
        is overtaken by then is dropped. Those concerned by a change of responsibility are the child and whoever has it
        now or had it before, and no one else.
        """
        if self.is_overtaken(citizen.id, asked_at):
            return
        before = self._said(citizen.id)
        address = seal() if seal is not None else None
        values = {
            **{name: getattr(said, name) for name in SAID},
            "address_sealed_by": address and address.key_id,
            "address_nonce": address and address.nonce,
            "address_sealed": address and address.text,
            "asked_at": asked_at,
        }
        if before is None:
            self.connection.execute(sa.insert(REGISTERED).values(citizen=citizen.id, **values))
        else:
            self.connection.execute(sa.update(REGISTERED).where(REGISTERED.c.citizen == citizen.id).values(**values))
        self._hand_over(citizen.id, said.holders, before)
        self._appoint(citizen.id, said.guardians, before)
        if before is not None and before.known and before.address_token != said.address_token:
            self.tell_of(citizen.id, AddressChanged(citizen.id), of=citizen.id)
        self._hold(citizen, believed(self._from_records(citizen, Told()), said))

    def concerned(self, child: str) -> tuple[Facts | None, list[str]]:
        """
        What is believed of a child, and who is told of what concerns them: the child, and who has responsibility.

        Nobody but the child of one whose address is protected, and no holder whose own is: neither represents nor is
        represented (K24).
        """
        row = self.connection.execute(sa.select(*storage.CITIZEN).where(CITIZENS.c.id == child)).one_or_none()
        if row is None or row.deceased:
            return None, []
        facts = storage.citizen_of(row).facts
        unprotected = sa.and_(~CITIZENS.c.protected, ~CITIZENS.c.deceased, RESPONSIBILITIES.c.child == child)
        holders = sa.select(CITIZENS.c.id).join_from(
            RESPONSIBILITIES, CITIZENS, RESPONSIBILITIES.c.holder == CITIZENS.c.id
        )
        others = self.connection.execute(holders.where(unprotected).order_by(CITIZENS.c.id)).scalars().all()
        return facts, [child, *([] if facts.protected else others)]

    def tell_of(self, subject: str, happened: object, *, of: str) -> None:
        """Announce something to one person, numbered in the order of what happens to the citizen it is `of`."""
        this = sa.update(CITIZENS).where(CITIZENS.c.id == of)
        counted = this.values(sequence=sa.func.coalesce(CITIZENS.c.sequence, 0) + 1).returning(CITIZENS.c.sequence)
        sequence = int(self.connection.execute(counted).scalar_one())
        self.announce(event_of(happened, subject, sequence))

    def _hand_over(self, child: str, holders: frozenset[str], before: Said | None) -> None:
        had = frozenset() if before is None else before.holders
        this = sa.and_(RESPONSIBILITIES.c.child == child, RESPONSIBILITIES.c.holder.in_(had - holders))
        self.connection.execute(sa.delete(RESPONSIBILITIES).where(this))
        for holder in sorted(holders - had):
            self.connection.execute(sa.insert(RESPONSIBILITIES).values(child=child, holder=holder))
        changed = had ^ holders
        if before is not None and before.known and changed:
            for one in (child, *sorted(changed)):
                self.tell_of(one, ParentalResponsibilityChanged(child=child), of=child)

    def _appoint(self, ward: str, named: frozenset[Guardian], before: Said | None) -> None:
        """Keep whom the register names as guardians, tell whom that concerns, and look again when one ends."""
        named = frozenset(each for each in named if each.id != ward and (each.until is None or each.until > self.now))
        changed = appoint(self.connection, ward, named, () if before is None else before.guardians, self.now)
        for one in (ward, *changed) if changed else ():
            self.tell_of(one, GuardianshipChanged(ward), of=ward)
        for each in named:
            if each.until is not None and each.id in changed:
                self.promise(ASK_AGAIN, each.until, {"citizens": [ward]}, f"{ward} {each.id} {each.until.isoformat()}")

    def _said(self, citizen: str) -> Said | None:
        row = self.connection.execute(sa.select(REGISTERED).where(REGISTERED.c.citizen == citizen)).one_or_none()
        if row is None:
            return None
        theirs = sa.select(RESPONSIBILITIES.c.holder).where(RESPONSIBILITIES.c.child == citizen)
        holders = frozenset(self.connection.execute(theirs).scalars())
        guardians = said_of(self.connection, citizen)
        return Said(**{name: getattr(row, name) for name in SAID}, holders=holders, guardians=guardians)

    def _believe(self, citizen: Citizen, told: Told) -> None:
        self._hold(citizen, believed(self._from_records(citizen, told), self._said(citizen.id)))

    def _hold(self, citizen: Citizen, facts: Facts) -> None:
        """Believe this from now on, and tell of what closes or opens doors."""
        before = citizen.facts
        super()._hold(citizen, facts)
        happened = (
            (before.protected != facts.protected, ProtectionChanged(citizen.id)),
            (facts.deceased and not before.deceased, CitizenDied()),
            (before.birth_date not in {None, facts.birth_date}, BirthDateChanged()),
        )
        for has, event in happened:
            if has:
                self.tell_of(citizen.id, event, of=citizen.id)
        if facts.birth_date is not None and self.now < moment_of(facts.birth_date, TURNED):
            for step in STEPS:
                due_at = moment_of(facts.birth_date, step)
                promised = {"child": citizen.id, "step": step}
                self.promise(TELL_OF_BIRTHDAY, due_at, promised, f"{citizen.id} {step} {due_at.date()}")


def _registered(row: Row[Any], holders: tuple[Holder, ...], guardianships: list[Guardianship]) -> Registered:
    facts = storage.citizen_of(row).facts
    return Registered(
        id=row.id,
        facts=facts,
        protection=protection_of(row.protection, protected=facts.protected),
        asked_at=row.asked_at,
        active=row.deactivated_at is None,
        back_since=row.reactivated_at,
        holders=holders,
        guardians=tuple(each for each in guardianships if each.ward == row.id),
        wards=tuple(each.ward for each in guardianships if each.guardian.id == row.id),
    )
