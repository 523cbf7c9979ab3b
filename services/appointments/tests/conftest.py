"""What the tests of appointments share: a store of each kind, the service on it, and a record system."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from psycopg2 import sql

from helsami_appointments.calendar.reminding import REMIND_OF_EVENT
from helsami_appointments.models import parts
from helsami_appointments.service import AppointmentsService
from helsami_appointments.storage import _id
from helsami_appointments.store import Reads, Writes
from helsami_appointments.video.providers import Conferences, Jitsi
from helsami_appointments.video.rooms import Rooms
from helsami_appointments.visits.storage import OPEN_CHECK_IN, REMIND
from helsami_kernel.database import KERNEL_TABLES, OUTBOX, AlreadyDone, Cause
from helsami_kernel.migrations import upgrade
from helsami_kernel.obligations import claim
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, at_once, citizen_token, open_store, service, system_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

DATABASE = "appointments_of_the_tests"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
JITSI = Jitsi("https://meet.example.org", "helsami", "jitsi", "kanarifuglens-hemmelighet-0000000000")
CONFERENCES = Conferences(Rooms(bytes(32)), JITSI)
PATIENT = {"actor": {"type": "Patient"}, "status": "accepted"}


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture(scope="session")
def shared_database(postgres) -> Iterator[str]:
    """A migrated database on PostgreSQL: made once, since that takes longer than a test."""
    url = postgres.create_database(DATABASE)
    upgrade("appointments", url)
    yield url
    postgres.drop_database(DATABASE)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return request.getfixturevalue("migrated")("appointments", "sqlite")
    url = request.getfixturevalue("shared_database")
    tables = (*(table for part in parts for table in reversed(part.sorted_tables)), *KERNEL_TABLES.sorted_tables)
    emptied = sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)) for table in tables)
    request.getfixturevalue("postgres").execute(emptied, DATABASE)
    return url


@pytest.fixture
def store(url, clock) -> Iterator:
    opened = open_store("appointments", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def rows(request, url, store) -> Callable[[str], int]:
    """Count the rows of a table, whoever owns them."""

    def count(table: str) -> int:
        if url.startswith("sqlite"):
            with store._database.engine.connect() as connection:
                return connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
        cluster = request.getfixturevalue("postgres")
        return cluster.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)), DATABASE)[0][0]

    return count


@pytest.fixture
def appointments(store, clock) -> AppointmentsService:
    """The service, with two organisations that let everybody book directly."""
    direct = BookingDecision.direct()
    rules = organisations_of(
        rules_of(decide_booking=direct), rules_of(manifest=manifest_of("oya_legesenter"), decide_booking=direct)
    )
    return service(AppointmentsService, store=store, rules=rules, clock=clock, conferences=CONFERENCES)


@pytest.fixture
def citizen() -> Callable:
    """A citizen's token, with both scopes."""

    def token(subject: str = "c1", **claims):
        return citizen_token(subject, ["appointments:read", "appointments:act"], **claims)

    return token


@pytest.fixture
def journal(appointments) -> "Journal":
    return Journal(appointments)


@pytest.fixture
def journal_of() -> Callable[[AppointmentsService], "Journal"]:
    """A record system for a service of the test's own."""
    return Journal


@pytest.fixture
def slot(journal):
    """A free time of an organisation that lets everybody book."""
    journal.schedule()
    return journal.slot("t1")


@pytest.fixture
def told(store):
    """Every event that will be told: type, subject and data."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, row.subject, orjson.loads(row.data)) for row in rows]

    return events


@pytest.fixture
def free(appointments, citizen):
    """The ids of the free slots that a citizen is offered."""

    def ids(**search):
        return [slot["id"] for slot in appointments.slots(search, citizen())["slots"]]

    return ids


@pytest.fixture
def page(appointments, citizen):
    """A citizen's page of appointments, as they read it."""

    def read(subject="c1", claims=None, **question):
        return orjson.loads(appointments.page(question, citizen(subject, **(claims or {}))))

    return read


@pytest.fixture
def crowd(appointments, url, clock):
    """Run calls at once, on as many connections as a busy service has; the outcomes by code."""
    appointments.store = wide = open_store("appointments", url, Reads, Writes, clock, pool_size=30)
    yield at_once
    wide._database.close()


class Journal:
    """A record system: sends resources in the form the gateway gives them."""

    def __init__(self, appointments: AppointmentsService) -> None:
        self.appointments = appointments
        self.named: list[dict] = []

    def send(
        self, kind: str, key: str, body: dict, citizen: str | None = None, organisation: str = "trondheim"
    ) -> dict:
        entry = {"index": 7, "type": kind, "key": key, "resource": {"resourceType": kind, **body}}
        answer = self.appointments.receive({"citizen": citizen, "entries": [entry]}, system_token(organisation))
        self.named = answer["named"]
        (outcome,) = answer["outcomes"]
        assert outcome.pop("index") == 7
        return outcome

    def schedule(self, key: str = "s1", clinician: str = "lege-1", organisation: str = "trondheim", **more) -> dict:
        body = {
            "serviceType": [
                {"coding": [{"system": "urn:helsami:service", "code": "consultation"}], "text": "Legetime"}
            ],
            "actor": [
                {"reference": f"Practitioner/urn:x|{clinician}", "display": "Klar Kompass"},
                {"reference": f"Location/urn:x|{organisation}.doctors", "display": "Legekontoret"},
            ],
            **more,
        }
        return self.send("Schedule", key, body, organisation=organisation)

    def slot(
        self,
        key: str,
        hours: float = 1,
        minutes: int = 20,
        schedule: str = "s1",
        organisation: str = "trondheim",
        **more,
    ) -> str:
        """Send a slot that begins so many hours from now, and return its id."""
        body = {
            "schedule": {"reference": f"Schedule/{schedule}"},
            "status": "free",
            **self.span(hours, minutes),
            **more,
        }
        outcome = self.send("Slot", key, body, organisation=organisation)
        assert outcome["outcome"] in {"stored", "unchanged"}
        return _id("Slot", organisation, key)

    def appointment(
        self,
        key: str,
        citizen: str = "c1",
        hours: float = 1,
        minutes: int = 20,
        organisation: str = "trondheim",
        clinician: str = "lege-1",
        **more,
    ) -> dict:
        actor = {"reference": f"Practitioner/urn:x|{clinician}", "display": "Klar Kompass"}
        body = {"status": "booked", "participant": [PATIENT, {"actor": actor}], **self.span(hours, minutes), **more}
        return self.send("Appointment", key, body, citizen, organisation)

    @staticmethod
    def span(hours: float, minutes: int) -> dict:
        starts_at = NOW + timedelta(hours=hours)
        return {"start": starts_at.isoformat(), "end": (starts_at + timedelta(minutes=minutes)).isoformat()}


@pytest.fixture
def keep_promises(appointments, store):
    """Fulfil what is due now, each twice as if its process had died in between, and give the kinds."""

    def kept():
        found = []
        fulfil = {
            REMIND: appointments.remind,
            OPEN_CHECK_IN: appointments.open_check_in,
            REMIND_OF_EVENT: appointments.remind_of_event,
        }
        while due := claim(store._database, list(fulfil)):
            for promised in due:
                cause = Cause("obligation", promised.kind, promised.id)
                for _ in range(2):
                    told = {"told": lambda: None, "decisions": store.decisions, "cause": cause}
                    appointments.store = OpenStore(store._database, Reads, Writes, **told)
                    with suppress(AlreadyDone):
                        fulfil[promised.kind](promised)
                appointments.store = store
                found.append(promised.kind)
        return found

    return kept
