"""Norwegian person numbers: is one well formed, and which synthetic one may a test person have."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Final

LENGTH: Final = 11
FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# The 2032 series may leave 0 to 3 here; all older ones leave 0 (Skatteetaten, "nytt fødselsnummer fra
# 2032").
FIRST_REMAINDERS: Final = frozenset({0, 1, 2, 3})
D_NUMBER_DAY: Final = 40
HELP_NUMBER_MONTH: Final = 40
SYNTHETIC_MONTH: Final = 80
DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEWEST_A_DAY: Final = 200
# Which individual numbers were given to whom before 2032.
SERIES: Final = (
    (range(1854, 1900), range(500, 750)),
    (range(1900, 2000), range(500)),
    (range(2000, 2040), range(500, 1000)),
)


def is_valid(number: str) -> bool:
    """
    Say whether a text is a Norwegian person number: birth number, D-number, H-number or a synthetic one (month + 80).

    Neither birth date nor sex is read from it: from 2032 it holds neither, and the register is asked instead.
    """
    if len(number) != LENGTH or not (number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in number]
    return (
        _names_a_day(number) and _sum(digits, FIRST_WEIGHTS) in FIRST_REMAINDERS and _sum(digits, SECOND_WEIGHTS) == 0
    )


def synthetic(birth_date: date, serial: int) -> str:
    """
    Give the synthetic person number (month + 80, as Skatteetaten's Tenor) that a serial number means on a birth date.

    The same arguments always give the same number. A day has some 200 to 420 numbers; a serial beyond them starts over.
    """
    if serial < FEWEST_A_DAY:
        return next(islice(_synthetic_numbers(birth_date), serial, None))
    numbers = _all_synthetic_numbers(birth_date)
    return numbers[serial % len(numbers)]


@lru_cache(maxsize=1024)
def _all_synthetic_numbers(birth_date: date) -> tuple[str, ...]:
    return tuple(_synthetic_numbers(birth_date))


def _synthetic_numbers(birth_date: date) -> Iterator[str]:
    individuals = next((given for years, given in SERIES if birth_date.year in years), range(1000))
    prefix = f"{birth_date.day:02}{birth_date.month + SYNTHETIC_MONTH}{birth_date.year % 100:02}"
    endings = (_with_check_digits(f"{prefix}{individual:03}") for individual in individuals)
    return (number for number in endings if number is not None)


def _with_check_digits(number: str) -> str | None:
    """Append the two check digits, or say that this number was never given because one of them would be ten."""
    for weights in (FIRST_WEIGHTS, SECOND_WEIGHTS):
        check = -_sum([int(digit) for digit in number], weights) % 11
        if check > 9:  # noqa: PLR2004  a check digit is one digit
            return None
        number = f"{number}{check}"
    return number


def _sum(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11


def _names_a_day(number: str) -> bool:
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    if day > D_NUMBER_DAY:
        day -= D_NUMBER_DAY
    for offset in (SYNTHETIC_MONTH, HELP_NUMBER_MONTH):
        if month > offset:
            month -= offset
    if not (1 <= month <= len(DAYS) and 1 <= day <= DAYS[month - 1]):
        return False
    # The century is unknown, so 00 counts as 2000, which had a leap day.
    return (day, month) != (29, 2) or year % 4 == 0
