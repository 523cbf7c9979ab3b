"""Stand-ins with real behaviour, for the tests of whoever builds on the kernel."""

from datetime import datetime, timedelta


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.move_to(now)

    def __call__(self) -> datetime:
        """Return the moment at which the clock stands."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by

    def move_to(self, now: datetime) -> None:
        """Stand at another moment, which must be aware."""
        if now.tzinfo is None:
            raise ValueError("a clock shows aware times")
        self._now = now
