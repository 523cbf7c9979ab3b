"""Ends a child that works while nobody waits for it: in a destructor, or in the place of the code that asks."""

import os
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

LOOK_EVERY: Final = 10.0
_MOST: Final = 0.5  # of a processor, which it may have to share: nobody asks thousands of questions a second
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_USED: Final = slice(11, 13)  # utime and stime among what follows the name (proc_pid_stat(5))


class Runaways:
    """Looks at what each child has used of a processor since the last look."""

    def __init__(self, look_every: float = LOOK_EVERY) -> None:
        self._look_every = look_every
        self._looked_at = time.monotonic()
        self._used: dict[int, float] = {}

    def end(self, children: Collection[int]) -> None:
        """When it is time to look, kill those of these processes that did little else than work; none may be reaped."""
        passed = time.monotonic() - self._looked_at
        if passed < self._look_every:
            return
        used = {child: _seconds(child) for child in children}
        for child, seconds in used.items():
            if seconds - self._used.get(child, seconds) > _MOST * passed:
                os.kill(child, signal.SIGKILL)
        self._used, self._looked_at = used, time.monotonic()


def _seconds(process: int) -> float:
    """The processor time that a process has used; none where it is not told."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    return sum(map(int, stat.rpartition(")")[2].split()[_USED])) / _TICKS
