"""What a record system's flags leave of what its organisation's rules decide."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.receiving.flags import ORDER, narrowed
from helsami_appointments.receiving.profile import FLAGS
from helsami_kernel.errors import Refused
from helsami_sdk.answers import BookingDecision, Tier

DEADLINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
DIRECT = BookingDecision.direct(DEADLINE)


@pytest.mark.parametrize(
    ("action", "flags", "tier"),
    [
        ("cancel", None, Tier.DIRECT),
        ("cancel", {"cancel"}, Tier.DIRECT),
        ("cancel", {"cancelWithComment"}, Tier.REQUEST),
        ("cancel", {"cancel", "cancelWithComment"}, Tier.DIRECT),
        ("cancel", {"canChangeAppointment"}, Tier.PHONE),
        ("cancel", set(), Tier.PHONE),
        ("change", {"canChangeAppointment"}, Tier.DIRECT),
        ("change", {"canChangeAppointmentDialog"}, Tier.REQUEST),
        ("change", {"cancel"}, Tier.PHONE),
        ("video", set(), Tier.DIRECT),
        ("join-waitlist", {"cancel"}, Tier.DIRECT),
    ],
)
def test_what_is_not_flagged_is_left_the_phone(action, flags, tier):
    left = narrowed(action, DIRECT, None if flags is None else frozenset(flags))

    assert left.tier is tier
    assert left.deadline == (None if tier is Tier.PHONE else DEADLINE)


@given(
    st.sampled_from(["book", "change", "cancel", "join-waitlist", "video"]),
    st.sampled_from([DIRECT, BookingDecision.request(), BookingDecision.phone("too-late")]),
    st.none() | st.frozensets(st.sampled_from(sorted(FLAGS))),
)
def test_flags_never_make_anything_easier(action, decided, flags):
    left = narrowed(action, decided, flags)

    assert ORDER.index(left.tier) >= ORDER.index(decided.tier)
    assert left == decided or left.tier is not decided.tier


def flagged(*codes):
    flags = [{"resourceType": "Flag", "status": "active", "code": {"coding": [{"code": code}]}} for code in codes]
    return {"contained": flags}


def test_a_citizen_reads_and_meets_what_the_flags_leave(appointments, citizen, journal, items):
    journal.appointment("a1", hours=30, **flagged("cancelWithComment"))
    (item,) = items()

    shown = appointments.show({"appointment": item["id"]}, citizen())["actions"]

    ways = {each["action"]: [(way["way"], way["reason"]) for way in each["ways"]] for each in shown}
    assert ways["cancel"] == [("request", "appointment-by-request"), ("phone", "always-by-phone")]
    assert ways["change"] == [("phone", "appointment-by-phone")]
    with pytest.raises(Refused, match="appointment-by-request"):
        appointments.cancel({"appointment": item["id"]}, citizen())
    asked = appointments.ask({"appointment": item["id"], "action": "cancel", "wish": "Er bortreist"}, citizen())
    assert asked["state"] == "asked"


def test_flags_that_change_tell_nothing(journal, told):
    journal.appointment("a1", hours=30, **flagged("cancel"))
    before = told()

    assert journal.appointment("a1", hours=30, **flagged("cancelWithComment")) == {"outcome": "stored"}

    assert told() == before
