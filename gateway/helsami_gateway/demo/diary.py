"""When things happen: working days, opening hours, and nobody in two places at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

AFTERNOON = (time(12), time(12, 30), time(13), time(13, 30), time(14), time(14, 30), time(15), time(15, 30))
"""Agreed meetings are in the afternoon, free slots in the morning: so that they can never collide."""

MORNING = (time(8, 30), time(10))

CLOSED = frozenset({(1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31)})
"""Public holidays with a fixed date (month, day); the movable ones make no difference to a demo."""

SATURDAY = 5

NEWEST = timedelta(days=20)
"""Nothing that has happened is newer than this, but what people are to have news of."""
REACH = timedelta(days=280)
"""How far back from NEWEST the recent history reaches, where organisation and person are old enough."""


def is_working_day(day: date) -> bool:
    """Whether offices are open on that day."""
    return day.weekday() < SATURDAY and (day.month, day.day) not in CLOSED


def working_days(first: date, last: date) -> Iterator[date]:
    """Every day from first to last (both included) on which offices are open."""
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        if is_working_day(day):
            yield day


@dataclass(frozen=True)
class Times:
    """The stretches of one person's history at one organisation."""

    today: date
    started: date
    born: date

    def recent(self, share: float) -> date:
        """A day after the organisation's start: share 0 is the newest, share 1 the oldest."""
        earliest = min(max(self.started, self.born) + timedelta(days=3), self.today - timedelta(days=1))
        newest = max(self.today - NEWEST, earliest)
        return newest - min(REACH, newest - earliest) * share

    def lately(self, days: int) -> date:
        """A day that many days ago: news, which people are told of."""
        return self.today - timedelta(days=days)

    def before_start(self, days: int) -> date | None:
        """A day that many days before the organisation's start, None if the person was not born then."""
        day = self.started - timedelta(days=days)
        return day if day > self.born else None

    def coming(self, days: int) -> date:
        """A day that many days ahead."""
        return self.today + timedelta(days=days)


class Diary:
    """Who is taken when: one for the whole population, so that no clinician and no citizen is booked twice."""

    def __init__(self) -> None:
        """Begin with everybody free."""
        self._taken: set[tuple[str, datetime]] = set()

    def meet(self, day: date, *who: str) -> datetime:
        """Find and take a half-hour from `day` on at which all of them are free; aware, Europe/Oslo."""
        while True:
            if is_working_day(day):
                # Begin elsewhere each day, or everybody would come at noon.
                first = day.toordinal() % len(AFTERNOON)
                for start in (*AFTERNOON[first:], *AFTERNOON[:first]):
                    moment = datetime.combine(day, start, OSLO)
                    if not any((name, moment) in self._taken for name in who):
                        self._taken.update((name, moment) for name in who)
                        return moment
            day += timedelta(days=1)

    def stay(self, day: date, nights: int, who: str) -> tuple[datetime, datetime]:
        """Keep somebody in bed from `day` for some nights; answers when they came and when they left."""
        for ahead in range(nights + 1):
            for start in AFTERNOON:
                self._taken.add((who, datetime.combine(day + timedelta(days=ahead), start, OSLO)))
        left = day + timedelta(days=nights)
        return datetime.combine(day, time(10, 15), OSLO), datetime.combine(left, time(13, 45), OSLO)
