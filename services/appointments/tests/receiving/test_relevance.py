"""What a citizen is told of when a record system changes an appointment: what they have to act on, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.domain import STATUSES, TO_COME, Appointment, Meeting, Span
from helsami_appointments.receiving.relevance import HISTORY, Change, News, changes, news_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEETING = Meeting("consultation", "Legetime", "doctors", "Legekontoret, 2. etasje", "lege-1", "Klar Kompass")
BEFORE = Appointment("trondheim", MEETING, Span(NOW + 5 * HOUR, NOW + 6 * HOUR), "booked")
LATER = Span(NOW + 7 * HOUR, NOW + 8 * HOUR)
PAST = Span(NOW - 2 * HOUR, NOW - HOUR)


def meeting(**other):
    return {"meeting": replace(MEETING, **other)}


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ({"span": LATER}, {Change.TIME}),
        ({"span": Span(BEFORE.span.starts_at, LATER.ends_at)}, {Change.TIME}),
        (meeting(place="Legekontoret, 3. etasje"), {Change.PLACE}),
        (meeting(clinician="lege-2", clinician_name="Blid Ball"), {Change.CLINICIAN}),
        (meeting(clinician="", clinician_name="Blid Ball"), {Change.CLINICIAN}),
        ({"setting": "virtual"}, {Change.MODE}),
        ({"setting": "home", **meeting(place="Hjemme")}, {Change.MODE}),
        ({"status": "proposed"}, {Change.AGREEMENT}),
        ({"instructions": "Møt fastende."}, {Change.INSTRUCTIONS}),
        ({"span": LATER, "setting": "virtual"}, {Change.TIME, Change.MODE}),
    ],
)
def test_what_a_citizen_has_to_act_on_is_told(after, what):
    changed = replace(BEFORE, **after)

    assert changes(BEFORE, changed) == what
    assert news_of(BEFORE, changed, NOW) is News.CHANGED


@pytest.mark.parametrize(
    "after",
    [
        meeting(place="legekontoret 2 etasje"),
        meeting(place=""),
        meeting(clinician_name="Dr. Klar Kompass"),
        meeting(clinician="", clinician_name=""),
        meeting(kind="Konsultasjon hos lege"),
        meeting(visit_type="annual-check"),
        meeting(unit="other-unit"),
        {"status": "pending"},
        {"setting": "outpatient"},
        {"slot": "slot-1"},
        {"flags": frozenset({"cancel"})},
        {"remind": False},
        {"told_at": NOW},
        {"link": "https://video.example/x"},
    ],
)
def test_wording_and_technical_fields_tell_nothing(after):
    assert news_of(BEFORE, replace(BEFORE, **after), NOW) is None


def test_instructions_that_are_worded_alike_or_left_out_tell_nothing():
    before = replace(BEFORE, instructions="Møt fastende.")

    assert news_of(before, replace(BEFORE, instructions="Møt  fastende"), NOW) is None
    assert news_of(before, BEFORE, NOW) is None


def test_a_place_that_becomes_known_is_told_and_a_clinician_is_not():
    unknown = replace(BEFORE, **meeting(place="", unit="", clinician="", clinician_name=""))

    assert changes(unknown, BEFORE) == {Change.PLACE}


def test_a_new_appointment_is_told_unless_it_is_history():
    assert news_of(None, BEFORE, NOW) is News.SCHEDULED
    assert news_of(None, replace(BEFORE, told_at=NOW - HISTORY), NOW) is News.SCHEDULED
    assert news_of(None, replace(BEFORE, told_at=NOW - HISTORY - HOUR), NOW) is None
    assert news_of(None, replace(BEFORE, span=PAST), NOW) is None
    assert news_of(None, replace(BEFORE, status="cancelled"), NOW) is None


@pytest.mark.parametrize("gone", [None, replace(BEFORE, status="cancelled")], ids=["in-error", "cancelled"])
def test_what_will_not_take_place_is_told_as_long_as_somebody_expects_it(gone):
    assert news_of(BEFORE, gone, NOW) is News.CANCELLED
    assert news_of(replace(BEFORE, span=PAST), gone and replace(gone, span=PAST), NOW) is None
    assert news_of(replace(BEFORE, status="cancelled"), gone, NOW) is None


def test_what_was_cancelled_and_is_to_take_place_after_all_is_told():
    assert news_of(replace(BEFORE, status="cancelled"), BEFORE, NOW) is News.CHANGED
    assert news_of(replace(BEFORE, span=PAST), BEFORE, NOW) is News.CHANGED


def test_what_was_expected_and_turns_out_to_be_over_is_told():
    assert news_of(BEFORE, replace(BEFORE, span=PAST), NOW) is News.CHANGED
    assert news_of(BEFORE, replace(BEFORE, span=PAST, status="fulfilled"), NOW) is None


TEXTS = st.sampled_from(["", "lege-1", "Legekontoret", "Hjemme"])
MEETINGS = st.builds(Meeting, *[TEXTS] * 6)
SPANS = st.builds(
    lambda hours, length: Span(NOW + hours * HOUR, NOW + (hours + length) * HOUR),
    st.integers(-5, 5),
    st.integers(1, 3),
)
APPOINTMENTS = st.builds(
    Appointment,
    organisation=st.just("trondheim"),
    meeting=MEETINGS,
    span=SPANS,
    status=st.sampled_from(sorted(STATUSES)),
    setting=st.sampled_from(["", "home", "virtual", "outpatient"]),
    tell=st.booleans(),
    instructions=TEXTS,
    window=st.booleans(),
)
KNOWN = st.none() | APPOINTMENTS


@given(APPOINTMENTS)
def test_the_same_again_tells_nothing(appointment):
    assert changes(appointment, appointment) == frozenset()
    assert news_of(appointment, appointment, NOW) is None


@given(KNOWN, KNOWN)
def test_nobody_is_told_of_what_was_over_and_is_over(before, after):
    over = [one for one in (before, after) if one is None or one.status not in TO_COME or one.span.starts_at <= NOW]

    if len(over) == len((before, after)):
        assert news_of(before, after, NOW) is None


@given(KNOWN, APPOINTMENTS)
def test_a_record_system_that_tells_itself_is_not_doubled(before, after):
    assert news_of(before, replace(after, tell=False), NOW) is None


@given(APPOINTMENTS, APPOINTMENTS)
def test_another_time_of_what_is_to_come_is_always_told(before, after):
    changed = replace(after, tell=True, status="booked", span=replace(before.span, ends_at=before.span.ends_at + HOUR))

    if before.status in TO_COME and before.span.starts_at > NOW:
        assert news_of(before, changed, NOW) is News.CHANGED


@given(KNOWN, APPOINTMENTS)
def test_what_is_told_as_cancelled_takes_place_no_longer_and_what_is_scheduled_was_unknown(before, after):
    told = news_of(before, after, NOW)

    if told is News.CANCELLED:
        assert after.status == "cancelled"
        assert before is not None
    if told is News.SCHEDULED:
        assert before is None
        assert after.status in TO_COME
