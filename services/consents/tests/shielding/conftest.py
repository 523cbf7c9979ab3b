"""A family, and what the tests of shielding do and look at."""

import uuid

import orjson
import pytest
import sqlalchemy as sa

from helsami_consents.models import SHIELDS
from helsami_consents.shielding.entrypoints import COME_OF_AGE, END
from helsami_consents.shielding.storage import FORGET
from helsami_kernel import Obligation
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.testing import system_token

from .people import ADULT, CHILD, DEPUTY, FATHER, FOURTEEN, GATEWAY, MOTHER, STAFF, me


@pytest.fixture(autouse=True)
def family(register, consents):
    """A young person with two parents who act for them, and an adult for whom nobody does."""
    register.knows(CHILD, birth_date=FOURTEEN, holders=[MOTHER, FATHER], holder_at_address=True)
    register.knows(ADULT)
    for parent in (MOTHER, FATHER):
        consents.apply_for_child({"child": CHILD}, me(parent))


@pytest.fixture
def hidden(consents, verifier):
    """The ids that a token for somebody who acts for another hides, as every service reads it."""

    def from_whom(actor=MOTHER, subject=CHILD):
        question = {"actor": actor, "subject": subject, "audiences": ["appointments", "view:home"], "purpose": "home"}
        tokens = consents.decide(question, GATEWAY)["tokens"]
        said = [verifier.verify(token, audience).hidden for audience, token in tokens.items()]
        assert len(set(said)) == 1
        return set(said[0])

    return from_whom


@pytest.fixture
def is_parent(consents, verifier):
    """Whether a token for somebody who acts for the child says that they are or were a parent."""

    def of(actor):
        question = {"actor": actor, "subject": CHILD, "audiences": ["view:home"], "purpose": "home"}
        return verifier.verify(consents.decide(question, GATEWAY)["tokens"]["view:home"], "view:home").parent

    return of


@pytest.fixture
def shield(consents, clock):
    """Hide an item, as the gateway asks once its owner has said whose it is."""

    def hide(item="i1", hidden_from="parents", citizen=CHILD, key=None, access=None, **more):
        found = {"kind": "visit", "organisation": "trondheim", "at": clock().isoformat(), "key": f"Encounter|{item}"}
        wish = {"item": item, "also": None, **found, "hidden_from": hidden_from, **more}
        return consents.shield(wish, access or me(citizen, idempotency_key=key))

    return hide


@pytest.fixture
def decide(consents):
    """What staff decide."""

    def say(shield, decision="confirm", reason="", access=STAFF, key=None):
        asked = citizen_key(access, key)
        return consents.decide_shield({"shield": shield["id"], "decision": decision, "reason": reason}, asked)

    return say


def citizen_key(access, key):
    return access if key is None else system_token(access.organisation, scopes=access.scopes, idempotency_key=key)


@pytest.fixture
def offer(consents):
    """Let somebody act for an adult."""

    def let(actor=DEPUTY, subject=ADULT):
        offered = consents.offer_grant({"receiver": actor, "level": "full"}, me(subject))
        consents.accept_grant({"grant": offered["id"]}, me(actor))
        return offered

    return let


@pytest.fixture
def keep(store, clock):
    """Keep a shield as the database has it."""

    def as_it_is(item, hidden_from, state="confirmed", owner=CHILD, **values):
        kept = {"id": uuid.uuid4().hex, "owner": owner, "item": item, "hidden_from": hidden_from, "state": state}
        what = {"kind": "visit", "organisation": "trondheim", "item_at": clock(), "item_key": "k"}
        with store.transaction(owner) as tx:
            more = {**what, "version": 1, "asked_at": clock(), "reason": "", **values}
            tx.connection.execute(sa.insert(SHIELDS).values(**kept, **more))
            if "also" in values:
                tx.also_known_as(item, values["also"])

    return as_it_is


@pytest.fixture
def told(store):
    """What was announced of shields: to whom, and how each stands."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at, OUTBOX.c.id)).all()
        mine = [row for row in rows if row.type.startswith("shielding_")]
        return sorted((row.type, row.subject, orjson.loads(row.data)["state"]) for row in mine)

    return events


@pytest.fixture
def fulfil(consents, store):
    """Keep what was promised of shields and is due now."""

    def due():
        with store.transaction(None) as tx:
            ours = OBLIGATIONS.c.kind.in_([END, COME_OF_AGE, FORGET])
            rows = tx.connection.execute(sa.select(OBLIGATIONS).where(ours, OBLIGATIONS.c.due_at <= tx.now)).all()
        for row in rows:
            promised = Obligation(row.id, row.kind, row.owner, row.due_at, orjson.loads(row.payload))
            getattr(consents, row.kind)(promised)

    return due
