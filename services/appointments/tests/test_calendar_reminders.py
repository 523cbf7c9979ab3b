"""A citizen is reminded of their own events, as long before each time as they wish (R39)."""

from datetime import datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX
from helsami_kernel.errors import Malformed

WALK = {"title": "Gåtur", "starts": "2026-03-05T12:00", "ends": "2026-03-05T13:00", "remind": 60}
SECOND = timedelta(seconds=1)


@pytest.fixture
def reminded_until(clock, keep_promises, store):
    """Let time pass until a moment in Oslo or UTC, keep what was promised, and give who was reminded of what so far."""

    def reminded(moment):
        clock.move(datetime.fromisoformat(moment) - clock())
        keep_promises()
        of_events = sa.select(OUTBOX).where(OUTBOX.c.type == "event_reminder_due").order_by(OUTBOX.c.announced_at)
        with store.transaction(None) as tx:
            rows = tx.connection.execute(of_events).all()
        return [(row.subject, orjson.loads(row.data)["event"]) for row in rows]

    return reminded


def test_one_is_reminded_once_and_so_long_before_as_one_wished(appointments, citizen, reminded_until):
    walk = appointments.add_event(WALK, citizen())

    assert walk["remind"] == 60
    assert reminded_until("2026-03-05T10:59:59+01:00") == []
    assert reminded_until("2026-03-05T11:00:00+01:00") == [("c1", walk["id"])]
    assert reminded_until("2026-03-09T12:00:00+01:00") == [("c1", walk["id"])]


def test_who_wants_no_reminder_gets_none(appointments, citizen, reminded_until):
    appointments.add_event({**WALK, "remind": None}, citizen())

    assert reminded_until("2026-03-05T11:59:00+01:00") == []


def test_of_what_recurs_one_is_reminded_each_time_by_the_wall_clock(appointments, citizen, reminded_until):
    days = {"starts": "2026-03-28T12:00", "ends": "2026-03-28T13:00", "rule": "FREQ=DAILY;COUNT=3"}
    walk = appointments.add_event({**WALK, **days}, citizen())

    assert len(reminded_until("2026-03-28T11:00:00+01:00")) == 1
    assert len(reminded_until("2026-03-29T10:59:59+02:00")) == 1
    assert len(reminded_until("2026-03-29T11:00:00+02:00")) == 2
    assert reminded_until("2026-03-30T11:00:00+02:00") == [("c1", walk["id"])] * 3
    assert len(reminded_until("2026-03-31T11:00:00+02:00")) == 3


def test_a_whole_day_is_reminded_of_before_its_midnight(appointments, citizen, reminded_until):
    day = {"starts": "2026-03-05", "ends": "2026-03-05", "remind": 15 * 60}
    trip = appointments.add_event({**WALK, **day}, citizen())

    assert reminded_until("2026-03-04T08:59:59+01:00") == []
    assert reminded_until("2026-03-04T09:00:00+01:00") == [("c1", trip["id"])]


@pytest.mark.parametrize(
    ("becomes", "when"),
    [
        ({"starts": "2026-03-06T12:00", "ends": "2026-03-06T13:00"}, "2026-03-06T11:00:00+01:00"),
        ({"remind": 30}, "2026-03-05T11:30:00+01:00"),
    ],
)
def test_of_what_has_changed_one_is_reminded_as_it_is_now(appointments, citizen, reminded_until, becomes, when):
    walk = appointments.add_event(WALK, citizen())
    appointments.change_event({**WALK, **becomes, "event": walk["id"]}, citizen())

    assert reminded_until("2026-03-05T11:29:59+01:00") == []
    assert reminded_until(when) == [("c1", walk["id"])]


def test_of_what_is_gone_or_no_longer_to_be_reminded_of_one_hears_nothing(appointments, citizen, reminded_until):
    gone, silent = appointments.add_event(WALK, citizen()), appointments.add_event(WALK, citizen())
    appointments.remove_event({"event": gone["id"]}, citizen())
    appointments.change_event({**WALK, "remind": None, "event": silent["id"]}, citizen())

    assert reminded_until("2026-03-05T11:59:00+01:00") == []


@pytest.mark.parametrize(
    ("remind", "reminded_at"), [(0, "12:00:00"), (0, "12:01:00"), (1, "12:00:30"), (60, "12:59:59")]
)
def test_who_is_reminded_as_it_begins_or_late_is_reminded(appointments, citizen, reminded_until, remind, reminded_at):
    walk = appointments.add_event({**WALK, "remind": remind}, citizen())

    assert reminded_until(f"2026-03-05T{reminded_at}+01:00") == [("c1", walk["id"])]


def test_what_was_over_before_anybody_could_remind_of_it_is_passed_over(appointments, citizen, reminded_until):
    walk = appointments.add_event({**WALK, "rule": "FREQ=DAILY;COUNT=3"}, citizen())

    assert reminded_until("2026-03-05T13:00:00+01:00") == []
    assert reminded_until("2026-03-06T11:00:00+01:00") == [("c1", walk["id"])]


@pytest.mark.parametrize("remind", [-1, 7 * 24 * 60 + 1, 1.5, "60", True])
def test_what_is_no_time_to_remind_is_malformed(appointments, citizen, rows, remind):
    with pytest.raises(Malformed) as refusal:
        appointments.add_event({**WALK, "remind": remind}, citizen())

    assert [problem.field for problem in refusal.value.problems] == ["remind"]
    assert rows("calendar_events") == 0
