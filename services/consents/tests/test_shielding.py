"""What a citizen hides is hidden in every token of those who act for them, from the very next one on."""

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from helsami_consents.models import SHIELDS
from helsami_consents.shielding.domain import MOST_STANDING
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.testing import citizen_token

CHILD, MOTHER, FATHER = "1" * 32, "a" * 32, "b" * 32
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
FOURTEEN = date(2012, 2, 1)


def _me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


@pytest.fixture(autouse=True)
def family(register, consents):
    """A young person with two parents who act for them."""
    register.knows(CHILD, birth_date=FOURTEEN, holders=[MOTHER, FATHER], holder_at_address=True)
    for parent in (MOTHER, FATHER):
        consents.apply_for_child({"child": CHILD}, _me(parent))


@pytest.fixture
def hidden(consents, verifier):
    """The ids that a token for somebody who acts for the young person hides, as every service reads it."""

    def from_whom(actor=MOTHER, subject=CHILD):
        question = {"actor": actor, "subject": subject, "audiences": ["appointments", "view:home"], "purpose": "home"}
        tokens = consents.decide(question, GATEWAY)["tokens"]
        said = [verifier.verify(token, audience).hidden for audience, token in tokens.items()]
        assert len(set(said)) == 1
        return set(said[0])

    return from_whom


@pytest.fixture
def keep(store, clock):
    """Keep a shield as the database has it."""

    def shield(item, hidden_from, state="confirmed", owner=CHILD, **values):
        kept = {"id": uuid.uuid4().hex, "owner": owner, "item": item, "hidden_from": hidden_from, "state": state}
        more = {"kind": "appointment", "organisation": "trondheim", "version": 1, "asked_at": clock(), "reason": ""}
        with store.transaction(owner) as tx:
            tx.connection.execute(sa.insert(SHIELDS).values(**kept, **more, **values))

    return shield


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_token_says_what_is_hidden_from_its_actor_and_nobody_elses_items(keep, hidden):
    keep("i1", "parents")
    keep("i2", "representatives", state="in-force")
    keep("i3", "f" * 32, state="awaiting", reader=MOTHER)
    keep("i4", "parents", owner=MOTHER)
    keep("i5", "staff", state="requested")

    assert hidden(MOTHER) == {"i1", "i2", "i3"}
    assert hidden(FATHER) == {"i1", "i2"}


@pytest.mark.parametrize("state", ["refused", "lifted", "ended"])
def test_what_is_over_hides_nothing(keep, hidden, state):
    keep("i1", "parents", state=state)

    assert hidden() == set()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_what_was_declined_hides_until_its_time_is_up_and_not_a_second_longer(keep, hidden, clock):
    keep("i1", "parents", state="declined", until=clock() + timedelta(days=7))

    clock.move(timedelta(days=7, seconds=-1))
    assert hidden() == {"i1"}

    clock.move(timedelta(seconds=1))
    assert hidden() == set()


def test_what_was_hidden_from_parents_stays_hidden_from_one_who_holds_a_grant_later(keep, hidden, consents, clock):
    keep("i1", "parents")
    clock.move(timedelta(days=3 * 365))
    for actor in (MOTHER, "c" * 32):
        offered = consents.offer_grant({"receiver": actor, "level": "full"}, _me(CHILD))
        consents.accept_grant({"grant": offered["id"]}, _me(actor))

    assert hidden(MOTHER) == {"i1"}
    assert hidden("c" * 32) == set()


def test_a_token_has_room_for_all_that_can_be_hidden():
    assert MOST_STANDING <= MOST_HIDDEN
