"""What a young person hides from their parents, until staff have their word and until they are 16."""

from datetime import date, datetime, timedelta

import pytest

from helsami_consents.shielding.domain import ASKED_AGAIN_AFTER, DECLINED_STAYS, KEPT_WHEN_OVER
from helsami_kernel.clock import OSLO
from helsami_kernel.errors import Conflict, Refused

from .people import CHILD, DEPUTY, FATHER, MOTHER, STAFF, me, on_both


@on_both
def test_what_a_young_person_hides_is_hidden_at_once_and_waits_for_the_word_of_staff(shield, hidden, consents, told):
    shown = shield()

    assert (shown["state"], shown["hidden_from"], shown["organisation"]) == ("awaiting", "parents", "trondheim")
    assert hidden(MOTHER) == hidden(FATHER) == {"i1"}
    assert told() == [("shielding_requested", CHILD, "awaiting")]
    waiting = consents.open_shields({}, STAFF)["shields"]
    assert [(each["id"], each["key"], each["citizen"]["name"]) for each in waiting] == [
        (shown["id"], "Encounter|i1", "Modig 1")
    ]


def test_confirmed_it_stays_hidden_and_staff_are_asked_no_more(shield, decide, hidden, consents, told):
    shown = shield()

    assert decide(shown)["state"] == "confirmed"

    assert hidden() == {"i1"}
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert ("shielding_decided", CHILD, "confirmed") in told()
    with pytest.raises(Conflict, match="already-decided"):
        decide(shown)


@on_both
def test_what_staff_decline_is_told_first_and_stays_hidden_for_seven_days(
    shield, decide, hidden, consents, told, clock, fulfil
):
    shown = shield()

    declined = decide(shown, "decline", "parents-must-know")

    assert (declined["state"], declined["reason"]) == ("declined", "parents-must-know")
    assert ("shielding_decided", CHILD, "declined") in told()
    clock.move(DECLINED_STAYS - timedelta(seconds=1))
    fulfil()
    assert hidden() == {"i1"}
    clock.move(timedelta(seconds=1))
    assert hidden() == set()  # by the clock, whoever writes it down how late
    fulfil()
    fulfil()
    assert told().count(("shielding_lifted", CHILD, "ended")) == 1
    (mine,) = consents.shields({}, me(CHILD))["shields"]
    assert (mine["state"], mine["reason"]) == ("ended", "parents-must-know")


@pytest.mark.parametrize("asked", [{}, {"hidden_from": "representatives"}, {"item": "other", "also": "i1"}])
def test_what_staff_have_declined_is_hidden_anew_only_once_they_say_otherwise(
    shield, decide, hidden, clock, fulfil, consents, asked
):
    decide(shield(), "decline", "talk-to-us")
    with pytest.raises(Conflict, match="already-shielded"):
        shield()
    clock.move(DECLINED_STAYS)
    fulfil()

    again = shield(**asked)

    assert (again["state"], hidden()) == ("requested", set())
    assert [each["id"] for each in consents.open_shields({}, STAFF)["shields"]] == [again["id"]]
    assert decide(again)["state"] == "confirmed"
    assert "i1" in hidden()
    consents.lift_shield({"shield": again["id"]}, me(CHILD))
    assert hidden() == set()
    assert shield()["state"] == "awaiting"


def test_what_staff_have_declined_hides_no_longer_by_being_shown_and_hidden_again(shield, decide, hidden, consents):
    declined = decide(shield(), "decline", "talk-to-us")
    consents.lift_shield({"shield": declined["id"]}, me(CHILD))

    assert (shield()["state"], hidden()) == ("requested", set())


def test_what_staff_have_declined_of_one_reader_is_not_confirmed_by_their_word_on_another(
    shield, decide, hidden, clock, fulfil, consents
):
    decide(shield(), "decline", "parents-must-know")
    clock.move(DECLINED_STAYS)
    fulfil()
    (father, *_) = (each["id"] for each in consents.grants({}, me(CHILD))["given"] if each["citizen"] == FATHER)
    decide(shield(hidden_from=father))

    assert (hidden(MOTHER), hidden(FATHER)) == (set(), {"i1"})
    anew = shield()
    assert (anew["state"], hidden(MOTHER)) == ("requested", set())
    decide(anew)
    consents.lift_shield({"shield": anew["id"]}, me(CHILD))
    assert (shield()["state"], hidden(MOTHER)) == ("awaiting", {"i1"})


