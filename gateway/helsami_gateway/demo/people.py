"""Who lives in the demo: some twenty households with sixty people, and what the population register says of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from helsami_gateway.demo.names import GIVEN
from helsami_gateway.national_id import synthetic

SEED = "helsami demo people"

ONLY_APPOINTMENTS = {"appointments": ("see", "act")}
READ_AND_BOOK = {**ONLY_APPOINTMENTS, "medications": ("see",), "records": ("see",), "results": ("see",)}


@dataclass(frozen=True)
class Person:
    """One synthetic inhabitant as the population register knows them."""

    pid: str
    name: str
    birth_date: date
    language: str
    protected: bool
    number: int
    gender: str
    household: str

    @property
    def given(self) -> str:
        """The adjective."""
        return self.name.split(" ", 1)[0]

    @property
    def family(self) -> str:
        """The noun, shared by a household."""
        return self.name.split(" ", 1)[1]

    @property
    def key(self) -> str:
        """A short stable word for this person in identifiers of the demo, without the national id."""
        return f"p{self.number:02d}"

    def age_on(self, day: date) -> int:
        """Whole years lived on that day."""
        return whole_years(self.birth_date, day)


@dataclass(frozen=True)
class Parenthood:
    """A fact of the register: `parent` is a parent of `child` (both national ids)."""

    parent: str
    child: str


@dataclass(frozen=True)
class Grant:
    """`giver` lets `receiver` (both national ids) do this, by area."""

    giver: str
    receiver: str
    areas: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Household:
    """A row of the table below: ages on 1 January, and for infants their age in days today."""

    noun: str
    language: str
    adults: tuple[int, ...]
    children: tuple[int, ...] = ()
    infants: tuple[int, ...] = ()
    protected: bool = False


@dataclass(frozen=True)
class Home:
    """A household with its people."""

    noun: str
    adults: tuple[Person, ...]
    children: tuple[Person, ...]


HOUSEHOLDS = (
    Household("Fjell", "nb", (39, 41), (12, 8, 3)),
    Household("Bekk", "nb", (34, 36), (5,), (150,)),
    Household("Lyng", "nn", (45, 47), (16, 13)),
    Household("Strand", "nb", (52, 50), (16, 14)),
    Household("Skog", "nb", (33,), (4,)),
    Household("Vind", "en", (42, 44), (10, 7)),
    Household("Stein", "nb", (76, 78)),
    Household("Elv", "nb", (84,)),
    Household("Sol", "nb", (29, 30), (), (205,)),
    Household("Eng", "nn", (38,), (9, 2)),
    Household("Hav", "nb", (65, 67)),
    Household("Furu", "nb", (54, 55), (19, 16)),
    Household("Rogn", "nb", (40, 41), (14, 12)),
    Household("Bjørk", "nb", (94,)),
    Household("Hei", "nb", (31,), (6,), protected=True),
    Household("Ørn", "en", (24,)),
    Household("Tind", "nb", (46, 48), (16, 10)),
    Household("Dal", "nn", (59, 61), (21,)),
    Household("Fjord", "en", (35, 35), (8, 4, 1)),
    Household("Myr", "nb", (88, 90)),
)

GROWN_CHILDREN = (
    ("Stein", "Fjell"),
    ("Elv", "Strand"),
    ("Bjørk", "Hav"),
    ("Myr", "Dal"),
    ("Hav", "Eng"),
)
"""The adults of the first household are parents of the first adult of the second."""

OPEN_COUPLES = ("Fjell", "Bekk", "Stein", "Hav", "Dal", "Myr")
"""Couples who see everything of each other; in HALF_OPEN_COUPLES only the second sees the first, and less."""
HALF_OPEN_COUPLES = ("Lyng", "Vind", "Tind")

OPEN_YOUTHS = ("Lyng", "Strand", "Tind")
"""Households where the 16-17-year-old lets the first parent look after appointments; Furu's youth does not."""

