"""The waitlist tells nobody of an appointment that is hidden from them (R69, K23; 9603)."""

import pytest

HIDDEN_FROM_PARENTS = {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "NORN_FORANS"}]}


@pytest.fixture
def parent(citizen):
    return lambda **claims: citizen("c1", actor="c9", basis="parental", age_band="0-11", **claims)


def test_who_accepts_over_a_hidden_appointment_gets_what_they_would_get_without_it(
    region, waits, freed, seen, parent, journal
):
    waits("c1", 10)
    journal.appointment("a1", hours=24 * 5, clinician="lege-3", meta=HIDDEN_FROM_PARENTS)
    freed(5)
    (offer,) = region.waitlist_offers({}, parent())["offers"]

    accepted = region.accept_offer({"offer": offer["id"]}, parent())

    assert (accepted["starts_at"], accepted["status"]) == (seen.starts(5), "booked")


def test_who_sees_the_other_appointment_is_told_of_it(region, waits, freed, seen, citizen, journal):
    waits("c1", 10)
    journal.appointment("a1", hours=24 * 5, clinician="lege-3", meta=HIDDEN_FROM_PARENTS)
    freed(5)
    (offer,) = seen.own("c1")

    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "appointment-overlaps"


def test_what_waits_with_a_hidden_appointment_and_is_offered_for_it_is_not_there(region, waits, freed, seen, parent):
    mine = waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    hidden = parent(hidden=frozenset({mine}))

    assert (region.waitlist({}, hidden)["waiting"], region.waitlist_offers({}, hidden)["offers"]) == ([], [])
    for answer in (region.accept_offer, region.decline_offer):
        assert seen.code_of(answer, {"offer": offer["id"]}, hidden) == "offer-not-found"
    assert seen.code_of(region.leave_waitlist, {"appointment": mine}, hidden) == "not-waiting"
    assert seen.waiting() == ["c1"]
