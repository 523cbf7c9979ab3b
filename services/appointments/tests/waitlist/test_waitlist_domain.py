"""Who waits for what, when nobody is disturbed, and how an offer stands."""

from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.waitlist.domain import (
    ENDED,
    KEYS,
    Facts,
    OfferState,
    ended_as,
    fits,
    in_time,
    quiet_ends,
    stands,
)
from helsami_kernel.clock import OSLO

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = Facts("consultation", "doctors", "lege-1", "p1", NOW)
OTHER = {"visit-type": "vaccination", "unit": "nurses", "clinician": "lege-2", "place": "p2"}


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def facts(starts_at=NOW, **other):
    return Facts(*(other.get(name, getattr(FACTS, name)) for name in KEYS.values()), starts_at)


def test_only_an_earlier_time_is_waited_for():
    assert fits(facts(NOW + HOUR), FACTS, KEYS)
    assert not fits(facts(NOW), FACTS, KEYS)
    assert not fits(facts(NOW - HOUR), FACTS, KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_differs_counts_where_the_organisation_says_so(key):
    waiting = facts(NOW + HOUR, **{KEYS[key]: OTHER[key]})

    assert not fits(waiting, FACTS, {key})
    assert fits(waiting, FACTS, set(KEYS) - {key})


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_a_chain_of_acceptances_ends_whoever_accepts_what_k16(moves):
    starts = dict.fromkeys(range(5), 50)
    total = sum(starts.values())
    accepted = 0
    for place, (number, freed) in enumerate(moves):
        who = number % 5
        if fits(facts(NOW + starts[who] * HOUR), facts(NOW + freed * HOUR), ()):
            starts[who] = freed
            accepted += 1
            assert sum(starts.values()) <= total - accepted, place


def test_lead_time_is_counted_in_real_hours_over_a_change_of_clocks():
    before, after = utc("2026-03-28T12:00+01:00"), utc("2026-03-29T12:00+02:00")

    assert not in_time(after, before, timedelta(hours=24))
    assert in_time(after, before, timedelta(hours=23))
    local = [moment.astimezone(OSLO) for moment in (after, before)]
    assert not in_time(*local, timedelta(hours=24))


NIGHT = (time(21), time(8))
WINTER = [
    ("2026-01-10T20:59:59+01:00", None),
    ("2026-01-10T21:00+01:00", "2026-01-11T08:00+01:00"),
    ("2026-01-11T03:00+01:00", "2026-01-11T08:00+01:00"),
    ("2026-01-11T07:59:59+01:00", "2026-01-11T08:00+01:00"),
    ("2026-01-11T08:00+01:00", None),
]


@pytest.mark.parametrize(("now", "ends"), WINTER)
def test_quiet_hours_last_over_midnight(now, ends):
    assert quiet_ends(*NIGHT, utc(now), OSLO) == (ends and utc(ends))


def test_quiet_hours_may_be_in_the_middle_of_the_day():
    noon = (time(11), time(13))

    assert quiet_ends(*noon, utc("2026-01-10T12:00+01:00"), OSLO) == utc("2026-01-10T13:00+01:00")
    assert quiet_ends(*noon, utc("2026-01-10T10:00+01:00"), OSLO) is None
    assert quiet_ends(*noon, utc("2026-01-10T13:00+01:00"), OSLO) is None


@pytest.mark.parametrize(
    ("since", "until", "now", "ends"),
    [
        # The night of 29 March has no 02:30, and is an hour shorter.
        (*NIGHT, "2026-03-28T21:00+01:00", "2026-03-29T08:00+02:00"),
        (time(21), time(2, 30), "2026-03-29T01:59+01:00", "2026-03-29T03:30+02:00"),
        (time(2, 30), time(8), "2026-03-29T01:30+01:00", "2026-03-29T08:00+02:00"),
        # The night of 25 October has 02:30 twice, and is an hour longer.
        (*NIGHT, "2026-10-24T21:00+02:00", "2026-10-25T08:00+01:00"),
        (time(21), time(2, 30), "2026-10-25T02:29+02:00", "2026-10-25T02:30+01:00"),
        (time(21), time(2, 30), "2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"),
        (time(2, 30), time(8), "2026-10-25T02:30+02:00", "2026-10-25T08:00+01:00"),
        (time(2, 30), time(8), "2026-10-25T02:00+01:00", "2026-10-25T08:00+01:00"),
    ],
)
def test_on_both_nights_when_the_clocks_change_nobody_is_disturbed(since, until, now, ends):
    assert quiet_ends(since, until, utc(now), OSLO) == utc(ends)


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        ("2026-03-29T07:59+02:00", True),
        ("2026-03-29T08:00+02:00", False),
        ("2026-03-28T20:59+01:00", False),
        ("2026-10-25T07:59+01:00", True),
        ("2026-10-25T08:00+01:00", False),
        ("2026-10-24T20:59+02:00", False),
    ],
)
def test_the_edges_of_those_nights_are_of_the_wall_clock(now, quiet):
    assert (quiet_ends(*NIGHT, utc(now), OSLO) is not None) is quiet


TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(since=TIMES, until=TIMES, now=MOMENTS)
def test_when_quiet_hours_end_they_are_over(since, until, now):
    if since == until:
        return
    ends = quiet_ends(since, until, now, OSLO)

    if ends is not None:
        assert now < ends <= now + timedelta(hours=25)
        assert quiet_ends(since, until, ends, OSLO) is None


@pytest.mark.parametrize(("state", "late"), list(product(OfferState, (False, True))))
def test_an_offer_expires_at_its_moment_and_no_other_end_changes(state, late):
    expires_at = NOW if late else NOW + timedelta(microseconds=1)

    expected = OfferState.EXPIRED if late and state is OfferState.OPEN else state
    assert stands(state, expires_at, NOW) is expected


def test_every_end_has_a_code():
    assert {ended_as(state) for state in ENDED} == {
        "offer-accepted",
        "offer-declined",
        "offer-expired",
        "offer-too-late",
        "offer-withdrawn",
    }
