"""Who is told of birthdays and the register, and who is told nothing."""

from datetime import UTC, datetime

import orjson
import pytest

from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def event(kind, data, subject="c1", event_id="e1", sequence=1):
    return Event(type=kind, subject=subject, data=data, id=event_id, time=AT, sequence=sequence)


@pytest.fixture
def read(notifications, citizen):
    def messages(subject="c1", *scopes, **claims):
        items = orjson.loads(notifications.page({}, citizen(subject, *scopes, **claims)))["items"]
        return [(item["message"], item["about"]["type"], item["about"]["id"]) for item in items]

    return messages


def test_a_child_and_its_parent_are_told_of_a_birthday_each_in_words_of_their_own(notifications, read):
    for number, who in enumerate(("child", "parent")):
        told = event("turning_16_soon", {"child": "child"}, who, f"soon {number}")
        notifications.tell_of_birthday_to_come(told)
        notifications.tell_of_birthday(event("turned_16", {"child": "child"}, who, f"turned {number}"))

    assert sorted(read("child")) == [
        ("notice.turned-16", "child", "child"),
        ("notice.turning-16-soon", "child", "child"),
    ]
    assert sorted(read("parent")) == [
        ("notice.child-turned-16", "child", "child"),
        ("notice.child-turning-16-soon", "child", "child"),
    ]


def test_what_the_register_says_is_told_to_oneself_alone(notifications, read):
    notifications.tell_of_address(event("address_changed", {"citizen": "c1"}, event_id="e1"))
    notifications.tell_of_protection(event("protection_changed", {"citizen": "c1"}, event_id="e2"))
    notifications.tell_of_responsibility(event("parental_responsibility_changed", {"child": "c9"}, event_id="e3"))

    assert len(read()) == 3
    every_scope = ("appointments:read", "medications:read", "records:read", "results:read")
    assert read("c1", *every_scope, actor="c2", basis="grant", issuer="consents") == []


def test_who_has_left_is_told_nothing_until_they_are_back_and_keeps_what_they_had(notifications, read):
    def book(number):
        notifications.tell_of_booking(event("slot_booked", {"appointment": f"a{number}"}, event_id=f"b{number}"))

    book(1)
    notifications.fall_silent(event("account_deactivated", {}, sequence=1))
    book(2)
    assert len(read()) == 1
    notifications.speak_again(event("account_reactivated", {}, sequence=2))
    book(3)

    assert sorted(about for _, _, about in read()) == ["a1", "a3"]


def test_a_deactivation_that_comes_late_silences_nobody_who_is_back(notifications, read):
    notifications.speak_again(event("account_reactivated", {}, sequence=2))
    notifications.fall_silent(event("account_deactivated", {}, sequence=1))

    notifications.tell_of_booking(event("slot_booked", {"appointment": "a1"}, event_id="b1"))

    assert len(read()) == 1


def test_the_silence_of_one_is_nobody_elses(notifications, read):
    notifications.fall_silent(event("account_deactivated", {}))

    notifications.tell_of_booking(event("slot_booked", {"appointment": "a1"}, subject="c2", event_id="b1"))

    assert len(read("c2")) == 1


@pytest.mark.parametrize("handler", ["fall_silent", "speak_again", "tell_of_birthday"])
def test_an_event_about_nobody_is_malformed(notifications, handler):
    with pytest.raises(Malformed):
        getattr(notifications, handler)(event("account_deactivated", {}, subject=None))
