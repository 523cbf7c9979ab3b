"""Whom an organisation expects on a day, for its staff."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_appointments.visits import schemas
from helsami_appointments.visits.staff import day_of
from helsami_kernel.errors import Forbidden, Malformed
from helsami_kernel.testing import system_token
from helsami_sdk.answers import Restriction


@pytest.fixture
def day(appointments):
    """An organisation's day as its staff see it."""

    def seen(organisation="trondheim", **question):
        token = system_token(organisation, scopes=frozenset({"organisations:manage"}))
        return appointments.visits_of_day(question, token)

    return seen


@pytest.fixture
def starts(day):
    return lambda *args, **question: [one["starts_at"] for one in day(*args, **question)["appointments"]]


def test_a_day_shows_each_visit_with_what_was_done_about_it_and_no_person(visits, book, citizen, journal, day, clock):
    booked = book(2)
    visits.check_in(
        {"appointment": booked, "contact_confirmed": True, "forms": ["health-questions", "medicines"]}, citizen()
    )
    clock.move(timedelta(hours=1, minutes=30))
    visits.arrive({"appointment": booked}, citizen())

    (visit,) = day()["appointments"]

    assert visit == {
        "id": booked,
        "record_key": None,
        "unit": "doctors",
        "starts_at": "2026-03-02T10:00:00Z",
        "ends_at": "2026-03-02T10:20:00Z",
        "status": "booked",
        "check_in": {
            "state": "done",
            "opens_at": "2026-02-23T10:00:00Z",
            "closes_at": "2026-03-02T10:00:00Z",
            "done_at": "2026-03-02T08:00:00Z",
            "forms": ["health-questions", "medicines"],
        },
        "arrival": {
            "state": "done",
            "opens_at": "2026-03-02T09:00:00Z",
            "closes_at": "2026-03-02T10:20:00Z",
            "done_at": "2026-03-02T09:30:00Z",
        },
    }
    assert schemas.Visit().dump(visit) == visit


def test_a_day_has_the_visits_of_all_citizens_in_order_and_of_no_other_organisation(
    visits, journal, citizen, day, starts
):
    journal.schedule("s2", organisation="oya_legesenter")
    for whose, hours in (("c1", 5), ("c2", 4), ("c3", 30)):
        journal.appointment(f"a{hours}", whose, hours)
    journal.appointment("other", "c1", 6, organisation="oya_legesenter")

    assert starts() == ["2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"]
    assert starts(date="2026-03-03") == ["2026-03-03T14:00:00Z"]
    assert starts("oya_legesenter") == ["2026-03-02T14:00:00Z"]
    assert starts("st_olavs") == []
    assert [one["record_key"] for one in day()["appointments"]] == ["a4", "a5"]


def test_a_day_follows_what_becomes_of_a_visit(visits, journal, book, citizen, day, starts):
    booked = book(5)
    visits.move({"appointment": booked, "slot": journal.slot("t30", hours=30)}, citizen())
    assert (starts(), starts(date="2026-03-03")) == ([], ["2026-03-03T14:00:00Z"])

    visits.cancel({"appointment": booked}, citizen())
    (cancelled,) = day(date="2026-03-03")["appointments"]
    assert (cancelled["status"], cancelled["check_in"]["state"], cancelled["arrival"]["state"]) == (
        "cancelled",
        "closed",
        "closed",
    )
    journal.appointment("a1", hours=6)
    journal.appointment("a1", hours=6, status="arrived")
    assert [one["status"] for one in day()["appointments"]] == ["arrived"]
    journal.appointment("a1", hours=6, status="entered-in-error")
    assert starts() == []


def test_staff_see_what_their_rules_hide_from_the_citizen(visits, book, day, asking):
    book(5)
    visits.rules = asking(restrict_sharing=Restriction.withhold("home-care-visit"))

    assert len(day()["appointments"]) == 1


def test_a_day_is_read_by_unit_and_page_by_page(visits, journal, citizen, day, starts):
    journal.schedule("s2", clinician="lege-2")
    other = {"reference": "Location/urn:x|trondheim.physiotherapy", "display": "Fysioterapi"}
    for number in range(5):
        place = {"actor": other, "status": "accepted"}
        more = {"participant": [{"actor": {"type": "Patient"}, "status": "accepted"}, place]} if number % 2 else {}
        journal.appointment(f"a{number}", f"c{number}", hours=3 + number, **more)

    assert len(starts(unit="physiotherapy")) == 2
    paged, cursor = [], None
    while True:
        page = day(limit=2, cursor=cursor)
        paged += [one["starts_at"] for one in page["appointments"]]
        if (cursor := page["next"]) is None:
            break
    assert paged == starts()
    assert len(paged) == 5
    assert starts(cursor=day(limit=2)["next"], date="2026-03-03") == []


def test_of_two_words_about_a_visit_in_one_delivery_the_last_says_when_it_is(visits, journal, starts):
    patient = {"actor": {"type": "Patient"}, "status": "accepted"}
    words = [
        {"resourceType": "Appointment", "status": "booked", "participant": [patient], **journal.span(hours, 20)}
        for hours in (5, 6)
    ]
    entries = [{"index": n, "type": "Appointment", "key": "a1", "resource": word} for n, word in enumerate(words)]

    visits.receive({"citizen": "c1", "entries": entries}, system_token("trondheim"))

    assert starts() == ["2026-03-02T14:00:00Z"]


def test_a_confirmation_that_leaves_the_unit_out_leaves_the_visit_in_the_day_of_its_unit(journal, book, starts):
    book(5)

    assert journal.appointment("a1", hours=5, patientInstruction="Kom fastende.") == {"outcome": "stored"}

    assert starts(unit="doctors") == ["2026-03-02T13:00:00Z"]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"date": "tomorrow"}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"limit": 0}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"unit": "x" * 61}, "unit"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_a_question_that_is_none_names_its_field(day, question, field):
    with pytest.raises(Malformed) as refusal:
        day(**question)

    assert [problem.field for problem in refusal.value.problems] == [field]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_whoever_speaks_for_no_organisation_sees_no_day(appointments, citizen):
    with pytest.raises(Forbidden):
        appointments.visits_of_day({}, citizen())


@pytest.mark.parametrize(
    ("day_", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
)
def test_a_day_is_as_long_as_it_is_in_oslo(day_, hours):
    begins, ends = day_of(datetime.fromisoformat(day_).date())

    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=hours)
