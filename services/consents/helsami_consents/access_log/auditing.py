"""Reading the whole log back, in parts that several processes take: which chains are not as they were written."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from helsami_consents.access_log.anchors import AnchorFile, Vouched, vouched
from helsami_consents.access_log.domain import Entry, Head
from helsami_consents.access_log.models import ACCESS_LOG, ANCHORS, HEADS
from helsami_consents.access_log.storage import entry
from helsami_consents.access_log.verification import Finding, Trust, fault_of
from helsami_kernel.keys import KeyFolder

FIRST: Final = ""
BEHIND_THE_LAST: Final = "g"
"""Ids are hexadecimal: every one is between these."""
MOST_FINDINGS: Final = 1000
ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Part:
    """
    What one process looks at: subjects from `since` on and before `until`, all in one snapshot of the database.

    `newest` is the last anchor that was copied out of it before that moment; what is later tells of what is not seen.
    """

    url: str
    keys: str
    copies: tuple[str, ...]
    newest: int = 0
    snapshot: str = ""
    since: str = FIRST
    until: str = BEHIND_THE_LAST


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and the first link of each chain that is not as it was written."""

    rows: int
    subjects: int
    unanchored: int
    findings: tuple[Finding, ...]

    def __add__(self, other: Report) -> Report:
        """Both together."""
        numbers = (self.rows + other.rows, self.subjects + other.subjects, self.unanchored + other.unanchored)
        return Report(*numbers, (*self.findings, *other.findings)[:MOST_FINDINGS])


NOTHING: Final = Report(0, 0, 0, ())


def parts_of(whole: Part, number: int) -> list[Part]:
    """As many parts of about the same size."""
    bounds = [FIRST, *(f"{256 * place // number:02x}" for place in range(1, number)), BEHIND_THE_LAST]
    told = asdict(whole)
    return [Part(**{**told, "since": since, "until": until}) for since, until in itertools.pairwise(bounds)]


def open_for_reading(url: str) -> Engine:
    """An engine that may take its time, and changes nothing."""
    if url.startswith("sqlite"):
        return sa.create_engine(url)
    options = "-c default_transaction_read_only=on -c statement_timeout=0 -c timezone=UTC -c app.auditing=on"
    connect = {"options": options, "connect_timeout": 5}
    return sa.create_engine(url, isolation_level="REPEATABLE READ", connect_args=connect, poolclass=sa.pool.NullPool)


def anchors_in(connection: Connection, part: Part) -> Vouched:
    """What the anchors of the database, and those copied out of it, say of a part's subjects."""
    newest_first = sa.select(ANCHORS.c.number, ANCHORS.c.text).order_by(ANCHORS.c.number.desc())
    kept = ((int(row.number), str(row.text)) for row in _streamed(connection, newest_first))
    copies = [AnchorFile(Path(each), part.newest) for each in part.copies]
    return vouched(kept, copies, KeyFolder(Path(part.keys)).public("consents"), part.since, part.until)


def audit(connection: Connection, part: Part) -> Report:
    """Read the chains of a part's subjects, and those of whom only a head or an anchor is left."""
    key = KeyFolder(Path(part.keys)).secret("access-log")
    anchors = anchors_in(connection, part)
    heads = _heads(connection, part)
    rows = subjects = 0
    findings: list[Finding] = []
    chains: Iterator[tuple[str, Iterator[Entry]]] = itertools.chain(
        itertools.groupby(_links(connection, part), key=lambda link: link.subject), _without_rows(heads, anchors)
    )
    seen: set[str] = set()
    for subject, chain in chains:
        if subject in seen:
            continue
        seen.add(subject)
        trust = Trust(heads.get(subject), anchors.heads.get(subject, ()), anchors.unsealed.get(subject, 0), key)
        finding, read = fault_of(subject, chain, trust)
        rows += read
        subjects += 1 if read else 0
        if finding is not None and len(findings) < MOST_FINDINGS:
            findings.append(finding)
    return Report(rows, subjects, _unanchored(heads, anchors.heads), tuple(findings))


def _without_rows(heads: Mapping[str, Head], anchors: Vouched) -> Iterator[tuple[str, Iterator[Entry]]]:
    """Everybody of whom a head or an anchor tells; whoever has rows was seen before."""
    return ((subject, iter(())) for subject in itertools.chain(heads, anchors.heads))


def _heads(connection: Connection, part: Part) -> dict[str, Head]:
    mine = sa.select(HEADS).where(HEADS.c.owner >= part.since, HEADS.c.owner < part.until)
    return {row.owner: Head(row.sequence, row.hash) for row in _streamed(connection, mine)}


def _links(connection: Connection, part: Part) -> Iterator[Entry]:
    mine = sa.select(ACCESS_LOG).where(ACCESS_LOG.c.owner >= part.since, ACCESS_LOG.c.owner < part.until)
    return map(entry, _streamed(connection, mine.order_by(ACCESS_LOG.c.owner, ACCESS_LOG.c.sequence)))


def _unanchored(heads: Mapping[str, Head], anchored: Mapping[str, Sequence[Head]]) -> int:
    nothing = (Head(),)
    return sum(max(0, head.sequence - anchored.get(owner, nothing)[-1].sequence) for owner, head in heads.items())


def _streamed(connection: Connection, statement: sa.Select[Any]) -> Iterator[Any]:
    return iter(connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement))


def main() -> int:
    """Read one part, told on standard input, and tell its report on standard output."""
    part = Part(**{**(told := orjson.loads(sys.stdin.buffer.read())), "copies": tuple(told["copies"])})
    with open_for_reading(part.url).connect() as connection:
        if part.snapshot:
            connection.exec_driver_sql("SET TRANSACTION SNAPSHOT %s", (part.snapshot,))
        report = audit(connection, part)
    sys.stdout.buffer.write(orjson.dumps(asdict(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
