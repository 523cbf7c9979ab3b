"""How much an organisation's rules may take before they are stopped."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """
    Bounds of one child; times in seconds, sizes in bytes.

    An answer names only what was in its question, so it may be `answer` bytes longer than that. After `failures` in a
    row a hook is left alone for `quarantine` seconds, and then asked again. A child that ends is followed by another at
    once; if that one ends without having answered, by the next after `first_pause`, twice that, up to `longest_pause`.
    """

    deadline: float = 0.25
    start: float = 10.0
    memory: int = 256 * MIB
    answer: int = 64 * 1024
    program: int = 4 * MIB
    failures: int = 5
    quarantine: float = 60.0
    first_pause: float = 0.1
    longest_pause: float = 30.0

    def pause(self, deaths: int) -> float:
        """How long to wait before another child is started, after so many that ended without having answered."""
        return min(self.first_pause * 2 ** (deaths - 1), self.longest_pause) if deaths else 0.0
