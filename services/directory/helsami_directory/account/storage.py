"""How accounts are left and taken up again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from helsami_directory.account.domain import Account, AccountDeactivated, AccountReactivated
from helsami_directory.models import CITIZENS
from helsami_directory.profile import storage

COLUMNS: Final = sa.select(CITIZENS.c.first_login_at, CITIZENS.c.deactivated_at)


class Reads(storage.Reads):
    """What is asked about people and their accounts."""

    def account(self, citizen: str) -> Account:
        """How a citizen uses their account."""
        (row,) = self._rows(COLUMNS.where(CITIZENS.c.id == citizen))
        return Account(row.first_login_at, row.deactivated_at)

    def by_post(self, citizens: Iterable[str]) -> set[str]:
        """Those of these citizens who read nothing here now: who have left their account, or have died."""
        away = sa.or_(CITIZENS.c.deactivated_at.is_not(None), CITIZENS.c.deceased)
        rows = self._rows(sa.select(CITIZENS.c.id).where(CITIZENS.c.id.in_(set(citizens)), away))
        return {row.id for row in rows}


class Writes(storage.Writes):
    """One transaction of one citizen about their account."""

    def log_in(self, citizen: str) -> Account:
        """Note a login, and end a deactivation by it (R8); returns how it was before."""
        mine = CITIZENS.c.id == citizen
        row = self.connection.execute(COLUMNS.where(mine).with_for_update()).one()
        before = Account(row.first_login_at, row.deactivated_at)
        first = {"first_login_at": before.first_login_at or self.now}
        again = {} if before.deactivated_at is None else {"deactivated_at": None, "reactivated_at": self.now}
        self.connection.execute(sa.update(CITIZENS).where(mine).values(**first, **again))
        if again:
            self.tell_of(citizen, AccountReactivated(), of=citizen)
        return before

    def deactivate(self, citizen: str) -> None:
        """Leave an account; one that is left stays so, and nobody is told twice."""
        mine = sa.and_(CITIZENS.c.id == citizen, CITIZENS.c.deactivated_at.is_(None))
        if self.connection.execute(sa.update(CITIZENS).where(mine).values(deactivated_at=self.now)).rowcount:
            self.tell_of(citizen, AccountDeactivated(), of=citizen)
