"""A service that dies now and then: in the midst of what it does, after it, or between two things that it owes."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from helsami_appointments.service import AppointmentsService
from helsami_kernel.database import AlreadyDone, Database
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Refusal
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import citizen_token, service
from helsami_sdk.answers import BookingDecision, WaitlistTerms
from helsami_sdk.testing import organisations_of, rules_of

from .model import BATCH, LIFE, UNDER_AGE

READS, WRITES = AppointmentsService.store.reads, AppointmentsService.store.writes
TERMS = WaitlistTerms(enabled=True, offer_life=LIFE, least_lead_time=LIFE, batch=BATCH, quiet=None)
OWED = ("match_slot", "end_wait", "release_hold", "expire_request")
MOMENT = timedelta(milliseconds=1)
COMPILED = {}  # statements are the same in every life, and take longer to write than to run
SPOKEN = {}  # what is compiled is found again by one dialect alone


class Died(Exception):
    """The power fails before anything is stored."""


class Mortal:
    """The service on a database of its own, which outlives it."""

    def __init__(self, path, clock) -> None:
        self.url, self.clock = f"sqlite:///{path}", clock
        self.dies = False
        self.start()
        self.seen = sqlite3.connect(path)

    def start(self):
        self.database = Database(self.url, pool_size=2, clock=self.clock)
        for name in ("engine", "reading_engine"):
            engine = getattr(self.database, name).execution_options(compiled_cache=COMPILED)
            engine.dialect = SPOKEN.setdefault("dialect", engine.dialect)
            setattr(self.database, name, engine)
        self.decisions = Decisions("appointments", self.database, self.clock)
        rules = organisations_of(rules_of(decide_booking=_decides, choose_waitlist_terms=TERMS))
        self.service = service(AppointmentsService, store=self.store(), rules=rules, clock=self.clock)

    def crash(self):
        self.database.close()
        self.start()

    def close(self):
        self.seen.close()
        self.database.close()

    def store(self, cause=None, writes=WRITES):
        return OpenStore(self.database, READS, writes, told=lambda: None, decisions=self.decisions, cause=cause)

    def outcome(self, command, wish, token, writes=WRITES):
        """The code of a refusal, or None, and the answer; where the power fails first, as if nothing had been asked."""
        self.clock.move(MOMENT)
        if self.dies:
            self.dies, self.decisions.store_with = False, _dies
            with contextlib.suppress(Died, Refusal):
                getattr(self.service, command)(wish, token)
            self.crash()
        self.service.store = self.store(writes=writes)
        try:
            return None, getattr(self.service, command)(wish, token)
        except Refusal as refusal:
            return refusal.code, None
        finally:
            self.service.store = self.store()

    def effect(self, method, told, cause):
        """Have an effect once, however often what causes it comes."""
        self.service.store = self.store(cause)
        getattr(self.service, method)(told)
        self.service.store = self.store(cause)
        with pytest.raises(AlreadyDone):
            getattr(self.service, method)(told)
        self.service.store = self.store()

    def has_read(self, owner, appointment, offer=None):
        """
        Writes of somebody who has read these as they are now, and goes on only when others are done.

        One after the other, as SQLite has it, nobody ever reads what another changes before they write.
        """
        early = {}
        with self.store().transaction(owner) as tx:
            early[appointment] = tx.appointment_row(appointment)
            if offer is not None:
                early[offer] = tx.own_offer(offer)

        class Early(WRITES):
            def appointment_row(self, name):
                return early.pop(name, None) or super().appointment_row(name)

            def own_offer(self, name):
                return early.pop(name, None) or super().own_offer(name)

        return Early

    # What is stored

    def stored(self, columns, table, where="true"):
        return self.seen.execute(f"SELECT {columns} FROM {table} WHERE {where}").fetchall()

    def promised(self):
        """What the service owes: its id, kind, what it is about, when it is due, and what it says."""
        columns, open_ones = "id, kind, key, owner, due_at, payload", f"fulfilled_at IS NULL AND kind IN {OWED}"
        for name, kind, key, owner, due_at, payload in self.stored(columns, "obligations", open_ones):
            told = orjson.loads(payload)
            about = {
                "match_slot": lambda told=told: (told["slot"], told["round"]),
                "end_wait": lambda key=key: (key.split(" ")[0], datetime.fromisoformat(key.split(" ")[1])),
                "release_hold": lambda key=key, owner=owner: (*key.split(" "), owner),
                "expire_request": lambda told=told: (told["request"],),
            }[kind]()
            yield name, kind, about, datetime.fromisoformat(due_at).replace(tzinfo=UTC), told


def token_of(citizen, **claims):
    band = "12-15" if citizen == UNDER_AGE else "16+"
    return citizen_token(citizen, ["appointments:read", "appointments:act"], age_band=band, **claims)


def _dies(_tx):
    raise Died


def _decides(question):
    asks = question.age_band == "12-15" and question.action in {"change", "cancel"}
    return BookingDecision.request() if asks else BookingDecision.direct()
