"""How long a freed slot takes to be matched against those who wait, on PostgreSQL (issue 4: at most 100 ms)."""

from __future__ import annotations

import statistics
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from harness.caretaker import Caretaker
from harness.postgres import Postgres
from helsami_appointments.domain import Meeting, Opening, Schedule, Span
from helsami_appointments.models import OFFERS, WAITING
from helsami_appointments.storage import _id
from helsami_appointments.waitlist.matching import Matching
from helsami_appointments.waitlist.storage import Writes
from helsami_kernel.database import Database
from helsami_kernel.migrations import upgrade
from helsami_sdk.answers import WaitlistTerms
from helsami_sdk.testing import organisations_of, rules_of

WAIT: Final = 10_000
TIMES: Final = 30
NOW: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
MEETING: Final = Meeting("consultation", "Legetime", "doctors", "Legekontoret", "lege-1", "Klar Kompass")
TERMS: Final = WaitlistTerms(enabled=True, batch=5, quiet=None)


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Seconds to match one slot: all WAIT fit, and one of a hundred does (median and slowest of TIMES).

    The organisation answers inline, and ranks those that the service asks it about.
    """
    with closing(Postgres(caretaker)) as postgres:
        postgres.start()
        url = postgres.create_database("bench_waitlist")
        upgrade("appointments", url)
        database = Database(url, pool_size=1, clock=lambda: NOW)
        try:
            return {"waiting": WAIT, **{name: _measured(database, step) for name, step in (("all", 1), ("few", 100))}}
        finally:
            database.close()


def _measured(database: Database, step: int) -> dict[str, float]:
    rules = organisations_of(rules_of(choose_waitlist_terms=TERMS))
    with database.transaction(Writes, None) as tx:
        tx.connection.execute(sa.delete(OFFERS))
        tx.connection.execute(sa.delete(WAITING))
        tx.keep_schedule("trondheim", Schedule("s1", MEETING, active=True))
        tx.connection.execute(sa.insert(WAITING), [_entry(number, step) for number in range(WAIT)])
    taken = []
    for number in range(TIMES):
        span = Span(NOW + timedelta(days=10, hours=number), NOW + timedelta(days=10, hours=number, minutes=20))
        with database.transaction(Writes, None) as tx:
            tx.keep_slot("trondheim", Opening(f"t{number}", "s1", "", "", span, free=True))
        began = time.perf_counter()
        with database.transaction(Writes, None) as tx:
            made = Matching(rules, tx).run(_id("Slot", "trondheim", f"t{number}"), str(uuid.uuid4()))
        taken.append(time.perf_counter() - began)
        if len(made) != TERMS.batch:
            raise AssertionError("a slot was not offered")
    return {"median": statistics.median(taken), "slowest": max(taken)}


def _entry(number: int, step: int) -> dict[str, Any]:
    """Somebody who waits; one of `step` for what comes free."""
    return {
        "id": str(uuid.UUID(int=number)),
        "owner": f"{number:032x}",
        "organisation": "trondheim",
        "appointment": str(uuid.UUID(int=number + WAIT)),
        "visit_type": "consultation" if number % step == 0 else "vaccination",
        "unit": "doctors",
        "clinician": "lege-1",
        "place": "",
        "starts_at": NOW + timedelta(days=30),
        "joined_at": NOW - timedelta(minutes=WAIT - number),
        "age_band": "16+",
        "digital": True,
        "priority": "",
    }
