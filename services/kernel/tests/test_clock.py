"""The clock as services and tests use it."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_kernel.clock import OSLO, Clock, written
from helsami_kernel.testing import MovableClock


def test_the_clock_tells_the_present_moment_in_utc():
    before = datetime.now(UTC)
    now = Clock()()

    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_a_time_is_written_in_utc_wherever_it_is_from():
    assert written(datetime(2026, 7, 1, 1, 30, tzinfo=OSLO)) == "2026-06-30T23:30:00Z"
    assert written(datetime(2026, 3, 1, 12, tzinfo=UTC), "milliseconds") == "2026-03-01T12:00:00.000Z"


def test_a_service_gets_the_clock_as_a_callable():
    assert Clock().get_dependency(object())().tzinfo is UTC


def test_a_movable_clock_stands_still_until_it_is_moved():
    clock = MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert clock() == clock()
    clock.move(timedelta(days=1))
    assert clock() == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_movable_clock_refuses_a_naive_time():
    with pytest.raises(ValueError, match="aware"):
        MovableClock(datetime(2026, 3, 1))  # noqa: DTZ001  the point of the test
