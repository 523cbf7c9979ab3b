"""Person numbers: what is well formed, and what a synthetic one is."""

from datetime import date
from itertools import product

import pytest

from helsami_gateway.national_id import is_valid, synthetic


def endings(nine):
    return [ending for ending in (f"{number:02}" for number in range(100)) if is_valid(nine + ending)]


def by_hand(nine, remainders):
    """The two sums of Skatteetaten's description, written out once more."""
    found = []
    for first, second in product(range(10), repeat=2):
        a, b, c, d, e, f, g, h, i = map(int, nine)
        one = 3 * a + 7 * b + 6 * c + d + 8 * e + 9 * f + 4 * g + 5 * h + 2 * i + first
        two = 5 * a + 4 * b + 3 * c + 2 * d + 7 * e + 6 * f + 5 * g + 4 * h + 3 * i + 2 * first + second
        if one % 11 in remainders and two % 11 == 0:
            found.append(f"{first}{second}")
    return found


def test_a_synthetic_number_checked_on_paper_is_valid():
    assert is_valid("13924500160")  # 3+21+54+2+32+45+0+0+2+6 = 15 * 11; 5+12+27+4+28+30+0+0+3+12+0 = 11 * 11


@pytest.mark.parametrize("position", range(11))
def test_no_digit_may_be_another(position):
    number = "13924500160"
    others = [number[:position] + digit + number[position + 1 :] for digit in "0123456789" if digit != number[position]]

    # The new first check digit leaves four values, so a slip is found by the second more often than by both.
    assert sum(is_valid(other) for other in others) <= 1


@pytest.mark.parametrize("form", ["131245", "531245", "135245", "535245", "139245", "539245"])
def test_birth_numbers_d_numbers_help_numbers_and_synthetic_ones_are_valid(form):
    assert endings(form + "001") == by_hand(form + "001", {0, 1, 2, 3}) != []


def test_a_first_check_digit_of_the_2032_series_is_valid_and_the_next_is_not():
    new = set(by_hand("139245001", {1, 2, 3}))
    never = set(by_hand("139245001", {4, 5, 6, 7, 8, 9, 10}))

    assert new <= set(endings("139245001"))
    assert never.isdisjoint(endings("139245001"))


@pytest.mark.parametrize("day", ["329245", "009245", "138045", "139345", "722245", "308145", "131345", "130045"])
def test_a_day_that_no_calendar_has_is_not_valid(day):
    assert endings(day + "001") == [] if day != "308145" else endings(day + "001")


def test_the_thirtieth_of_february_is_not_valid_and_a_leap_day_is_only_in_a_leap_year():
    assert endings("308245001") == []
    assert endings("298245001") == []
    assert endings("298244001") != []
    assert endings("298200501") != []


@pytest.mark.parametrize(
    "text", ["", "1392450016", "139245001600", "13924500l60", " 3924500160", "13924500160\n", "¹3924500160"]
)
def test_anything_but_eleven_digits_is_not_valid(text):
    assert not is_valid(text)


def test_a_help_number_that_begins_with_8_or_9_is_not_a_persons():
    assert endings("913245001") == []


@pytest.mark.parametrize(
    "born", [date(1871, 1, 2), date(1945, 12, 13), date(1980, 2, 29), date(2010, 3, 4), date(2045, 6, 1)]
)
def test_every_synthetic_number_of_a_day_is_valid_and_has_month_80(born):
    numbers = {synthetic(born, serial) for serial in range(1000)}

    assert all(is_valid(number) for number in numbers)
    assert {number[:6] for number in numbers} == {f"{born.day:02}{born.month + 80}{born.year % 100:02}"}
    assert len(numbers) > 150


def test_the_same_serial_gives_the_same_number():
    assert synthetic(date(1945, 12, 13), 0) == "13924500160"
    assert synthetic(date(2010, 3, 4), 0) == synthetic(date(2010, 3, 4), 0) == "04831050034"
    assert synthetic(date(2010, 3, 4), 10**18) == synthetic(date(2010, 3, 4), 10**18)
