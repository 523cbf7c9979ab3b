"""What the access log costs: rows added a second, and how long a million of them take to be verified (issue 5)."""

from __future__ import annotations

import io
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import eventlet
import psycopg2
import psycopg2.extensions
from sqlalchemy.engine import make_url

from harness.caretaker import Caretaker
from harness.postgres import Postgres
from helsami_consents.access_log.anchors import AnchorFile, Signer
from helsami_consents.access_log.auditing import Part
from helsami_consents.access_log.command import newest_in, verified
from helsami_consents.access_log.domain import Access, Entry, Head
from helsami_consents.access_log.models import ACCESS_LOG
from helsami_consents.access_log.storage import LogWrites
from helsami_kernel.database import Database
from helsami_kernel.keys import KeyFolder
from helsami_kernel.migrations import upgrade

NOW: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
SUBJECTS: Final = 20_000
A_SUBJECT: Final = 50
ADDED: Final = 5_000
A_CALL: Final = 100
"""Events in one call of the journal, each about somebody else."""
AT_ONCE: Final = 4
PROCESSES: Final = (1, 2)
COLUMNS: Final = tuple(ACCESS_LOG.columns.keys())


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Rows added a second, and seconds to verify a million rows, on PostgreSQL that waits for its disk.

    Added are events about somebody else each, a hundred a transaction as the journal delivers them, one after the other
    and AT_ONCE at once; then one a transaction, about somebody else each and all about the same citizen.
    """
    with closing(Postgres(caretaker)) as postgres, tempfile.TemporaryDirectory() as folder:
        postgres.start()
        postgres.make_durable()
        keys = KeyFolder(Path(folder) / "keys")
        keys.make()
        url = postgres.create_database("bench_access_log")
        upgrade("consents", url)
        database = Database(url, pool_size=AT_ONCE, clock=lambda: NOW)
        try:
            told = {"added": _adding(database, keys.secret("access-log"))}
            superuser = f"postgresql+psycopg2://postgres@127.0.0.1:{postgres.port}/{make_url(url).database}"
            _seed(superuser, keys.secret("access-log"))
            copy = _anchored(database, keys, Path(folder))
        finally:
            database.close()
        whole = Part(url, str(keys.path), (str(copy),), newest_in([str(copy)]))
        return {**told, "verified": {f"{number} processes": _verifying(whole, number) for number in PROCESSES}}


def _adding(database: Database, key: bytes) -> dict[str, float]:
    several = [[uuid.uuid4().hex for _ in range(A_CALL)] for _ in range(ADDED // A_CALL)]
    single = [[uuid.uuid4().hex] for _ in range(ADDED // 10)]
    return {
        f"{A_CALL} a transaction": _added(database, key, several, 1),
        f"{A_CALL} a transaction, {AT_ONCE} at once": _added(database, key, several, AT_ONCE),
        f"one a transaction, {AT_ONCE} at once": _added(database, key, single, AT_ONCE),
        "one a transaction, all about the same citizen": _added(database, key, [["0" * 32]] * (ADDED // 10), AT_ONCE),
    }


def _added(database: Database, key: bytes, calls: Sequence[Sequence[str]], at_once: int) -> float:
    """Rows a second."""
    began = time.perf_counter()
    pool = eventlet.GreenPool(at_once)
    for subjects in calls:
        pool.spawn(_add, database, key, subjects)
    pool.waitall()
    return sum(map(len, calls)) / (time.perf_counter() - began)


def _add(database: Database, key: bytes, subjects: Sequence[str]) -> None:
    """As consents takes a delivery: heads are locked, sources looked up, links added."""
    with database.transaction(LogWrites, None) as tx:
        heads = tx.heads_of(subjects)
        looked = {subject: [_looked(uuid.uuid4().hex * 2)] for subject in subjects}
        tx.known([one.source or "" for some in looked.values() for one in some])
        tx.log_all(looked, heads, key)


def _looked(source: str | None) -> Access:
    return Access(
        at=NOW,
        actor="b" * 32,
        basis="staff",
        purpose="treatment",
        outcome="allowed",
        reason="audit-event",
        organisation="st_olavs",
        unit="surgery",
        name="Klar Kompass",
        profession="doctor",
        kinds="records results",
        source=source,
    )


def _seed(superuser: str, key: bytes) -> None:
    """A million rows with right hashes and seals, in the order of no chain."""
    chains = _chains(key)
    green = psycopg2.extensions.get_wait_callback()
    psycopg2.extensions.set_wait_callback(None)  # COPY knows no greenlets
    connection = psycopg2.connect(make_url(superuser).set(drivername="postgresql").render_as_string())
    with closing(connection), connection.cursor() as cursor:
        for some in iter(lambda: list(islice(chains, 200)), []):
            lines = "".join(_line(entry) for chain in some for entry in chain)
            cursor.copy_expert(f"COPY access_log ({', '.join(COLUMNS)}) FROM STDIN", io.StringIO(lines))
            heads = "".join(f"{chain[-1].subject}\t{chain[-1].sequence}\t{chain[-1].hash}\n" for chain in some)
            cursor.copy_expert("COPY access_log_heads (owner, sequence, hash) FROM STDIN", io.StringIO(heads))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE access_log")
    psycopg2.extensions.set_wait_callback(green)


def _chains(key: bytes) -> Iterator[list[Entry]]:
    for _ in range(SUBJECTS):
        subject, head, chain = uuid.uuid4().hex, Head(), []
        for number in range(A_SUBJECT):
            chain.append(head.link(subject, _looked(f"{subject}{number:032x}"), key))
            head = Head(chain[-1].sequence, chain[-1].hash)
        yield chain


def _line(entry: Entry) -> str:
    access = entry.access
    values = {"owner": entry.subject, "sequence": entry.sequence, "previous": entry.previous}
    values |= {"hash": entry.hash, "seal": entry.seal}
    told = (values[name] if name in values else getattr(access, name) for name in COLUMNS)
    return "\t".join("\\N" if value is None else str(value) for value in told) + "\n"


def _anchored(database: Database, keys: KeyFolder, folder: Path) -> Path:
    signer, copy = Signer(keys.signing("consents")), AnchorFile(folder / "anchors")
    for _ in range(2 + (SUBJECTS + ADDED) // 5000):
        with database.transaction(LogWrites, None) as tx:
            tx.anchor(signer)
    with database.transaction(LogWrites, None) as tx:
        copy.add(tx.anchors_after(0))
    return copy.path


def _verifying(whole: Part, processes: int) -> dict[str, float]:
    began = time.perf_counter()
    anchors, report = verified(whole, processes)
    took = time.perf_counter() - began
    if report.findings or anchors.findings or report.rows < SUBJECTS * A_SUBJECT:
        raise AssertionError("the log is not as it was written")
    return {"rows": report.rows, "seconds": took, "unanchored": report.unanchored}
