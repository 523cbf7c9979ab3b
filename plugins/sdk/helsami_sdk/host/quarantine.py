"""Leaves a hook alone that fails again and again, and tries it once in a while."""

import time
from collections.abc import Callable
from typing import Final

QUARANTINED: Final = "quarantined"
RELEASED: Final = "released"


class Quarantine:
    """
    The failures of one hook in a row; `told` is called with what became of it: quarantined or released.

    One answer forgives what has cost nothing; a failure that cost a citizen's time and a process is forgiven by as many
    answers in a row as it takes failures, or rules that are late every other time would be asked for ever.
    """

    def __init__(self, failures: int, seconds: float, told: Callable[[str], None]) -> None:
        self._most = failures
        self._seconds = seconds
        self._told = told
        self._failures = 0
        self._costly = 0
        self._answered = 0
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

    def failed(self, *, costly: bool = False) -> None:
        """Count a failure."""
        self._failures += 1
        self._costly += costly
        self._answered = 0
        if self._failures >= self._most:
            self._next_try = time.monotonic() + self._seconds
        if self._failures == self._most:
            self._told(QUARANTINED)

    def answered(self) -> None:
        """Forget the failures that an answer forgives; all of them, when the hook was tried."""
        self._answered += 1
        if self._failures >= self._most or self._answered >= self._most:
            self.release()
        else:
            self._failures = self._costly

    def release(self) -> None:
        """Forget the failures: there is nothing left to hold."""
        if self._failures >= self._most:
            self._told(RELEASED)
        self._failures = self._costly = 0
