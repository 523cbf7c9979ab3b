"""What one does about appointments on another's behalf: no more than the organisation lets representatives do."""

from dataclasses import replace

import pytest

from helsami_kernel.errors import NotFound, Refused
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

READ = frozenset({"appointments:read"})


@pytest.fixture
def towards(appointments):
    """Let the organisation be of a kind, and let representatives do this alone, if it says so."""

    def says(kind="municipality", **answers):
        manifest = replace(manifest_of(), kind=kind)
        rules = rules_of(manifest=manifest, decide_booking=BookingDecision.direct(), **answers)
        appointments.rules = organisations_of(rules)

    return says


@pytest.fixture
def parent(citizen):
    """Somebody who acts for a child."""

    def of(age_band, **claims):
        return citizen(actor="c9", basis="parental", age_band=age_band, **claims)

    return of


@pytest.fixture
def refused(appointments):
    def told(method, command, access):
        with pytest.raises(Refused) as refusal:
            getattr(appointments, method)(command, access)
        return [refusal.value.code, *((problem.field, problem.expected) for problem in refusal.value.problems)]

    return told


def found(appointments, access):
    return [slot["id"] for slot in appointments.slots({}, access)["slots"]]


def test_a_parent_books_for_a_small_child_anywhere(appointments, parent, slot, towards):
    towards("hospital")

    assert found(appointments, parent("0-11")) == [slot]
    assert appointments.book({"slot": slot}, parent("0-11"))["status"] == "booked"


def test_from_twelve_on_a_parent_is_shown_and_books_close_to_home_alone(appointments, parent, slot, towards, refused):
    towards("gp-office")
    assert found(appointments, parent("12-15")) == [slot]

    towards("hospital")

    assert found(appointments, parent("12-15")) == []
    assert refused("book", {"slot": slot}, parent("12-15"))[0] == "not-delegated"
    assert refused("hold", {"slot": slot}, parent("12-15"))[0] == "not-delegated"


def test_what_an_organisation_lets_nobody_do_for_others_is_done_by_phone(
    appointments, citizen, parent, slot, journal, towards, refused
):
    mine = appointments.book({"slot": slot}, citizen())["id"]
    later = journal.slot("later", hours=30)
    towards(limit_delegation=READ)
    access = parent("0-11")

    by_phone = ["not-delegated", ("way", "phone"), ("phone", "+47 00 00 00 01")]
    assert refused("move", {"appointment": mine, "slot": later}, access) == by_phone
    assert refused("cancel", {"appointment": mine}, access) == by_phone
    assert refused("join_waitlist", {"appointment": mine}, access) == by_phone

    for action in appointments.show({"appointment": mine}, access)["actions"]:
        assert [way["way"] for way in action["ways"]] == ["phone"], action


def test_what_a_representative_may_not_see_is_not_there(appointments, citizen, parent, slot, towards):
    mine = appointments.book({"slot": slot}, citizen())["id"]
    towards(limit_delegation=frozenset())

    with pytest.raises(NotFound, match="appointment-not-found"):
        appointments.show({"appointment": mine}, parent("0-11"))
    assert found(appointments, parent("0-11")) == []
