"""How care teams are stored, and the relations that they make read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel import database
from helsami_kernel.clock import written
from helsami_kernel.items import Item, Withdrawn, keep_or_withdraw
from helsami_kernel.journal import Entry
from helsami_kernel.sections import Section
from helsami_messages.models import CARE_TEAMS
from helsami_messages.recipients.domain import CareTeam, Relation
from helsami_messages.recipients.fhir import CARE_TEAM

NAMES: Final = ("unit", "employee", "role", "name")
SECTION: Final = Section(CARE_TEAMS, None)
"""Care teams, as their citizen hides them: also those that are older than what their organisation shows."""
TEAMS: Final = (
    sa.select(*(CARE_TEAMS.c[name] for name in ("id", "organisation", "key", "access_limit", "body")))
    .where(CARE_TEAMS.c.owner == sa.bindparam("owner"))
    .order_by(CARE_TEAMS.c.access_limit.desc(), CARE_TEAMS.c.occurred_at, CARE_TEAMS.c.id)
)
"""What a citizen's teams say. Those hidden from somebody come first: what is begun with who is in several is theirs."""


class Reads(database.Reads):
    """What is read of a citizen's relations."""

    def relations(self) -> list[Relation]:
        """All that record systems have told, whether they hold or not."""
        return _relations(self.fetch(TEAMS))


class Writes(database.Writes):
    """What a delivery changes, and what writing depends on."""

    def keep_teams(self, organisation: str, read: list[tuple[Entry, CareTeam | None]]) -> list[str]:
        """Keep a citizen's care teams, or withdraw those that are none any longer; what became of each."""
        return keep_or_withdraw(self, CARE_TEAMS, [self._item(organisation, *one) for one in read])

    def relations(self) -> list[Relation]:
        """All that record systems have told, whether they hold or not."""
        return _relations(self.connection.execute(TEAMS, {"owner": self.owner}))

    def _item(self, organisation: str, entry: Entry, team: CareTeam | None) -> Item | Withdrawn:
        if team is None:
            return Withdrawn(organisation, entry.item_key)
        return Item(
            owner=str(self.owner),
            organisation=organisation,
            key=entry.item_key,
            occurred_at=team.since,
            kind="care-team",
            body={"relations": [_kept(one) for one in team.relations]},
            access_limit=team.access_limit,
        )


def _kept(relation: Relation) -> dict[str, str]:
    names = {name: getattr(relation, name) for name in NAMES}
    return {**names, "starts_at": written(relation.starts_at), "ends_at": written(relation.ends_at)}


def _relations(teams: Iterable[Row[Any]]) -> list[Relation]:
    return [_relation(team, kept) for team in teams for kept in orjson.loads(team.body)["relations"]]


def _relation(team: Row[Any], kept: dict[str, str]) -> Relation:
    unit, employee, role, name = (kept[each] for each in NAMES)
    return Relation(
        team.organisation,
        unit,
        employee,
        role,
        name,
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        access_limit=team.access_limit,
        team=team.id,
        record_key=team.key.removeprefix(f"{CARE_TEAM}|"),
    )