def test_staff_who_say_no_twice_are_not_asked_again_within_thirty_days(shield, decide, hidden, clock, fulfil):
    decide(shield(), "decline", "talk-to-us")
    clock.move(DECLINED_STAYS)
    fulfil()
    refused = decide(shield(), "decline", "parents-must-know")

    assert (refused["state"], refused["until"], hidden()) == ("refused", None, set())
    clock.move(ASKED_AGAIN_AFTER - timedelta(seconds=1))
    for hidden_from in ("parents", "representatives"):
        with pytest.raises(Conflict, match="declined-lately"):
            shield(hidden_from=hidden_from)
    assert shield("i2")["state"] == "awaiting"
    assert shield(hidden_from="staff")["state"] == "requested"
    clock.move(timedelta(seconds=1))
    assert shield()["state"] == "requested"


def test_what_staff_have_declined_once_is_ones_own_at_16(shield, decide, hidden, clock, fulfil, register, offer):
    register.knows(CHILD, birth_date=clock().date() - timedelta(days=16 * 365 - 30), holders=[MOTHER, FATHER])
    decide(shield(), "decline", "talk-to-us")
    clock.move(DECLINED_STAYS)
    fulfil()
    asked = shield()
    clock.move(timedelta(days=40))
    fulfil()
    offer(DEPUTY, CHILD)

    assert asked["state"] == "requested"
    assert shield("i1", hidden_from="representatives")["state"] == "in-force"
    assert hidden(DEPUTY, CHILD) == {"i1"}


@on_both
def test_what_is_over_is_forgotten_after_a_year_and_what_was_declined_when_one_is_of_age(
    shield, decide, consents, clock, fulfil, register
):
    consents.lift_shield({"shield": shield("lifted")["id"]}, me(CHILD))
    decide(shield("declined"), "decline", "talk-to-us")
    stands = shield("stands")
    clock.move(DECLINED_STAYS)
    fulfil()

    def known():
        return {each["item"] for each in consents.shields({}, me(CHILD))["shields"]}

    clock.move(KEPT_WHEN_OVER - DECLINED_STAYS - timedelta(seconds=1))
    fulfil()
    assert known() == {"lifted", "declined", "stands"}
    clock.move(DECLINED_STAYS + timedelta(seconds=1))
    fulfil()
    assert known() == {"declined", "stands"}
    assert shield("declined")["state"] == "requested"
    clock.move_to(clock().replace(year=2028, month=2, day=2))
    fulfil()
    fulfil()
    assert {each["id"] for each in consents.shields({}, me(CHILD))["shields"]} >= {stands["id"]}
    assert "ended" not in {each["state"] for each in consents.shields({}, me(CHILD))["shields"]}


def test_from_ones_16th_birthday_on_nobody_else_has_a_word_in_it(shield, decide, consents, clock, fulfil, told):
    first, second = shield("i1"), shield("i2")
    clock.move_to(clock().replace(year=2028, month=1, day=30))
    decide(second, "decline", "parents-must-know")
    clock.move(timedelta(days=3))
    fulfil()
    clock.move(timedelta(days=30))
    fulfil()

    states = {each["id"]: (each["state"], each["until"]) for each in consents.shields({}, me(CHILD))["shields"]}
    assert states == {first["id"]: ("in-force", None), second["id"]: ("in-force", None)}
    assert consents.open_shields({}, STAFF)["shields"] == []


@on_both
def test_from_the_first_moment_of_that_day_it_is_hidden_whatever_staff_have_said_before(
    shield, decide, hidden, clock, fulfil, offer, consents
):
    decide(shield("ended long ago"), "decline", "parents-must-know")
    decide(shield("anew"), "decline", "parents-must-know")
    clock.move(DECLINED_STAYS)
    fulfil()
    assert shield("anew")["state"] == "requested"
    shield("of staff", hidden_from="staff")
    clock.move_to(datetime(2028, 1, 31, 23, 0, tzinfo=OSLO))
    decide(shield("just declined"), "decline", "parents-must-know")
    clock.move(timedelta(minutes=59))
    assert hidden() == {"just declined"}

    clock.move(timedelta(minutes=1))
    offer(MOTHER, CHILD)
    assert hidden() == {"just declined", "anew"}
    clock.move(2 * DECLINED_STAYS)
    assert hidden() == {"just declined", "anew"}
    fulfil()
    assert hidden() == {"just declined", "anew"}
    states = {each["item"]: each["state"] for each in consents.shields({}, me(CHILD))["shields"]}
    assert (states["just declined"], "ended long ago" in states) == ("in-force", False)


@pytest.mark.parametrize("birth_date", [date(2014, 3, 2), date(2020, 1, 1), None])
def test_nobody_under_twelve_or_of_unknown_age_hides_anything(shield, register, birth_date):
    register.knows(CHILD, birth_date=birth_date, holders=[MOTHER], holder_at_address=True)

    with pytest.raises(Refused, match="too-young-to-shield"):
        shield()
