"""The day before an appointment its citizen is reminded, if they are still to come and are shown it (R39)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.visits.domain import reminder_at
from helsami_appointments.visits.storage import REMIND
from helsami_kernel.database import OBLIGATIONS
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

OSLO = ZoneInfo("Europe/Oslo")
DAY = timedelta(days=1)
REMINDED = "reminder_due"


@pytest.fixture
def remind_until(clock, keep_promises, told):
    """Let time pass until a moment, or by a while, keep what was promised until then, and say who was reminded."""

    def reminded(moment):
        clock.move_to(moment if isinstance(moment, datetime) else clock() + moment)
        keep_promises()
        return told(REMINDED)

    return reminded


@pytest.fixture
def due(store):
    """When reminders are promised for, whether they were given or not."""

    def promised():
        of_reminders = sa.select(OBLIGATIONS.c.due_at).where(OBLIGATIONS.c.kind == REMIND)
        with store.transaction(None) as tx:
            return sorted(tx.connection.execute(of_reminders).scalars())

    return promised


@given(
    st.integers(0, 40_000).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.uuids().map(str),
)
def test_a_reminder_is_due_the_day_before_between_nine_and_ten_by_the_clock_in_oslo(starts_at, appointment):
    due = reminder_at(appointment, starts_at).astimezone(OSLO)

    assert due.date() == starts_at.astimezone(OSLO).date() - timedelta(days=1)
    assert due.hour == 9
    assert timedelta(hours=9) <= starts_at - due <= timedelta(hours=40)


@pytest.mark.parametrize(
    ("booked_at", "starts_at", "due"),
    [
        # The clocks go forward in the night to Sunday, 29 March 2026, and back in the night to Sunday, 25 October.
        ("2026-03-20T08:00Z", "2026-03-29T12:00Z", "2026-03-28T08:00Z"),
        ("2026-03-20T08:00Z", "2026-03-30T12:00Z", "2026-03-29T07:00Z"),
        ("2026-10-20T08:00Z", "2026-10-25T12:00Z", "2026-10-24T07:00Z"),
        ("2026-10-20T08:00Z", "2026-10-26T12:00Z", "2026-10-25T08:00Z"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_over_the_nights_in_which_the_clocks_change_one_is_reminded_at_the_same_hour(
    book_at, clock, remind_until, booked_at, starts_at, due
):
    clock.move_to(datetime.fromisoformat(booked_at))
    appointment = book_at(datetime.fromisoformat(starts_at))

    assert remind_until(datetime.fromisoformat(due) - timedelta(seconds=1)) == []
    assert remind_until(timedelta(hours=1)) == [(REMINDED, appointment)]


def test_one_is_reminded_once_of_a_booking_and_of_what_a_record_system_has_sent_however_often(
    journal, book, remind_until, due
):
    booked = book(72)
    for text in ("Kontroll", "Kontroll", "Kontroll av blodtrykk"):
        journal.appointment("a1", hours=76, description=text)
    assert len(due()) == 2

    remind_until(2.5 * DAY)
    (one, other) = remind_until(DAY / 24)
    assert booked in {one[1], other[1]}
    assert one != other


def test_a_time_that_is_booked_after_the_hour_for_reminders_has_none(book, clock, due):
    clock.move(timedelta(hours=1, minutes=1))
    book(20)

    assert due() == []


def test_a_moved_appointment_is_reminded_of_at_its_new_time_alone(visits, journal, book, citizen, remind_until, due):
    appointment = book(72)
    slot = journal.slot("later", hours=24 * 7)
    visits.move({"appointment": appointment, "slot": slot}, citizen())
    assert len(due()) == 2

    assert remind_until(2.5 * DAY) == []
    assert remind_until(4 * DAY) == [(REMINDED, appointment)]


def test_moved_away_and_back_it_is_reminded_of_once(visits, journal, book, citizen, remind_until):
    appointment = book(72)
    visits.move({"appointment": appointment, "slot": journal.slot("later", hours=24 * 7)}, citizen())
    visits.move({"appointment": appointment, "slot": journal.slot("t72", hours=72)}, citizen())

    assert remind_until(2.5 * DAY) == remind_until(4 * DAY) == [(REMINDED, appointment)]


def test_nobody_is_reminded_of_what_is_cancelled_withdrawn_hidden_or_not_to_be_reminded_of(
    visits, journal, book, citizen, remind_until
):
    visits.cancel({"appointment": book(72)}, citizen())
    journal.appointment("gone", hours=73)
    assert journal.appointment("gone", hours=73, status="entered-in-error") == {"outcome": "stored"}
    journal.appointment("missed", hours=74)
    journal.appointment("missed", hours=74, status="cancelled")
    quiet = {"meta": {"tag": [{"system": "http://helsenorge.no/fhir/paminnelse", "code": "1"}]}}
    journal.appointment("quiet", hours=75, **quiet)
    journal.appointment("silenced", hours=76)
    assert journal.appointment("silenced", hours=76, **quiet) == {"outcome": "stored"}

    assert remind_until(2.5 * DAY) == []


@pytest.mark.parametrize(
    "rules",
    [
        rules_of(restrict_sharing=Restriction.withhold("home-care-visit")),
        rules_of(manifest=manifest_of(go_live={"appointments": date(2027, 1, 1)})),
    ],
    ids=["by rule", "before go-live"],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_nobody_is_reminded_of_what_they_are_not_shown(visits, book, remind_until, rules):
    book(72)
    visits.rules = organisations_of(rules)

    assert remind_until(2.5 * DAY) == []


@pytest.mark.parametrize("state", ["paused", "unknown"])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_a_reminder_waits_for_an_organisation_that_is_paused_or_not_heard_of_and_comes_then(
    visits, book, keep_promises, remind_until, clock, state
):
    appointment = book(72)
    rules = visits.rules["trondheim"]
    clock.move(2.25 * DAY)
    rules.enter(state)
    assert REMIND in keep_promises()
    assert remind_until(timedelta(0)) == []

    rules.enter("live")
    assert remind_until(timedelta(minutes=15)) == [(REMINDED, appointment)]


def test_a_process_that_wakes_after_the_visit_has_begun_reminds_nobody(visits, book, clock, keep_promises, told):
    book(72)

    clock.move(3 * DAY)
    assert REMIND in keep_promises()

    assert told(REMINDED) == []


def test_an_import_of_the_past_promises_nothing_and_fills_no_day_list(visits, journal, rows):
    for number in range(10):
        journal.appointment(f"past{number}", hours=-30 * (number + 1))
        journal.appointment(f"done{number}", hours=-30 * (number + 1), status="fulfilled")

    assert rows("appointments") == 20
    assert rows("obligations") == rows("expected_visits") == 0
