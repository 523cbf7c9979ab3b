"""What staff do for those who do not answer here, and how their offers have ended."""

import orjson
import pytest

from helsami_kernel.errors import NotFound, to_wire
from helsami_kernel.testing import system_token
from helsami_sdk.answers import WaitlistTerms

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


@pytest.fixture
def staff():
    """What staff's own token says."""
    return lambda organisation="trondheim", **claims: system_token(
        organisation, scopes=frozenset({"organisations:manage"}), **claims
    )


@pytest.fixture
def undigital(region, waits, staff, citizen):
    """Somebody for whom staff have joined the waitlist: the appointment's id."""

    def join(subject="c1", days=10, **more):
        appointment = waits(subject, days)
        region.leave_waitlist({"appointment": appointment}, citizen(subject))
        command = {"citizen": subject, "appointment": appointment, "age_band": "16+", **more}
        assert region.join_waitlist_for(command, staff())["appointment"] == appointment
        return appointment

    return join


def test_staff_accept_for_who_is_not_digital(region, undigital, waits, freed, seen, staff):
    appointment = undigital()
    waits("c2", 11)
    freed(5)

    listed = region.waitlist_offers_for({}, staff())
    (offer,) = listed["offers"]
    assert (offer["appointment"], offer["state"], offer["record_key"]) == (appointment, "open", None)
    assert listed["about"] == ["c1"], "so that the gateway logs it before staff see it"
    accepted = region.accept_offer_for({"offer": offer["id"]}, staff(idempotency_key="k1"))

    assert accepted == region.accept_offer_for({"offer": offer["id"]}, staff(idempotency_key="k1"))
    assert accepted == region.accept_offer_for({"offer": offer["id"]}, staff())
    assert seen.items("c1") == [accepted]
    assert accepted["starts_at"] == seen.starts(5)
    assert seen.offers() == {("c1", "accepted"): 1, ("c2", "too_late"): 1}
    assert region.waitlist_offers_for({}, staff()) == {"offers": [], "about": []}


def test_staff_do_not_accept_for_who_answers_themselves(region, waits, freed, seen, staff):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")

    assert region.waitlist_offers_for({}, staff()) == {"offers": [], "about": []}
    assert seen.code_of(region.accept_offer_for, {"offer": offer["id"]}, staff()) == "answers-themselves"
    assert seen.own("c1") == [offer]


def test_an_offer_of_another_organisation_is_as_one_that_is_missing(region, undigital, freed, staff):
    undigital()
    freed(5)
    (offer,) = region.waitlist_offers_for({}, staff())["offers"]

    assert region.waitlist_offers_for({}, staff("oya_legesenter")) == {"offers": [], "about": []}
    answers = []
    for named in (offer["id"], MISSING):
        with pytest.raises(NotFound) as refusal:
            region.accept_offer_for({"offer": named}, staff("oya_legesenter"))
        answers.append(orjson.dumps(to_wire(refusal.value)))
    assert len(set(answers)) == 1


def test_staff_join_for_an_appointment_as_the_record_system_calls_it_and_of_their_own_organisation_alone(
    region, journal, staff, seen
):
    journal.appointment("a1", hours=240)
    command = {"citizen": "c1", "appointment": "a1", "age_band": "12-15"}

    assert seen.code_of(region.join_waitlist_for, command, staff("oya_legesenter")) == "appointment-not-found"
    assert seen.code_of(region.join_waitlist_for, {**command, "citizen": "c2"}, staff()) == "appointment-not-found"
    region.join_waitlist_for(command, staff())
    assert seen.waiting() == ["c1"]
    journal.appointment("a2", hours=-240)
    assert seen.code_of(region.join_waitlist_for, {**command, "appointment": "a2"}, staff()) == "appointment-past"


def test_a_priority_that_staff_give_reaches_the_ranking(region, undigital, freed):
    asked = []
    region.rules = region.answering(rank_waitlist=lambda question: asked.append(question) or question.by_time_joined)
    undigital(priority="P2")
    freed(5)

    assert [one.priority for one in asked[0].waiting] == ["P2"]


def test_outcomes_are_counted_by_age_band_and_by_who_answers_here(
    region, undigital, waits, freed, seen, citizen, staff
):
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=10, quiet=None))
    undigital("c1")
    waits("c2", 11, age_band="12-15")
    waits("c3", 12)
    waits("c4", 13)
    freed(5)
    region.decline_offer({"offer": seen.own("c4")[0]["id"]}, citizen("c4"))
    region.accept_offer({"offer": seen.own("c3")[0]["id"]}, citizen("c3"))

    assert region.waitlist_outcomes({}, staff())["outcomes"] == [
        {"state": "accepted", "age_band": "16+", "digital": True, "count": 1},
        {"state": "declined", "age_band": "16+", "digital": True, "count": 1},
        {"state": "too_late", "age_band": "12-15", "digital": True, "count": 1},
        {"state": "too_late", "age_band": "16+", "digital": False, "count": 1},
    ]
    assert region.waitlist_outcomes({}, staff("oya_legesenter")) == {"outcomes": []}
