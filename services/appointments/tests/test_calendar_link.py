"""The private link to a calendar, and what other calendars read by it."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import icalendar
import pytest

from helsami_kernel.errors import Forbidden, Malformed, NotFound, Refused
from helsami_kernel.testing import citizen_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import organisations_of, rules_of

HASH = hashlib.sha256(b"s1").hexdigest()
OTHER = hashlib.sha256(b"s2").hexdigest()
CANARIES = {"title": "Kanarifugl tittel", "place": "Kanarifugl sted", "notes": "Kanarifugl; notat\nlinje"}
GATEWAY = replace(citizen_token("", ["calendar:feed"], basis="service"), subject=None)


@pytest.fixture
def opened(appointments, citizen):
    def open_link(link=HASH, token=None, **choices):
        return appointments.open_calendar_link({"link": link, **choices}, token or citizen())

    return open_link


@pytest.fixture
def read(appointments, citizen):
    """What another calendar understands of the feed: the entries by their summary."""

    def entries(link=HASH, token=None):
        text = appointments.feed({"link": link}, token or citizen())
        return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))

    return entries


@pytest.fixture
def full(appointments, citizen, journal):
    """An appointment with a place and a clinician, and two own events."""
    journal.schedule()
    appointments.book({"slot": journal.slot("t1")}, citizen())
    timed = {"starts": "2026-03-28T08:00", "ends": "2026-03-28T09:00", "rule": "FREQ=DAILY"}
    appointments.add_event({**CANARIES, **timed}, citizen())
    days = {"starts": "2026-05-01", "ends": "2026-05-02", "rule": "FREQ=WEEKLY;COUNT=3"}
    appointments.add_event({**CANARIES, **days}, citizen())


def test_without_details_the_feed_says_when_and_nothing_else(appointments, citizen, full, opened):
    opened(language="en")

    text = appointments.feed({"link": HASH}, citizen()).decode()

    for telling in ("Kanari", "Legetime", "Legekontoret", "Klar", "trondheim", "doctors", "lege-1", HASH):
        assert telling not in text
    entries = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
    summaries = sorted(str(entry["summary"]) for entry in entries)
    assert summaries == ["Health appointment", *["Own event in the health calendar"] * 2]
    names = {name for entry in entries for name in entry}
    assert names == {"UID", "DTSTAMP", "DTSTART", "DTEND", "CLASS", "SUMMARY", "RRULE"}


@pytest.mark.parametrize(("language", "word"), [("nb", "Helsetime"), ("nn", "Helsetime"), ("en", "Health appointment")])
def test_it_speaks_the_language_that_was_chosen(read, full, opened, language, word):
    opened(language=language)

    assert word in [str(entry["summary"]) for entry in read()]


def test_with_details_it_says_what_the_citizen_may_see(read, full, opened):
    opened(details=True)

    appointment, timed, _ = sorted(read(), key=lambda entry: str(entry["dtstart"].dt))
    assert [str(appointment[name]) for name in ("summary", "location", "description")] == [
        "Legetime",
        "Legekontoret",
        "Klar Kompass",
    ]
    assert [str(timed[name]) for name in ("summary", "location", "description")] == list(CANARIES.values())


def test_another_calendar_understands_the_times_over_the_night_that_changes_them(read, full, opened):
    opened()

    appointment, timed, days = sorted(read(), key=lambda entry: str(entry["dtstart"].dt))

    assert appointment["dtstart"].dt.astimezone(UTC) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert timed["dtstart"].params["TZID"] == "Europe/Oslo"
    assert timed["dtstart"].dt.replace(tzinfo=None).isoformat() == "2026-03-28T08:00:00"
    # The thousandth day, in summer time, although the first was not: 8 o'clock in Oslo is 6 o'clock in UTC.
    assert timed["rrule"]["UNTIL"] == [datetime(2028, 12, 21, 7, tzinfo=UTC)]
    assert (days["dtstart"].dt, days["dtend"].dt) == (date(2026, 5, 1), date(2026, 5, 3))
    assert days["rrule"]["UNTIL"] == [date(2026, 5, 15)]


def test_the_feed_brings_the_zone_it_speaks_of(appointments, citizen, opened):
    opened()
    (zone,) = icalendar.Calendar.from_ical(appointments.feed({"link": HASH}, citizen())).walk("VTIMEZONE")

    assert zone.to_tz().utcoffset(datetime(2026, 7, 1)).total_seconds() == 7200  # noqa: DTZ001  it is the zone's
    assert zone.to_tz().utcoffset(datetime(2026, 12, 1)).total_seconds() == 3600  # noqa: DTZ001


def test_an_entry_keeps_its_uid_and_shares_it_with_nothing(appointments, citizen, read, full, opened, clock):
    opened()
    first = [str(entry["uid"]) for entry in read()]
    assert [str(entry["uid"]) for entry in read()] == first
    ids = {event["id"] for event in appointments.events({}, citizen())["events"]}
    assert not any(own in uid for own in ids for uid in first)

    opened(OTHER)

    assert not {str(entry["uid"]) for entry in read(OTHER)} & set(first)


def test_what_was_cancelled_or_is_hidden_is_not_in_the_feed(appointments, citizen, journal, read, opened):
    opened()
    journal.appointment("a1", hours=8)
    journal.appointment("a2", hours=9, status="cancelled")
    assert len(read()) == 1

    appointments.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("home-care-hidden")))

    assert read() == []


def test_a_new_link_ends_the_old_one_and_a_link_that_was_ended_is_as_one_that_never_was(
    appointments, citizen, opened, rows
):
    assert opened()["details"] is False
    opened(OTHER, details=True)
    assert appointments.calendar_link({}, citizen())["link"]["details"] is True
    assert appointments.calendar_of_link({"link": OTHER}, GATEWAY) == {"citizen": "c1"}
    with pytest.raises(NotFound, match="calendar-link-not-found"):
        appointments.calendar_of_link({"link": HASH}, GATEWAY)

    assert appointments.close_calendar_link({}, citizen()) == {"link": None}
    assert appointments.close_calendar_link({}, citizen()) == {"link": None}

    for ask, token in ((appointments.calendar_of_link, GATEWAY), (appointments.feed, citizen())):
        with pytest.raises(NotFound, match="calendar-link-not-found"):
            ask({"link": OTHER}, token)
    assert appointments.calendar_link({}, citizen()) == {"link": None}
    assert rows("calendar_links") == 0


def test_ones_own_link_is_not_touched_by_anothers(appointments, citizen, opened):
    opened()
    opened(OTHER, token=citizen("c2"))
    appointments.close_calendar_link({}, citizen("c2"))

    assert appointments.calendar_of_link({"link": HASH}, GATEWAY) == {"citizen": "c1"}
    with pytest.raises(NotFound):
        appointments.feed({"link": HASH}, citizen("c2"))


def test_one_at_a_protected_address_has_never_details_whatever_was_chosen_before(citizen, read, full, opened):
    opened(details=True)
    assert "Legetime" in [str(entry["summary"]) for entry in read()]

    protected = citizen(protected=True)

    assert {str(entry["summary"]) for entry in read(token=protected)} <= {
        "Helsetime",
        "Egen hendelse i helsekalenderen",
    }
    assert not any("location" in entry or "description" in entry for entry in read(token=protected))
    with pytest.raises(Refused, match="protected-address"):
        opened(OTHER, token=protected, details=True)


def test_a_representative_makes_and_sees_no_link(appointments, citizen, opened):
    parent = citizen(actor="c9", basis="grant")
    opened()
    for method, command in (
        ("open_calendar_link", {"link": OTHER}),
        ("close_calendar_link", {}),
        ("calendar_link", {}),
        ("feed", {"link": HASH}),
    ):
        with pytest.raises(Forbidden, match="not-for-representatives"):
            getattr(appointments, method)(command, parent)


@pytest.mark.parametrize("wrong", [{"link": "s1"}, {"link": HASH.upper()}, {"link": HASH, "language": "se"}])
def test_what_is_no_hash_and_no_language_is_malformed(appointments, citizen, wrong):
    with pytest.raises(Malformed):
        appointments.open_calendar_link(wrong, citizen())
