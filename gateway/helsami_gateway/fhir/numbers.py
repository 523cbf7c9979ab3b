"""Decimals that remember how they were written, since to a laboratory 1.50 is not 1.5."""

from decimal import Decimal
from typing import Any, Final, Self

LONGEST: Final = 64
LARGEST_EXPONENT: Final = 64


class WrittenDecimal(Decimal):
    """A decimal number together with its text in the JSON it came from."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Read a JSON number. Raises decimal.InvalidOperation for an exponent no decimal can have."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def as_written(number: Any) -> str:
    """Give a JSON number back as the sender wrote it."""
    return number.text if isinstance(number, WrittenDecimal) else str(number)


def is_reasonable(number: Any) -> bool:
    """Say whether a JSON number is of a size that a measurement can have; larger ones only exhaust arithmetic."""
    if isinstance(number, WrittenDecimal):
        return len(number.text) <= LONGEST and abs(number.adjusted()) <= LARGEST_EXPONENT
    return bool(abs(number) < 10**LARGEST_EXPONENT)
