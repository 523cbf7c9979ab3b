"""The days of a rule, held against a general reader of rules, and how long the fullest calendar takes."""

import time
from datetime import UTC, date, datetime, timedelta

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from helsami_appointments.calendar import recurrence
from helsami_appointments.calendar.days import WEEKDAYS, days_of
from helsami_appointments.calendar.domain import MOST_RECURRING, OwnEvent

SPAN = timedelta(days=3000)
NTH = st.sampled_from(["1", "2", "3", "4", "5", "-1"])
WEEKLY = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True).map(lambda days: f"BYDAY={','.join(days)}")
MONTHLY = st.one_of(
    st.integers(-31, 31).filter(bool).map(lambda day: f"BYMONTHDAY={day}"),
    st.tuples(NTH, st.sampled_from(WEEKDAYS)).map(lambda nth: "BYDAY=" + "".join(nth)),
)
BY = {"DAILY": st.just(""), "WEEKLY": st.just("") | WEEKLY, "MONTHLY": st.just("") | MONTHLY, "YEARLY": st.just("")}
RULES = st.sampled_from(sorted(BY)).flatmap(
    lambda freq: st.tuples(st.just(f"FREQ={freq}"), st.integers(1, 40).map("INTERVAL={}".format), BY[freq]).map(
        lambda parts: ";".join(filter(None, parts))
    )
)


@settings(deadline=None, max_examples=150)
@given(rule=RULES, first=st.dates(date(2000, 1, 1), date(2080, 12, 31)))
def test_a_rule_applies_on_the_days_that_rfc_5545_says(rule, first):
    last = first + SPAN
    at = datetime.combine(first, datetime.min.time())

    expected = [day.date() for day in rrulestr(rule, dtstart=at).between(at, at + SPAN, inc=True)]

    assert list(days_of(recurrence._parts(rule), first, last)) == expected


def test_as_many_rules_as_a_citizen_may_have_hold_nobody_up_for_long():
    begins = datetime(2026, 3, 2, 8, tzinfo=UTC)
    events = [
        OwnEvent(
            id=str(place),
            title="Gåtur",
            place="",
            notes="",
            all_day=False,
            starts_at=begins + timedelta(minutes=place),
            ends_at=begins + timedelta(minutes=place + 30),
            zone="Europe/Oslo",
            rule="FREQ=DAILY",
            last_at=begins + timedelta(days=3650),
        )
        for place in range(MOST_RECURRING)
    ]
    recurrence._walls.cache_clear()

    began = time.process_time()
    found = [len(recurrence.occurrences(event, begins, begins + timedelta(days=20))) for event in events]

    assert set(found) == {20}
    assert time.process_time() - began < 0.5  # 0.08 s here; it took a second and a half
