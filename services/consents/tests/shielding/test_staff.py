"""What the staff of an organisation see of shields, and decide."""

from datetime import timedelta

import orjson
import pytest

from helsami_kernel.errors import Malformed, NotFound

from .people import ADULT, CHILD, DEPUTY, ELSEWHERE, STAFF, me


def test_from_staff_it_is_the_organisation_that_hides(shield, decide, consents, hidden, offer, told):
    offer()
    asked = shield(citizen=ADULT, hidden_from="staff")

    assert (asked["state"], hidden(DEPUTY, ADULT)) == ("requested", set())
    assert decide(asked)["state"] == "granted"

    assert consents.lift_shield({"shield": asked["id"]}, me(ADULT))["state"] == "lifting"
    (waiting,) = consents.open_shields({}, STAFF)["shields"]
    assert (waiting["id"], waiting["state"], waiting["hidden_from"]) == (asked["id"], "lifting", "staff")
    with pytest.raises(Malformed):
        decide(asked, "decline", "not-ours")
    assert decide(asked)["state"] == "lifted"
    assert {state for _, _, state in told()} == {"requested", "granted", "lifting", "lifted"}


def test_staff_refuse_with_a_reason(shield, decide):
    asked = shield(citizen=ADULT, hidden_from="staff")

    refused = decide(asked, "decline", "needed-for-treatment")

    assert (refused["state"], refused["until"], refused["reason"]) == ("refused", None, "needed-for-treatment")


@pytest.mark.parametrize(
    ("decision", "reason"), [("decline", ""), ("confirm", "not-ours"), ("decline", "whatever"), ("lift", "")]
)
def test_a_decision_that_is_none_is_malformed(shield, decide, decision, reason):
    with pytest.raises(Malformed):
        decide(shield(), decision, reason)


def test_another_organisations_staff_find_nothing(shield, decide, consents):
    shown = shield()

    assert consents.open_shields({}, ELSEWHERE) == {"shields": [], "next": None}
    for named in (shown, {"id": "0" * 32}):
        with pytest.raises(NotFound) as caught:
            decide(named, access=ELSEWHERE)
        assert (caught.value.code, caught.value.problems) == ("shield-not-found", ())


def test_that_staff_saw_what_is_hidden_is_in_the_citizens_access_log_once_a_day(shield, decide, consents, clock):
    shown = shield()

    def seen():
        items = orjson.loads(consents.access_log({}, me(CHILD)))["items"]
        return [each["organisation"] for each in items if each["role"] == "staff"]

    for _ in range(3):
        consents.open_shields({}, STAFF)
    assert seen() == ["trondheim"]
    decide(shown)
    assert seen() == ["trondheim"] * 2


def test_what_waits_comes_in_pages_the_oldest_first(shield, consents, clock):
    asked = []
    for number in range(5):
        asked.append(shield(f"i{number}")["id"])
        clock.move(timedelta(minutes=1))

    found, cursor = [], None
    while not found or cursor is not None:
        page = consents.open_shields({"limit": 2, "cursor": cursor}, STAFF)
        found += [each["id"] for each in page["shields"]]
        cursor = page["next"]

    assert found == asked


def test_staff_who_say_it_again_under_the_same_key_have_the_same_answer(shield, decide):
    shown = shield()

    assert decide(shown, key="k1") == decide(shown, key="k1")
