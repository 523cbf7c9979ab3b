"""What is read, and by whom: the sections of the home view, their owners, and how many items are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ITEMS_SHOWN: Final = 5  # what every section service shows at home
ITEMS_STORED: Final = 10
CITIZENS: Final = 400
CONNECTIONS: Final = 5  # to the database, from each service


@dataclass(frozen=True)
class Section:
    """One section: its name in the view, its owner, its table; `upcoming` items are shown soonest first."""

    name: str
    service: str
    table: str
    upcoming: bool = False


SECTIONS: Final = (
    Section("allergies", "records", "allergies"),
    Section("appointments", "appointments", "appointments", upcoming=True),
    Section("conditions", "records", "conditions"),
    Section("medications", "medications", "medications"),
    Section("notices", "notifications", "notices"),
    Section("results", "results", "results"),
    Section("vaccines", "records", "vaccines"),
    Section("visits", "records", "visits"),
)
PARTITIONS: Final = {
    "apart": (("records",), ("appointments",), ("medications",), ("notifications",), ("results",)),
    "together": (("records",), ("appointments", "medications", "notifications", "results")),
}
"""Which services share a process, beside the gateway's: none, as they are deployed, or all of them two processes."""
OWNERS: Final = tuple(dict.fromkeys(section.service for section in SECTIONS))


def sections_of(service: str) -> tuple[Section, ...]:
    """The sections that a service owns."""
    return tuple(section for section in SECTIONS if section.service == service)


def items_of(section: Section, owner: str) -> str:
    """The peers' statement; `owner` is the placeholder of the driver at hand."""
    where = f"FROM {section.table} WHERE owner = {owner}"
    if section.upcoming:
        return f"SELECT body {where} AND occurred_at > now() ORDER BY occurred_at, id LIMIT {ITEMS_SHOWN}"
    return f"SELECT body {where} ORDER BY occurred_at DESC, id DESC LIMIT {ITEMS_SHOWN}"
