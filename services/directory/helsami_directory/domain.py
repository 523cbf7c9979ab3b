"""What record systems say of a person, and what of it is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Told:
    """What one transfer says of a person; None where it says nothing."""

    name: str | None = None
    birth_date: date | None = None
    language: str | None = None
    protected: bool | None = None
    deceased: bool | None = None
    death_date: date | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """The last that one record has said of the two facts that close doors."""

    protected: bool = False
    deceased: bool = False

    def after(self, told: Told) -> Word:
        """The word of that record once it has said this: silence changes nothing."""
        return Word(
            protected=self.protected if told.protected is None else told.protected,
            deceased=self.deceased if told.deceased is None else told.deceased,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is believed of a person; `birth_date` is None until some record knows the whole date."""

    name: str = ""
    birth_date: date | None = None
    language: str | None = None
    protected: bool = False
    deceased: bool = False
    death_date: date | None = None

    def after(self, told: Told, words: Iterable[Word]) -> Facts:
        """
        What is believed after a transfer; `words` are the last of every record that knows the person, this one's too.

        Name, birth date and language: the latest transfer that gives one wins, and none erases. Protection and death
        hold as long as any record says so: only the one that said it can take it back, so that a hospital that has not
        heard of a protected address does not lift the protection (R97, K24).
        """
        said = tuple(words)
        deceased = any(word.deceased for word in said)
        return replace(
            self,
            name=told.name or self.name,
            birth_date=told.birth_date or self.birth_date,
            language=told.language or self.language,
            protected=any(word.protected for word in said),
            deceased=deceased,
            death_date=(told.death_date or self.death_date) if deceased else None,
        )


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person known to the region, by an opaque id."""

    id: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who treats citizens, as their organisation names them."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Place:
    """A FHIR Organization or Location: a name and a telephone."""

    kind: str
    name: str
    phone: str
