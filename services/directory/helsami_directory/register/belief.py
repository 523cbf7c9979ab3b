"""What is believed of a citizen when the register and record systems have both spoken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from helsami_directory.domain import Facts
from helsami_directory.register.domain import UNPROTECTED, Holder, Said
from helsami_directory.register.guardians import Guardianship


@dataclass(frozen=True, slots=True)
class Registered:
    """
    A citizen with what is believed of them, and when the register was asked; `holders` are those who are alive.

    `guardians` are theirs, and `wards` are those whose guardian they are.
    """

    id: str
    facts: Facts
    protection: str
    asked_at: datetime | None
    active: bool = True
    back_since: datetime | None = None
    holders: tuple[Holder, ...] = ()
    guardians: tuple[Guardianship, ...] = ()
    wards: tuple[str, ...] = ()

    @property
    def holder_at_address(self) -> bool:
        """Whether one holder at least is registered where the child is: then all of them qualify (K5)."""
        return any(holder.at_childs_address for holder in self.holders)


def believed(facts: Facts, said: Said | None) -> Facts:
    """
    What is believed when the register says this, and record systems let one believe `facts`.

    Name and birth date are the register's; protection and death hold whoever says so.
    """
    if said is None:
        return facts
    deceased = facts.deceased or said.deceased
    return replace(
        facts,
        name=said.name or facts.name,
        birth_date=said.birth_date or facts.birth_date,
        protected=facts.protected or said.protection != UNPROTECTED,
        deceased=deceased,
        death_date=(said.death_date or facts.death_date) if deceased else None,
    )
