"""Consents with a real database, a register that answers as the directory does, and a clock to move."""

from datetime import UTC, date, datetime

import pytest
from joserfc.jwk import OKPKey

from helsami_consents import storage
from helsami_consents.access_log.anchors import AnchorFile, Signer
from helsami_consents.service import ConsentsService
from helsami_kernel.access import Issuer, Verifier
from helsami_kernel.errors import Unavailable
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GIVER, RECEIVER, STRANGER = "a" * 32, "b" * 32, "c" * 32
SEALING = b"s" * 32


class Register:
    """What the directory knows, answered only to a token that it would believe."""

    def __init__(self, verifier):
        self.people = {}
        self.away = False
        self._verifier = verifier

    def knows(self, citizen, birth_date=date(1980, 1, 1), **more):
        fact = {"citizen": citizen, "name": f"Modig {citizen[0]}", "birth_date": birth_date and birth_date.isoformat()}
        self.people[citizen] = {**fact, "protected": False, "deceased": False, "new in a later release": 1, **more}

    def facts(self, command, token, within=None):
        assert self._verifier.verify(token, "directory").allows("directory:facts")
        if self.away:
            raise Unavailable("directory")
        return {"facts": [self.people[citizen] for citizen in command["citizens"] if citizen in self.people]}


@pytest.fixture(params=["sqlite"])
def url(request, migrated):
    """The address of an empty database; on PostgreSQL where a test asks for it."""
    return migrated("consents", request.param)


@pytest.fixture
def clock():
    return MovableClock(NOW)


@pytest.fixture
def store(url, clock):
    opened = open_store("consents", url, storage.Reads, storage.Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def connected(store):
    """Have so many connections ready that as many who ask at once really do."""

    def ready(many):
        for each in [store._database.engine.connect() for _ in range(many)]:
            each.close()

    return ready


@pytest.fixture(scope="session")
def key():
    return OKPKey.generate_key("Ed25519")


@pytest.fixture
def verifier(key, clock):
    """Believes what consents signs."""
    return Verifier({"consents": OKPKey.import_key(key.as_pem(private=False))}, clock=clock)


@pytest.fixture
def register(verifier):
    everybody = Register(verifier)
    for citizen in (GIVER, RECEIVER, STRANGER):
        everybody.knows(citizen)
    return everybody


@pytest.fixture
def copies(tmp_path):
    """Where anchors are copied to."""
    return AnchorFile(tmp_path / "anchors")


@pytest.fixture
def consents(store, register, key, clock, copies):
    issuer, signer = Issuer("consents", key, clock), Signer(key)
    own = {"issuer": issuer, "signer": signer, "sealing": SEALING, "copies": copies}
    return service(ConsentsService, store=store, directory=register, clock=clock, **own)


class OneCommit(OpenStore):
    """The store of a process that dies once it has committed what it is the effect of."""

    def transaction(self, owner):
        assert not self._cause_recorded, "nobody does what is left: what it is the effect of is done"
        return super().transaction(owner)


@pytest.fixture
def caused(consents, store):
    """Call consents as the effect of an event or of a promise, which is recorded with its one commit."""

    def call(cause, handler, *arguments):
        told = {"told": lambda: None, "decisions": store.decisions, "cause": cause}
        consents.store = OneCommit(store._database, storage.Reads, storage.Writes, **told)
        try:
            handler(*arguments)
        finally:
            consents.store = store

    return call


def me(citizen, **claims):
    """A citizen's token about themselves, with everything that consents asks for."""
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


@pytest.fixture
def offer(consents):
    """Offer a grant, as its giver."""

    def to(receiver=RECEIVER, giver=GIVER, key=None, **terms):
        terms = terms or {"areas": {"results": ["see"], "appointments": ["see"]}}
        return consents.offer_grant({"receiver": receiver, **terms}, me(giver, idempotency_key=key))

    return to


@pytest.fixture
def give(consents, offer):
    """Offer a grant and accept it."""

    def to(receiver=RECEIVER, giver=GIVER, **terms):
        offered = offer(receiver, giver, **terms)
        consents.accept_grant({"grant": offered["id"]}, me(receiver))
        return offered

    return to
