"""The rows of policy.toml: what each is about, what it says, and how its table is read."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from helsami_sdk.questions import AGE_BANDS, READERS
from helsami_sdk.tables import Table

A = TypeVar("A")
CODE = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"


@dataclass(frozen=True)
class Condition:
    """
    A key that says what a row is about: the list `key` holds what the question's `field` may be.

    `among` are the only words there are; `of_units` makes them the units of the manifest.
    """

    key: str
    field: str
    among: frozenset[str] | None = None
    of_units: bool = False

    def read(self, row: Table, units: Collection[str]) -> frozenset[str]:
        """What the row lists; empty means anything."""
        return frozenset(row.words(self.key, units if self.of_units else self.among, default="any"))


VISIT_TYPES = Condition("visit_types", "visit_type")
UNITS = Condition("units", "unit", of_units=True)
ACTORS = Condition("actors", "actor", READERS)
AGES = Condition("age_bands", "age_band", AGE_BANDS)


@dataclass(frozen=True)
class Row(Generic[A]):
    """What holds where all conditions fit; `conditions` are a question's fields and what each may be."""

    conditions: tuple[tuple[str, frozenset[str]], ...]
    says: A

    def fits(self, question: object) -> bool:
        """Whether the row is about this question."""
        return all(getattr(question, field) in allowed for field, allowed in self.conditions)


@dataclass(frozen=True)
class PolicyTable(Generic[A]):
    """
    One table of policy.toml: the hooks it answers, what it is about, its conditions, and how the rest of a row is read.

    `says(row, units)` reads what a row says; `units` are the manifest's.
    """

    name: str
    hooks: tuple[str, ...]
    about: str
    conditions: tuple[Condition, ...]
    says: Callable[[Table, Collection[str]], A]

    def read(self, file: Table, units: Collection[str]) -> tuple[Row[A], ...]:
        """Read all rows of the table; what is wrong is noted in the file."""
        return tuple(self._row(row, units) for row in file.rows(self.name))

    def _row(self, row: Table, units: Collection[str]) -> Row[A]:
        listed = ((condition.field, condition.read(row, units)) for condition in self.conditions)
        conditions = tuple((field, allowed) for field, allowed in listed if allowed)
        return Row(conditions, self.says(row, units))


def first(rows: Iterable[Row[A]], question: object) -> A | None:
    """What the first row that fits says; none leaves the question open."""
    return next((row.says for row in rows if row.fits(question)), None)


Rows = Sequence[Row[Any]]