HELPED_BY_CHILDREN = ("Elv", "Bjørk", "Myr")
"""Households whose eldest lets the grown-up child help with everything."""


def people(today: date) -> list[Person]:
    """
    Everybody in the demo, in a fixed order.

    Birth dates follow the calendar year of `today`, so that a child of nine is still a child next year; the national
    ids follow the birth dates. Two infants are always five and seven months old.
    """
    return [person for home in homes(today) for person in (*home.adults, *home.children)]


def families(today: date) -> list[Parenthood]:
    """Who is a parent of whom, young and grown-up children alike."""
    by_noun = {home.noun: home for home in homes(today)}
    at_home = [(home, child) for home in by_noun.values() for child in home.children]
    moved_out = [(by_noun[old], by_noun[young].adults[0]) for old, young in GROWN_CHILDREN]
    return [Parenthood(parent.pid, child.pid) for home, child in at_home + moved_out for parent in home.adults]


def grants(today: date) -> list[Grant]:
    """Who has let whom represent them; no giver is under 16, no receiver under 18, none has a protected address."""
    by_noun = {home.noun: home for home in homes(today)}
    return [
        *_between_spouses(by_noun),
        *_from_elders(by_noun),
        *_from_youths(by_noun, today),
    ]


def _between_spouses(by_noun: dict[str, Home]) -> Iterator[Grant]:
    for noun in OPEN_COUPLES:
        first, second = by_noun[noun].adults
        yield Grant(first.pid, second.pid, READ_AND_BOOK)
        yield Grant(second.pid, first.pid, READ_AND_BOOK)
    for noun in HALF_OPEN_COUPLES:
        first, second = by_noun[noun].adults
        yield Grant(first.pid, second.pid, ONLY_APPOINTMENTS)


def _from_elders(by_noun: dict[str, Home]) -> Iterator[Grant]:
    helpers = dict(GROWN_CHILDREN)
    for noun in HELPED_BY_CHILDREN:
        yield Grant(by_noun[noun].adults[0].pid, by_noun[helpers[noun]].adults[0].pid, READ_AND_BOOK)


def _from_youths(by_noun: dict[str, Home], today: date) -> Iterator[Grant]:
    for noun in OPEN_YOUTHS:
        home = by_noun[noun]
        youth = next(child for child in home.children if child.age_on(today) in {16, 17})
        yield Grant(youth.pid, home.adults[0].pid, ONLY_APPOINTMENTS)


@cache
def homes(today: date) -> tuple[Home, ...]:
    """All households with their people, numbered through from 1."""
    rng = Random(SEED)  # noqa: S311 - made-up people, not secrets; a fixed seed gives everybody the same demo
    made: list[Home] = []
    number = 0
    for household in HOUSEHOLDS:
        births = list(_births(household, today, rng))
        members = [
            _person(household, number + place, given, birth_date, rng)
            for place, (given, birth_date) in enumerate(zip(rng.sample(GIVEN, len(births)), births, strict=True), 1)
        ]
        number += len(members)
        grown = len(household.adults)
        made.append(Home(household.noun, tuple(members[:grown]), tuple(members[grown:])))
    return tuple(made)


def whole_years(birth_date: date, day: date) -> int:
    """Whole years between a birth and a day."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


def _births(household: Household, today: date, rng: Random) -> Iterator[date]:
    for age in (*household.adults, *household.children):
        yield date(today.year - 1 - age, rng.randint(1, 12), rng.randint(1, 28))
    for days in household.infants:
        yield today - timedelta(days=days)


def _person(household: Household, number: int, given: str, birth_date: date, rng: Random) -> Person:
    return Person(
        pid=synthetic(birth_date, number),
        name=f"{given} {household.noun}",
        birth_date=birth_date,
        language=household.language,
        protected=household.protected,
        number=number,
        gender=rng.choice(("female", "male")),
        household=household.noun,
    )
