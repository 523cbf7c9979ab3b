"""Plain English for counts, codes and people."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import cache

MOST_NAMED = 3
_MANY_HOURS = 73
_SPELT = {"follow up": "follow-up", "x ray": "X-ray", "check in": "check-in", "home care visit": "home-care visit"}

READERS = {
    ("self", "16+"): "the citizens themselves",
    ("grant", "16+"): "people with a grant from an adult",
    ("capacity", "16+"): "those who represent an adult who cannot consent",
    ("parental", "0-11"): "parents of children under 12",
    ("parental", "12-15"): "parents of 12–15-year-olds",
    ("parental", "16+"): "parents of young people from 16",
}
WHO = tuple(each for each in READERS if each != ("parental", "16+"))
"""Everybody that may read or act: nobody is anybody's parent in this sense from 16 on (K1)."""

PLACES = {
    "outpatient": "an outpatient clinic",
    "inpatient": "a hospital stay",
    "emergency": "an emergency visit",
    "nursing-home": "a nursing home",
    "home": "the home",
    "virtual": "video or phone",
    "": "a place nobody noted",
}
ROLES = {"LE": "a doctor", "SP": "a nurse", "FT": "a physiotherapist", "PS": "a psychologist", "JO": "a midwife"}


def many(count: int, one: str, more: str = "") -> str:
    """A count and its word: `1 note`, `12 notes`."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def verb(count: int, one: str, more: str) -> str:
    """The verb that fits a count."""
    return one if count == 1 else more


def listed(words: Collection[str], most: int = MOST_NAMED) -> str:
    """Some words, and how many there are besides: `a, b, c and 4 more`."""
    known = list(words)
    if len(known) > most + 1:
        known = [*known[:most], f"{len(known) - most} more"]
    return " and ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def narrowed(holds: Sequence[str], not_for: Sequence[str]) -> str:
    """Whom something holds for, in the shorter way; nothing where it holds for all."""
    if not not_for:
        return ""
    return f"all but {listed(not_for, len(not_for))}" if len(not_for) < len(holds) else listed(holds, len(holds))


def ahead(length: timedelta) -> str:
    """How far ahead: in hours, or in days from three of them on."""
    hours = round(length / timedelta(hours=1))
    return many(hours, "hour") if hours < _MANY_HOURS else many(round(hours / 24), "day")


@cache
def plain(code: str) -> str:
    """An organisation's own code as words."""
    words = code.replace("-", " ").replace("_", " ")
    for written, spoken in _SPELT.items():
        words = words.replace(written, spoken)
    return words


def role(code: str) -> str:
    """Who wrote it."""
    return ROLES.get(code, plain(code))


def reader(relation: str, age_band: str) -> str:
    """Who reads, by relation and the age of whom it is about."""
    return READERS.get((relation, age_band), f"{relation} readers of {age_band}")


def day(value: date) -> str:
    """A day such as `1 March 2025`."""
    return f"{value.day} {value:%B} {value.year}"
