"""What the tests of messages share: a store of each kind, the service on it, record systems, citizens and staff."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, time
from types import SimpleNamespace

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX, AlreadyDone, Cause
from helsami_kernel.obligations import claim
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service, system_token
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_messages.service import MessagesService
from helsami_messages.threads.storage import Reads, Writes
from helsami_messages.ways.storage import MOVE_ON
from helsami_sdk.answers import Reachable, Recipients, Route, Stop
from helsami_sdk.manifest import Hours, Manifest, Unit
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

IDS = Pseudonyms(bytes(32))
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # nine o'clock in Oslo
UNITS = ("physiotherapy", "home-care")
FYSIO = "urn:oid:9.9.9|fysio-1"
OTHER = "urn:oid:9.9.9|fysio-2"
UNIT_SYSTEM = "urn:helsami:unit"


def with_units(organisation: str = "trondheim") -> Manifest:
    """A manifest with two units, whose phone is answered from eight to three."""
    plain = manifest_of(organisation)
    names = dict.fromkeys(("nb", "nn", "en"), "Unit")
    units = {unit: Unit(unit, names, "+47 00 00 00 13") for unit in UNITS}
    return Manifest(**{**vars(plain), "units": units, "hours": Hours(time(8), time(15))})


def everybody(question):
    return Recipients.of(*(Reachable(one.id, answer_days=3) for one in question.recipients))


def by_the_person(question):
    """To the employee, then to a colleague, then to the unit; the duty inbox comes by itself."""
    people = [question.employee, *sorted(question.colleagues)] if question.employee else []
    return Route.by(*(Stop(employee=one) for one in people), Stop(inbox=question.unit, unopened_hours=4))


def rules_for(organisation="trondheim", **answers):
    return rules_of(
        manifest=with_units(organisation), **{"list_recipients": everybody, "route_message": by_the_person, **answers}
    )


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(MONDAY)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, migrated) -> str:
    """The address of an empty database of each kind."""
    return migrated("messages", request.param)


@pytest.fixture
def store(url, clock) -> Iterator:
    opened = open_store("messages", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def messages(store, clock) -> MessagesService:
    rules = organisations_of(rules_for(), rules_for("oya_legesenter"))
    return service(MessagesService, store=store, rules=rules, ids=IDS, clock=clock)


@pytest.fixture
def citizen() -> Callable:
    def token(subject: str = "c1", **claims):
        return citizen_token(subject, ["messages:read", "messages:act", "consents:act"], **claims)

    return token


@pytest.fixture
def staff() -> Callable:
    def token(organisation="trondheim", **claims):
        return system_token(organisation, scopes=frozenset({"organisations:manage"}), **claims)

    return token


def member(key, name, role="FT", **more):
    system, _, value = key.partition("|")
    coding = {"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": role}
    return {
        "member": {"identifier": {"system": system, "value": value}, "display": name},
        "role": [{"coding": [coding]}],
        **more,
    }


def team(*members, unit="physiotherapy", organisation="trondheim", **more):
    managing = {"reference": f"Organization/{UNIT_SYSTEM}|{organisation}.{unit}"}
    return {
        "resourceType": "CareTeam",
        "status": "active",
        "managingOrganization": [managing],
        "participant": list(members),
        **more,
    }


USUAL = team(member(FYSIO, "Stødig Granitt"), member(OTHER, "Rolig Fjord"))


@pytest.fixture
def receive(messages) -> Callable:
    """Send a care team; its outcome."""

    def send(resource, key="team-1", citizen="c1", organisation="trondheim"):
        entry = {"index": 7, "type": resource["resourceType"], "key": key, "resource": resource}
        answer = messages.receive({"citizen": citizen, "entries": [entry]}, system_token(organisation))
        (outcome,) = answer["outcomes"]
        assert outcome.pop("index") == 7
        return outcome

    return send


@pytest.fixture
def treated(receive):
    """A citizen with a physiotherapist and a colleague of theirs."""
    assert receive(USUAL) == {"outcome": "stored"}


@pytest.fixture
def recipient(messages, citizen, treated) -> Callable[..., str]:
    """The id of somebody by name, or of the unit."""

    def of(name=None, **claims):
        found = messages.recipients({}, citizen(**claims))["recipients"]
        return next(one["id"] for one in found if one["name"] == name)

    return of


@pytest.fixture
def write(messages, citizen, recipient) -> Callable:
    """Write as a citizen; the thread."""

    def send(to="Stødig Granitt", subject="Kneet", text="Det gjør vondt.", **claims):
        return messages.write({"recipient": recipient(to), "subject": subject, "text": text}, citizen(**claims))

    return send


@pytest.fixture
def page(messages, citizen) -> Callable:
    def read(subject="c1", claims=None, **question):
        return orjson.loads(messages.page(question, citizen(subject, **(claims or {}))))

    return read


@pytest.fixture
def found(messages, staff) -> Callable:
    """Where what staff find lies, as they ask for it: every inbox and employee with something unopened."""
    places = [{"inbox": inbox} for inbox in ("duty", *UNITS)] + [{"employee": key} for key in (FYSIO, OTHER)]

    def places_with(state="unopened"):
        lying = {}
        for place in places:
            (name,) = place.values()
            if ids := [one["message"] for one in messages.lying({**place, "state": state}, staff())["messages"]]:
                lying[name] = ids
        return lying

    return places_with


@pytest.fixture
def told(store) -> Callable:
    """Every event that will be told: type, subject and data."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, row.subject, orjson.loads(row.data)) for row in rows]

    return events


@pytest.fixture
def keep_promises(messages, store) -> Callable[[], int]:
    """Fulfil what is due now, each twice as if its process had died in between; how many there were."""

    def kept():
        count = 0
        while due := claim(store._database, [MOVE_ON]):
            for promised in due:
                count += 1
                for _ in range(2):
                    told = {"told": lambda: None, "decisions": store.decisions}
                    cause = Cause("obligation", promised.kind, promised.id)
                    messages.store = OpenStore(store._database, Reads, Writes, **told, cause=cause)
                    with suppress(AlreadyDone):
                        messages.move_on(promised)
                messages.store = store
        return count

    return kept


@pytest.fixture
def care() -> SimpleNamespace:
    """Care teams as the journal gives them, and two who are in one."""
    return SimpleNamespace(team=team, member=member, usual=USUAL, fysio=FYSIO, other=OTHER)


@pytest.fixture
def decide(messages) -> Callable[..., None]:
    """Let organisations answer otherwise from now on."""

    def otherwise(**answers):
        messages.rules = organisations_of(rules_for(**answers), rules_for("oya_legesenter", **answers))

    return otherwise
