"""What the tests of acting for adults share: applying, deciding, and what comes of it."""

from contextlib import suppress

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel import Event
from helsami_kernel.database import OBLIGATIONS, OUTBOX, AlreadyDone, Cause
from helsami_kernel.errors import NotFound, Unavailable
from helsami_kernel.obligations import claim, release

from .asking import GATEWAY, NOW, RELATIVE, SUBJECT, enclosed, me, staff


@pytest.fixture
def apply(consents):
    def for_somebody(subject=SUBJECT, key=None, **more):
        wish = {"subject": subject, "organisation": "oya_legesenter", "relation": "relative", "level": "full"}
        command = {**wish, "documents": [enclosed()], **more}
        return consents.apply_for_capacity(command, me(RELATIVE, idempotency_key=key))

    return for_somebody


@pytest.fixture
def decide(consents):
    def on(application, decision="grant", review_days=365, organisation="oya_legesenter", **more):
        key = more.pop("key", None)
        command = {"application": application["id"], "decision": decision, **more}
        if decision == "grant":
            command["review_days"] = review_days
        return consents.decide_capacity(command, staff(organisation, idempotency_key=key))

    return on


@pytest.fixture
def may(consents, verifier):
    """What the relative may do for the subject now: the scopes, or nothing."""

    def ask():
        asked = {"actor": RELATIVE, "subject": SUBJECT, "audiences": ["view:home"], "purpose": "home"}
        try:
            token = verifier.verify(consents.decide(asked, GATEWAY)["tokens"]["view:home"], "view:home")
        except NotFound:
            return frozenset()
        assert token.basis == "capacity"
        return token.scopes

    return ask


@pytest.fixture
def told(store):
    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence)).all()
        return [(row.type, row.subject, orjson.loads(row.data).get("state")) for row in rows]

    return read


@pytest.fixture
def keep_promises(consents, store, caused):
    """Fulfil what is due about applications, each twice as if its process had died in between, as the clerk does."""

    def run():
        with store._database.engine.connect() as connection:
            made = sa.select(OBLIGATIONS.c.kind).where(OBLIGATIONS.c.kind.like("%capacity%"))
            kinds = set(connection.execute(made).scalars())
        found = []
        while due := claim(store._database, list(kinds)):
            for promised in due:
                cause = Cause("obligation", promised.kind, promised.id)
                try:
                    for _ in range(2):
                        with suppress(AlreadyDone):
                            caused(cause, getattr(consents, promised.kind), promised)
                except Unavailable:
                    release(store._database, promised.id)
                    raise
                found.append(promised.kind)
        return sorted(found)

    return run


@pytest.fixture
def hears(consents, caused, keep_promises):
    """Let consents hear of a change in the register, twice, and keep what it promises thereby."""

    def of(subject, told_of="address"):
        event = Event(type="of the register", subject=subject, data={}, id="e1", source="directory", time=NOW)
        handler = f"look_again_at_{told_of}"
        for _ in range(2):
            with suppress(AlreadyDone):
                caused(Cause("event", handler, event.id), getattr(consents, handler), event)
        return keep_promises()

    return of
