"""Leaves a hook alone that fails again and again, and tries it once in a while."""

import time
from collections.abc import Callable
from typing import Final

QUARANTINED: Final = "quarantined"
RELEASED: Final = "released"


class Quarantine:
    """The failures of one hook in a row; `told` is called with what became of it: quarantined or released."""

    def __init__(self, failures: int, seconds: float, told: Callable[[str], None]) -> None:
        self._most = failures
        self._seconds = seconds
        self._told = told
        self._failures = 0
        self._next_try = 0.0

    @property
    def holds(self) -> bool:
        """Whether the hook is left alone now; when its time is up one caller is let through, to try it."""
        if self._failures < self._most:
            return False
        if time.monotonic() < self._next_try:
            return True
        self._next_try = time.monotonic() + self._seconds
        return False

    def failed(self) -> None:
        """Count a failure."""
        self._failures += 1
        if self._failures >= self._most:
            self._next_try = time.monotonic() + self._seconds
        if self._failures == self._most:
            self._told(QUARANTINED)

    def release(self) -> None:
        """Forget the failures: the hook has answered, or there is nothing left to hold."""
        if self._failures >= self._most:
            self._told(RELEASED)
        self._failures = 0
