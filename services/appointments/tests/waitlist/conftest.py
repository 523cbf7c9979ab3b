"""What the tests of the waitlist share: an organisation that has one, who waits there, and what is seen of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.models import OFFERS, WAITING
from helsami_appointments.service import AppointmentsService
from helsami_appointments.waitlist.offering import MATCH
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.errors import Refusal
from helsami_kernel.keys import KeyFolder
from helsami_kernel.obligations import obligation
from helsami_kernel.testing import until
from helsami_sdk.answers import BookingDecision, WaitlistTerms
from helsami_sdk.testing import organisations_of, rules_of

MOMENT = timedelta(milliseconds=1)
TERMS = WaitlistTerms(enabled=True, least_lead_time=timedelta(hours=24), batch=2, quiet=None)


@pytest.fixture
def region(appointments, journal):
    """
    The organisation with a waitlist, and two clinicians' schedules.

    `answering` gives organisations of which one lets everybody book and has a waitlist, but for some answers.
    """

    def answering(**answers):
        usual = {"decide_booking": BookingDecision.direct(), "choose_waitlist_terms": TERMS}
        return organisations_of(rules_of(**{**usual, **answers}))

    appointments.answering = answering
    appointments.rules = answering()
    journal.schedule()
    journal.schedule("s2", "lege-2")
    return appointments


@pytest.fixture
def waits(region, journal, citizen, clock):
    """Let a citizen book a time so many days from now, wait for an earlier one, and return the appointment's id."""

    def join(subject, days, **claims):
        slot = journal.slot(f"of-{subject}-{days}", hours=24 * days, schedule="s2")
        command = {"slot": slot, "waitlist": True}
        clock.move(MOMENT)  # nobody joins at the same moment as another
        return region.book(command, citizen(subject, **claims))["id"]

    return join


@pytest.fixture
def due(region, store, clock):
    """Fulfil what is due now, and whatever that makes due; returns how often a slot was looked at."""

    def fulfil():
        looks = 0
        while True:
            with store.transaction(None) as tx:
                late = sa.select(OBLIGATIONS).where(
                    OBLIGATIONS.c.fulfilled_at.is_(None), OBLIGATIONS.c.due_at <= tx.now
                )
                rows = tx.connection.execute(late.order_by(OBLIGATIONS.c.due_at, OBLIGATIONS.c.id)).all()
                these = OBLIGATIONS.c.id.in_([row.id for row in rows])
                tx.connection.execute(sa.update(OBLIGATIONS).where(these).values(fulfilled_at=tx.now))
            if not rows:
                return looks
            for row in rows:
                looks += row.kind == MATCH
                getattr(region, row.kind)(obligation(row))

    return fulfil


class Seen:
    """What citizens see, and what is stored and told of all of them."""

    def __init__(self, region, store, citizen):
        self._region, self._store, self._citizen = region, store, citizen

    def own(self, subject):
        """A citizen's offers, as they read them."""
        return self._region.waitlist_offers({}, self._citizen(subject))["offers"]

    def items(self, subject):
        """A citizen's appointments, as they read them."""
        return orjson.loads(self._region.page({}, self._citizen(subject)))["items"]

    def offers(self):
        """Whose every offer is, and how it stands."""
        return Counter((row.owner, row.state) for row in self._rows(sa.select(OFFERS)))

    def waiting(self):
        """Who waits."""
        return sorted(row.owner for row in self._rows(sa.select(WAITING.c.owner)))

    def told(self):
        """Whom each event about an offer is told, and the state in it."""
        rows = self._rows(sa.select(OUTBOX).where(OUTBOX.c.type.startswith("offer_")))
        return Counter((row.type, row.subject, orjson.loads(row.data).get("state")) for row in rows)

    def promised(self, kind):
        """How many promises of a kind were made."""
        return len(self._rows(sa.select(OBLIGATIONS.c.id).where(OBLIGATIONS.c.kind == kind)))

    @staticmethod
    def starts(days):
        """When a time so many days from the beginning starts, in writing."""
        return f"2026-03-{2 + days:02}T08:00:00Z"

    @staticmethod
    def code_of(call, *arguments):
        """With what code a call is refused."""
        with pytest.raises(Refusal) as refusal:
            call(*arguments)
        return refusal.value.code

    def _rows(self, statement):
        with self._store._database.reading_engine.connect() as connection:
            return connection.execute(statement).all()


@pytest.fixture
def seen(region, store, citizen):
    return Seen(region, store, citizen)


@pytest.fixture
def freed(journal, due, clock):
    """Publish a free time so many days from now, and let it be offered."""

    def publish(days, key=None):
        slot = journal.slot(key or f"free-{days}", hours=24 * days)
        clock.move(MOMENT)
        due()
        return slot

    return publish


@pytest.fixture
def today(clock):
    """How many days from the beginning it is now, for a service that goes by the real time; the clock stands there."""
    days = (datetime.now(UTC) - clock()).days + 1
    clock.move_to(datetime.now(UTC))
    return days


@pytest.fixture
def served(url, store, tmp_path):
    """The service on a bus of its own, on the same database."""
    KeyFolder(tmp_path / "keys").make()
    told = {"HELSAMI_DATA": str(tmp_path), "HELSAMI_DATABASE": url}
    runner = ServiceRunner(Settings.read(told), [AppointmentsService])
    runner.start()
    until(lambda: runner.ready)
    yield runner
    runner.stop(within=5)
