"""Working hours: Monday to Friday but for public holidays, from when a phone is answered until it is not, in Oslo."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from holidays import country_holidays

from helsami_kernel.clock import OSLO
from helsami_sdk.manifest import Hours

PUBLIC_HOLIDAYS: Final = country_holidays("NO")
WEEK: Final = 5
DAY: Final = timedelta(days=1)
NONE: Final = timedelta()
LATEST: Final = timedelta(days=90)
"""Nothing lies longer than that with whoever does not open it."""


def is_working_day(day: date) -> bool:
    """Whether people work on this day in Norway, as a rule."""
    return day.weekday() < WEEK and day not in PUBLIC_HOLIDAYS


def working_days_before(now: datetime, days: int) -> datetime:
    """The moment (UTC) since which so many working days have begun, in Oslo, today among them."""
    day, left = now.astimezone(OSLO).date(), days
    while left := left - is_working_day(day):
        day -= DAY
    return _moment(day, time()).astimezone(UTC)


def after_working_hours(start: datetime, hours: int, open_: Hours) -> datetime:
    """
    The moment (UTC) at which so many working hours have passed since an aware one; at least one.

    It lies within working hours, their end included. Hours are as long as they last: on a day when the clocks change,
    those between two times of the wall clock are one more or fewer. Where a phone is answered so shortly that it would
    be later than LATEST, it is then.
    """
    left = timedelta(hours=hours)
    first = start.astimezone(OSLO).date()
    for day in (first + days * DAY for days in range(LATEST // DAY)):
        if is_working_day(day):
            opens, closes = max(_moment(day, open_.opens), start), _moment(day, open_.closes)
            worked = max(closes - opens, NONE)
            if left <= worked:
                return opens.astimezone(UTC) + left
            left -= worked
    return start.astimezone(UTC) + LATEST


def _moment(day: date, wall: time) -> datetime:
    """When the wall clock in Oslo shows a time of this day, in UTC; of two that do, the first."""
    return datetime.combine(day, wall, OSLO).astimezone(UTC)
