"""What a token says is hidden from who acts for another, and for how long."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from helsami_consents.models import OTHER_IDS
from helsami_consents.shielding.domain import MOST_OTHER_IDS, MOST_STANDING
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.testing import system_token

from .people import CHILD, DEPUTY, FATHER, FOURTEEN, MOTHER, on_both


@on_both
def test_a_token_says_what_is_hidden_from_its_actor_and_nobody_elses_items(keep, hidden):
    keep("i1", "parents", also="known elsewhere as this")
    keep("i2", "representatives", state="in-force")
    keep("i3", "f" * 32, state="awaiting", reader=MOTHER)
    keep("i4", "parents", owner=MOTHER)
    keep("i5", "staff", state="requested")

    assert hidden(MOTHER) == {"i1", "known elsewhere as this", "i2", "i3"}
    assert hidden(FATHER) == {"i1", "known elsewhere as this", "i2"}


@pytest.mark.parametrize("state", ["refused", "lifted", "ended"])
def test_what_is_over_hides_nothing(keep, hidden, state):
    keep("i1", "parents", state=state)

    assert hidden() == set()


def test_a_token_has_room_for_all_that_can_be_hidden_however_many_visits_are_told(keep, consents, hidden, store):
    for number in range(MOST_STANDING):
        keep(f"many{number}", "parents")
    with store.transaction(CHILD) as tx:
        rows = [
            {"owner": CHILD, "item": f"many{number}", "known_as": f"visit{number} {visit}"}
            for number in range(1, MOST_STANDING)
            for visit in range(MOST_OTHER_IDS)
        ]
        tx.connection.execute(sa.insert(OTHER_IDS), rows)
    visits = [{"appointment": "confirmed", "known_as": f"visit{number}"} for number in range(2 * MOST_OTHER_IDS)]
    for named in (*visits, {"appointment": "many0", "known_as": "confirmed"}, *visits, visits[0]):
        consents.name_appointments({"citizen": CHILD, "named": [named]}, system_token("trondheim"))

    assert len(hidden()) == MOST_HIDDEN == MOST_STANDING * (1 + MOST_OTHER_IDS)
    assert {"many0", "confirmed", "visit0"} <= hidden()


@pytest.mark.parametrize("holders", [[MOTHER], []], ids=["a parent yet", "one who was"])
def test_what_was_hidden_from_parents_stays_hidden_from_one_who_holds_a_grant_later(
    shield, hidden, is_parent, offer, clock, register, holders
):
    shield()
    clock.move(timedelta(days=3 * 365))
    register.knows(CHILD, birth_date=FOURTEEN, holders=holders)
    offer(MOTHER, CHILD)
    offer(DEPUTY, CHILD)

    assert hidden(MOTHER) == {"i1"}
    assert hidden(DEPUTY) == set()
    assert (is_parent(MOTHER), is_parent(DEPUTY)) == (True, False)  # and so does what record systems hide from parents


def test_what_was_hidden_from_parents_stays_hidden_from_one_who_never_acted_as_such(
    shield, hidden, is_parent, offer, clock, register
):
    register.knows(CHILD, birth_date=FOURTEEN, holders=[MOTHER, DEPUTY], holder_at_address=True)
    shield()
    register.knows(other := "d" * 32)
    clock.move(timedelta(days=5 * 365))
    register.knows(CHILD, birth_date=FOURTEEN, holders=[])
    register.knows(DEPUTY)
    offer(DEPUTY, CHILD)
    offer(other, CHILD)

    assert (hidden(DEPUTY, CHILD), hidden(other, CHILD)) == ({"i1"}, set())
    assert (is_parent(DEPUTY), is_parent(other)) == (True, False)
