"""The national numbers of the people in a bundle, found again in its texts."""

import re
from dataclasses import dataclass, field
from typing import Final

ELEVEN_DIGITS: Final = re.compile(r"(?<!\d)\d{6} ?\d{5}(?!\d)")
REDACTED: Final = "*" * 11


@dataclass(frozen=True, slots=True)
class Secrets:
    """
    Hides the numbers it knows, written with or without a space after the birth date.

    Only these: any other eleven digits may be a laboratory's or a drug's number, one in thirty of which passes for a
    person's.
    """

    numbers: frozenset[str] = field(repr=False)

    def hidden(self, text: str) -> str:
        """Give the text with eleven stars in the place of each number."""
        return ELEVEN_DIGITS.sub(lambda found: REDACTED if self._knows(found[0]) else found[0], text)

    def are_in(self, text: str) -> bool:
        """Say whether the text holds any of the numbers."""
        return any(self._knows(found[0]) for found in ELEVEN_DIGITS.finditer(text))

    def _knows(self, written: str) -> bool:
        return written.replace(" ", "") in self.numbers
