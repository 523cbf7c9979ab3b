"""A timer's method is called again and again, one call at a time, whatever becomes of each, until its service stops."""

from datetime import timedelta

import eventlet

from helsami_kernel import every
from helsami_kernel.testing import until


class Follower:
    name = "follower"
    began = 0
    running = 0
    most_at_once = 0

    @every(timedelta(milliseconds=1))
    def follow(self):
        """Take longer than the pause, and fail the first time."""
        cls = type(self)
        cls.began += 1
        cls.running += 1
        cls.most_at_once = max(cls.most_at_once, cls.running)
        eventlet.sleep(0.01)
        cls.running -= 1
        if cls.began == 1:
            raise ZeroDivisionError


def test_a_timer_goes_on_after_a_failure_never_twice_at_once_and_ends_with_its_service(start):
    runner = start("memory://", Follower).runner
    until(lambda: Follower.began >= 5)
    assert Follower.most_at_once == 1

    runner.stop(5.0)
    began = Follower.began
    eventlet.sleep(0.05)

    assert (Follower.began, Follower.running) == (began, 0)
