"""Synthetic citizens in their households, the same ones each time: who they are to each other decides who reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

YOUNGEST_READER = 16
HOUSEHOLDS = 64

_ADJECTIVES = (
    "Amber", "Brave", "Calm", "Clever", "Coastal", "Curious", "Dappled", "Early", "Fair", "Gentle", "Golden", "Happy",
    "Hidden", "Humble", "Jolly", "Kind", "Lively", "Lucky", "Mellow", "Merry", "Misty", "Nimble", "Northern", "Patient",
    "Plain", "Proud", "Quick", "Quiet", "Rosy", "Silver", "Steady", "Sunny", "Tidy", "Vivid", "Warm", "Witty",
)  # fmt: skip
_NOUNS = (
    "Anchor", "Birch", "Brook", "Candle", "Cloud", "Compass", "Creek", "Fern", "Fjord", "Garden", "Harbour", "Heather",
    "Island", "Kettle", "Lantern", "Maple", "Meadow", "Mitten", "Otter", "Pebble", "Pine", "Plover", "Puffin", "Quilt",
    "Ribbon", "River", "Rowan", "Sail", "Sparrow", "Spruce", "Stone", "Teacup", "Thistle", "Valley", "Wagon", "Willow",
)  # fmt: skip
_CHILDREN = ((), (4,), (13,), (2, 8), (9, 12), (14, 17), (0, 6, 11), (12, 15, 20))


@dataclass(frozen=True, slots=True)
class Citizen:
    """
    Somebody synthetic; `readers` are the relations (READERS) that read about them in the portal.

    A child under 16 has no account (R2). Somebody with a protected address is not represented by anybody (K24).
    """

    name: str
    age: int
    readers: tuple[str, ...]

    @property
    def age_band(self) -> str:
        """One of AGE_BANDS (K3)."""
        if self.age >= YOUNGEST_READER:
            return "16+"
        return "12-15" if self.age >= 12 else "0-11"  # noqa: PLR2004  the band's own name


def households(chance: Random) -> list[Citizen]:
    """Everybody, family by family: children of every age band, couples, people alone, and people who need help."""
    names = _names(chance)
    return [citizen for number in range(HOUSEHOLDS) for citizen in _household(number, names, chance)]


def _household(number: int, names: Iterator[str], chance: Random) -> Iterator[Citizen]:
    # Every tenth family lives at an address nobody may learn.
    protected = number % 10 == 9  # noqa: PLR2004
    parents = 1 + number % 2
    for _ in range(parents):
        yield Citizen(next(names), chance.randint(38, 52), _readers_of_an_adult(protected, chance))
    for age in _CHILDREN[number % len(_CHILDREN)]:
        yield Citizen(next(names), age, _readers_of_a_child(age, protected))
    if number % 3 == 0:
        yield Citizen(next(names), chance.randint(70, 94), _readers_of_an_old_person(number, protected))


def _readers_of_an_adult(protected: bool, chance: Random) -> tuple[str, ...]:  # noqa: FBT001  told by its name
    return ("self", "grant") if not protected and chance.random() < 1 / 3 else ("self",)


def _readers_of_a_child(age: int, protected: bool) -> tuple[str, ...]:  # noqa: FBT001
    if age >= YOUNGEST_READER:
        return ("self",) if protected else ("self", "grant")
    return () if protected else ("parental",)


def _readers_of_an_old_person(number: int, protected: bool) -> tuple[str, ...]:  # noqa: FBT001
    if protected:
        return ("self",)
    return ("capacity",) if number % 2 else ("self", "grant")


def _names(chance: Random) -> Iterator[str]:
    pairs = [f"{adjective} {noun}" for adjective in _ADJECTIVES for noun in _NOUNS]
    chance.shuffle(pairs)
    return iter(pairs)
