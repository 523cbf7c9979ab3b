"""What has to be known of an organisation before its folder can be written, asked for and checked."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from helsami_sdk.manifest import ORGANISATION_ID, ORGANISATION_KINDS, PHONE
from helsami_sdk.rules import REGION

_LONGEST = 120


class WishesWrong(ValueError):
    """Something is missing or not as expected; `problems` has a line for each."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Wishes:
    """A new organisation: names in nb, nn and en, go-live as a date, and whether it has code beside its policy."""

    id: str
    kind: str
    parent: str
    nb: str
    nn: str
    en: str
    phone: str
    owner: str
    contact: str
    go_live: date
    rules: bool


class Wish(NamedTuple):
    """One thing to know: what to ask, what is expected, and whether a text is that."""

    question: str
    expected: str
    fits: Callable[[str], bool]
    optional: bool = False


def wishes_for(installed: Collection[str]) -> Mapping[str, Wish]:
    """Everything to ask, by the name of its flag; `installed` are the ids that are taken, and may be parents."""
    return MappingProxyType(
        {
            "id": Wish("Its id, short and stable", _of_id(installed), lambda text: _is_free(text, installed)),
            "kind": Wish("What it is", _one_of(ORGANISATION_KINDS), ORGANISATION_KINDS.__contains__),
            "parent": Wish("The organisation above it", _one_of(installed), installed.__contains__, optional=True),
            "nb": Wish("Its name in bokmål", "a name", _is_text),
            "nn": Wish("Its name in nynorsk", "a name", _is_text),
            "en": Wish("Its name in English", "a name", _is_text),
            "phone": Wish("Its phone", "a phone number such as +47 00 00 00 01", _matches(PHONE)),
            "owner": Wish("Who answers for its rules", "a role or a department", _is_text),
            "contact": Wish("How they are reached", "a phone number or an address", _is_text),
            "go-live": Wish("The first day whose data are shown", "a date such as 2026-01-01", _is_day),
            "rules": Wish("Does it need code, beside what can be said as data", "yes or no", _YES_OR_NO.__contains__),
        },
    )


def understood(told: Mapping[str, str], installed: Collection[str]) -> Wishes:
    """Make wishes of texts by flag; raises WishesWrong with every one that is missing or not as expected."""
    problems = []
    for name, wish in wishes_for(installed).items():
        text = told.get(name, "")
        if not text and not wish.optional:
            problems.append(f"{flag(name)}: missing; expected {wish.expected}")
        elif text and not wish.fits(text):
            problems.append(f"{flag(name)}: expected {wish.expected}, not {text!r}")
    if problems:
        raise WishesWrong(problems)
    texts = {field.name: told.get(field.name, "") for field in fields(Wishes)}
    day = date.fromisoformat(told["go-live"])
    return Wishes(**{**texts, "go_live": day, "rules": told["rules"] == "yes"})  # type: ignore[arg-type]


def flag(name: str) -> str:
    """The flag that says it."""
    return "--rules or --policy-only" if name == "rules" else f"--{name}"


_YES_OR_NO = frozenset({"yes", "no"})


def _of_id(installed: Collection[str]) -> str:
    taken = ", ".join(sorted({*installed, REGION}))
    return f"small letters and digits, with _ between words, and none of {taken}"


def _is_free(text: str, installed: Collection[str]) -> bool:
    return _matches(ORGANISATION_ID)(text) and text != REGION and text not in installed


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _one_of(words: Collection[str]) -> str:
    return f"one of {', '.join(sorted(words))}" if words else "nothing: no other organisation is installed"


def _is_text(text: str) -> bool:
    return text.isprintable() and text == text.strip() and 0 < len(text) <= _LONGEST


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
