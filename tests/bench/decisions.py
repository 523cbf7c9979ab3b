"""What a decision on somebody's behalf costs, with a thousand grants and with a million (issue 5)."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg2
import psycopg2.extensions
from sqlalchemy.engine import make_url

from harness.caretaker import Caretaker
from harness.postgres import Postgres
from helsami_consents import storage
from helsami_consents.grants.domain import LEVELS, scopes_of
from helsami_consents.service import ConsentsService
from helsami_kernel.access import Issuer
from helsami_kernel.keys import KeyFolder
from helsami_kernel.testing import citizen_token, open_store, service

SIZES: Final = (1_000, 1_000_000)
ASKED: Final = 1_000
"""Grants that are asked about, as many whatever their number is; each has been asked about before."""
ROUNDS: Final = 5
RANKS: Final = ("p50", "p99", "own p50", "own p99", "commit p50", "commit p99")
GIVEN: Final = "2026-03-01 09:00:00+00"
COLUMNS: Final = (
    "id", "giver", "receiver", "scopes", "version", "granted_at", "confirmed_at", "accepted_at", "changes",
    "changes_from",
)  # fmt: skip
Pair = tuple[str, str]


class Register:
    """Everybody is of age and alive: how long the directory takes is the directory's."""

    def facts(self, command: Mapping[str, Any], token: str, within: float | None = None) -> dict[str, Any]:
        """What the register says of each."""
        one = {"name": "Modig Fjell", "birth_date": "1980-01-01", "protected": False, "deceased": False}
        return {"facts": [{"citizen": citizen, **one} for citizen in command["citizens"]]}


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Milliseconds of a decision in consents, by number of grants, and the ratio of the p99 of neighbouring rounds.

    A decision reads the grounds, writes and seals a line of the access log on a PostgreSQL that waits for its disk, and
    signs a token. The register is a stand-in, since the question to it is the directory's time. Beside it stand the
    processor time of the process itself (`own`), and a transaction of one row in the same database (`commit`).
    """
    with closing(Postgres(caretaker)) as postgres, tempfile.TemporaryDirectory() as folder:
        postgres.start()
        postgres.make_durable()
        keys = KeyFolder(Path(folder))
        keys.make()
        askers = {size: _asker(postgres, keys, size) for size in SIZES}
        for ask in askers.values():
            ask()  # every subject has a log by now, and every page of it was read
        rounds = [{size: ask() for size, ask in askers.items()} for _ in range(ROUNDS)]
    small, large = SIZES
    told = {str(size): {rank: statistics.median(one[size][rank] for one in rounds) for rank in RANKS} for size in SIZES}
    ratios = {rank: statistics.median(one[large][rank] / one[small][rank] for one in rounds) for rank in ("p50", "p99")}
    return {
        "milliseconds": told,
        "ratio": ratios,
        "rounds": [{str(size): one[size] for size in SIZES} for one in rounds],
    }


def _asker(postgres: Postgres, keys: KeyFolder, size: int) -> Callable[[], dict[str, float]]:
    url = postgres.create_database(f"bench_decisions_{size}")
    store = open_store("consents", url, storage.Reads, storage.Writes, lambda: datetime.now(UTC))
    superuser = f"postgresql://postgres@127.0.0.1:{postgres.port}/{make_url(url).database}"
    pairs = _seed(superuser, size)
    consents = service(
        ConsentsService,
        store=store,
        directory=Register(),
        clock=lambda: datetime.now(UTC),
        issuer=Issuer("consents", keys.signing("consents")),
        sealing=keys.secret("access-log"),
    )
    return lambda: _asking(consents, pairs)


def _asking(consents: ConsentsService, pairs: Sequence[Pair]) -> dict[str, float]:
    gateway = citizen_token("gateway", ["consents:decide"])
    took, own, commits = [], [], []
    for giver, receiver in pairs:
        asked = {"actor": receiver, "subject": giver, "audiences": ["results"], "purpose": "results"}
        began, spent = time.perf_counter(), time.process_time()
        decided = consents.decide(asked, gateway)
        took.append(1000 * (time.perf_counter() - began))
        own.append(1000 * (time.process_time() - spent))
        if decided["basis"] != "grant":
            raise AssertionError("the grant does not hold")
        commits.append(_committing(consents))
    return {**_ranks(took), **_ranks(own, "own "), **_ranks(commits, "commit ")}


def _committing(consents: ConsentsService) -> float:
    """Milliseconds of a transaction that writes a single row and waits for the disk: no decision comes below that."""
    began = time.perf_counter()
    with consents.store.transaction(None) as tx:
        tx.connection.exec_driver_sql("INSERT INTO committed DEFAULT VALUES")
    return 1000 * (time.perf_counter() - began)


def _ranks(milliseconds: list[float], of: str = "") -> dict[str, float]:
    milliseconds.sort()
    number = len(milliseconds)
    return {f"{of}p50": milliseconds[number // 2], f"{of}p99": milliseconds[number * 99 // 100]}


def _seed(superuser: str, size: int) -> list[Pair]:
    """Grants of as many givers, each to another receiver; those that are asked about lie anywhere among them."""
    asked: list[Pair] = []
    rows = _rows(size, asked)
    green = psycopg2.extensions.get_wait_callback()
    psycopg2.extensions.set_wait_callback(None)  # COPY knows no greenlets
    with closing(psycopg2.connect(superuser)) as connection, connection.cursor() as cursor:
        for some in iter(lambda: list(islice(rows, 10_000)), []):
            cursor.copy_expert(f"COPY grants ({', '.join(COLUMNS)}) FROM STDIN", io.StringIO("".join(some)))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE grants")
        cursor.execute("CREATE TABLE committed (number serial)")
        cursor.execute("GRANT ALL ON committed, committed_number_seq TO PUBLIC")
    psycopg2.extensions.set_wait_callback(green)
    return asked


def _rows(size: int, asked: list[Pair]) -> Iterator[str]:
    scopes = " ".join(sorted(scopes_of(LEVELS["full"])))
    for number in range(size):
        giver, receiver = uuid.uuid4().hex, uuid.uuid4().hex
        if number % (size // ASKED) == 0:
            asked.append((giver, receiver))
        yield "\t".join((uuid.uuid4().hex, giver, receiver, scopes, "2", *[GIVEN] * 3, "1", GIVEN)) + "\n"
