"""What is hidden is hidden by every id that it is known by."""

from itertools import permutations

import eventlet
import pytest

from helsami_kernel import Event
from helsami_kernel.testing import system_token

from .people import CHILD, MOTHER, on_both


@on_both
def test_what_is_known_by_another_id_later_is_hidden_by_that_as_well(shield, consents, hidden):
    shield()
    shield("i2")
    named = {"appointment": "i1", "known_as": "other", "added later": 1}

    consents.hide_by_other_name(Event.of("appointment_named", subject=CHILD, data=named))
    consents.hide_by_other_name(Event.of("appointment_named", subject=MOTHER, data={**named, "appointment": "i2"}))

    assert hidden() == {"i1", "other", "i2"}


@on_both
@pytest.mark.parametrize("heard", ["event", "delivery"])
def test_what_was_known_by_another_id_before_it_was_hidden_is_hidden_by_that_as_well(shield, consents, hidden, heard):
    named = {"appointment": "i1", "known_as": "other"}
    for citizen in (CHILD, MOTHER) * 2:
        if heard == "event":
            consents.hide_by_other_name(Event.of("appointment_named", subject=citizen, data=named))
        else:
            consents.name_appointments({"citizen": citizen, "named": [named]}, system_token("trondheim"))

    assert hidden() == set()
    shield()
    assert hidden() == {"i1", "other"}


@on_both
@pytest.mark.parametrize("named", [*permutations([("i1", "confirmed"), ("confirmed", "visit"), ("visit", "part")])])
def test_a_booking_leads_to_its_visit_in_whatever_order_that_is_said(shield, consents, hidden, named):
    for item, known_as in named:
        pairs = [{"appointment": item, "known_as": known_as}]
        consents.name_appointments({"citizen": CHILD, "named": pairs}, system_token("trondheim"))

    shield()
    assert hidden() == {"i1", "confirmed", "visit", "part"}


@on_both
def test_what_is_known_by_another_id_when_it_is_hidden_leads_on_from_that(shield, consents, hidden):
    shield(also="confirmed")
    pairs = [{"appointment": "confirmed", "known_as": "visit"}]
    consents.name_appointments({"citizen": CHILD, "named": pairs}, system_token("trondheim"))

    assert hidden() == {"i1", "confirmed", "visit"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_names_that_are_told_at_once_make_one_chain(shield, hidden, store, connected):
    connected(2)
    shield()
    told = [("i1", "confirmed"), ("confirmed", "visit")]

    def tell(item, known_as):
        with store.transaction(CHILD) as tx:
            tx.also_known_as(item, known_as)
            eventlet.sleep(0.2)  # so that it is not over before the other begins

    list(eventlet.GreenPool(2).starmap(tell, told))

    assert hidden() == {"i1", "confirmed", "visit"}
