"""Letters in the database: among the documents, with what is enclosed beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel import database
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.database import Reads
from helsami_kernel.items import SHARING_COLUMNS, item_id
from helsami_kernel.sections import Section
from helsami_records.letters.domain import Letter
from helsami_records.models import DOCUMENTS, ENCLOSURES

CATEGORY: Final = "documents"
SECTION: Final = Section(DOCUMENTS, CATEGORY, DOCUMENTS.c.is_letter)
MOST_OF_AN_APPOINTMENT: Final = 20
MOST_READ: Final = MOST_OF_AN_APPOINTMENT + MOST_HIDDEN
"""What a reader is not shown takes no place of what they are."""

LETTER: Final = sa.select(
    *(DOCUMENTS.c[name] for name in ("id", "organisation", "occurred_at", *SHARING_COLUMNS, "body")),
    sa.literal("").label("category"),
).where(DOCUMENTS.c.owner == sa.bindparam("owner"), DOCUMENTS.c.is_letter)
ONE: Final = LETTER.where(DOCUMENTS.c.id == sa.bindparam("id", type_=sa.String))
OF_APPOINTMENT: Final = (
    LETTER.where(DOCUMENTS.c.appointment == sa.bindparam("appointment", type_=sa.String))
    .order_by(DOCUMENTS.c.occurred_at.desc(), DOCUMENTS.c.id)
    .limit(MOST_READ)
)
ENCLOSURE: Final = sa.select(ENCLOSURES.c.content_type, ENCLOSURES.c.data).where(
    ENCLOSURES.c.owner == sa.bindparam("owner"),
    ENCLOSURES.c.letter == sa.bindparam("letter", type_=sa.String),
    ENCLOSURES.c.number == sa.bindparam("number", type_=sa.Integer),
)


class Writes(database.Writes):
    """What a delivery changes of letters."""

    def enclose(self, letters: Mapping[str, Letter | None]) -> None:
        """Keep what is enclosed with these letters, and nothing of what was; None for what is a letter no longer."""
        if not letters:
            return
        these = sa.and_(ENCLOSURES.c.owner == self.owner, ENCLOSURES.c.letter.in_(letters))
        self.connection.execute(sa.delete(ENCLOSURES).where(these))
        rows = [
            {"owner": self.owner, "letter": its, "number": number, "content_type": one.content_type, "data": one.data}
            for its, letter in letters.items()
            for number, one in enumerate(letter.enclosed if letter else (), 1)
        ]
        if rows:
            self.connection.execute(sa.insert(ENCLOSURES), rows)

    def untold_letters(self, letters: Collection[str]) -> set[str]:
        """Those of these letters whose citizen has not been told of them; from now on they have."""
        this = sa.and_(DOCUMENTS.c.owner == self.owner, DOCUMENTS.c.id.in_(letters), DOCUMENTS.c.told_at.is_(None))
        found = set(self.connection.execute(sa.select(DOCUMENTS.c.id).where(this)).scalars())
        if found:
            self.connection.execute(sa.update(DOCUMENTS).where(this).values(told_at=self.now))
        return found


def columns(citizen: str, organisation: str, letter: Letter) -> dict[str, Any]:
    """What is kept of a letter beside what its citizen reads; a digest tells that something else is enclosed."""
    about = letter.appointment
    digest = hashlib.sha256()
    for one in letter.enclosed:
        digest.update(hashlib.sha256(one.data).digest())
    return {
        "visit": None,
        "is_letter": True,
        "appointment": None if about is None else item_id(citizen, organisation, f"Appointment|{about}"),
        "enclosed": digest.hexdigest(),
    }


def one(reads: Reads, letter: str) -> Row[Any] | None:
    """The letter of that id, as `Showing` asks about it."""
    return next(iter(reads.fetch(ONE, id=letter)), None)


def of_appointment(reads: Reads, appointment: str) -> Sequence[Row[Any]]:
    """The letters about an appointment, the newest first, some more than are shown, as `Showing` asks about them."""
    return reads.fetch(OF_APPOINTMENT, appointment=appointment)


def enclosure(reads: Reads, letter: str, number: int) -> Row[Any] | None:
    """What is enclosed with a letter under that number, from 1: its type and its bytes."""
    return next(iter(reads.fetch(ENCLOSURE, letter=letter, number=number)), None)
