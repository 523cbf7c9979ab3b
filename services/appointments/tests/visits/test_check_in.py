"""Check-in before a visit, where its unit asks for it (R36), and the button on arriving (R37)."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.visits import schemas
from helsami_appointments.visits.domain import State, Step
from helsami_appointments.visits.models import VISITS
from helsami_appointments.visits.storage import OPEN_CHECK_IN
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_sdk.answers import CheckIn, Restriction

DAY = timedelta(days=1)
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
FORMS = ("health-questions", "medicines")
ANSWERED = {"contact_confirmed": True, "forms": ["medicines", "health-questions"]}
OPENED = "check_in_opened"


@pytest.fixture
def check_in(appointments, citizen):
    def done(appointment, command=None, **claims):
        return appointments.check_in({"appointment": appointment, **(command or ANSWERED)}, citizen(**claims))

    return done


@pytest.fixture
def arrive(appointments, citizen):
    return lambda appointment, **claims: appointments.arrive({"appointment": appointment}, citizen(**claims))


def test_check_in_opens_when_its_unit_says_and_the_citizen_is_told_once(book, show, clock, keep_promises, told):
    appointment = book(24 * 10)

    assert show(appointment)["check_in"] == {
        "state": "not_open",
        "opens_at": "2026-03-05T08:00:00Z",
        "closes_at": "2026-03-12T08:00:00Z",
        "done_at": None,
        "forms": ["health-questions", "medicines"],
    }
    clock.move(3 * DAY - timedelta(seconds=1))
    assert keep_promises() == []
    clock.move(timedelta(seconds=1))
    assert keep_promises() == ["open_check_in"]
    assert told(OPENED) == [(OPENED, appointment)]
    assert show(appointment)["check_in"]["state"] == "open"


def test_of_a_visit_within_the_week_check_in_is_open_and_told_at_once_however_it_came(
    visits, journal, book, keep_promises, told, asking
):
    booked = book(72)
    journal.appointment("a1", hours=76)
    visits.rules = asking(CheckIn.arrival())
    journal.appointment("a2", hours=80)
    visits.rules = asking()

    assert keep_promises() == ["open_check_in", "open_check_in"]
    assert len(told(OPENED)) == 2
    assert (OPENED, booked) in told(OPENED)


def test_nobody_is_told_of_check_in_for_what_they_have_cancelled_moved_or_are_not_shown(
    visits, journal, book, citizen, keep_promises, told, asking
):
    visits.cancel({"appointment": book(72)}, citizen())
    moved = book(73)
    visits.move({"appointment": moved, "slot": journal.slot("later", hours=24 * 20)}, citizen())
    assert keep_promises() == ["open_check_in", "open_check_in"]
    assert told(OPENED) == []

    book(76)
    visits.rules = asking(restrict_sharing=Restriction.withhold("home-care-visit"))
    keep_promises()
    assert told(OPENED) == []


def test_where_the_rules_open_it_later_meanwhile_the_citizen_is_told_then(
    visits, book, clock, keep_promises, told, asking
):
    appointment = book(24 * 10)
    visits.rules = asking(CheckIn.on(DAY))
    clock.move(3 * DAY)
    assert keep_promises() == ["open_check_in"]
    assert told(OPENED) == []

    clock.move(6 * DAY)
    keep_promises()

    assert told(OPENED) == [(OPENED, appointment)]


def test_what_is_in_person_after_all_opens_as_its_unit_asks_for_that(
    visits, journal, citizen, clock, asking, keep_promises, told
):
    def choose(question):
        return CheckIn.off("by-video") if question.setting == "virtual" else CheckIn.on(DAY)

    visits.rules = asking(choose_check_in=choose)
    booked = visits.book({"slot": journal.slot("far", hours=72)}, citizen())["id"]
    visits.order_video({"appointment": booked}, citizen())
    clock.move(timedelta(hours=60))
    assert OPEN_CHECK_IN in keep_promises()
    assert told("check_in_opened") == [], "a call needs none"

    visits.meet_in_person({"appointment": booked}, citizen())
    keep_promises()

    assert told("check_in_opened") == [("check_in_opened", booked)]


def test_however_often_it_was_promised_that_check_in_opens_the_citizen_is_told_once(
    visits, journal, keep_promises, told, clock, asking
):
    journal.appointment("a1", hours=24 * 10)
    visits.rules = asking(CheckIn.on(8 * DAY, *FORMS))
    assert journal.appointment("a1", hours=24 * 10, minutes=30) == {"outcome": "stored"}

    clock.move(4 * DAY)

    assert keep_promises() == ["open_check_in", "open_check_in"]
    assert len(told(OPENED)) == 1


def test_whoever_confirms_their_contact_details_and_all_forms_has_checked_in_once(
    book, check_in, show, told, clock, store
):
    appointment = book(72)
    done = check_in(appointment)

    assert done == {**show(appointment)["check_in"], "state": "done", "done_at": "2026-03-02T08:00:00Z"}
    assert schemas.CheckInShown().dump(done) == done
    clock.move(timedelta(hours=1))
    assert check_in(appointment) == done
    assert show(appointment)["check_in"] == done
    with store.transaction("c1") as tx:
        (forms,) = tx.connection.execute(sa.select(VISITS.c.forms)).scalars()
    assert orjson.loads(forms) == ANSWERED["forms"]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ({"contact_confirmed": True, "forms": ["medicines", "pregnancy"]}, "forms"),
        ({"contact_confirmed": True, "forms": ["medicines", "medicines", "health-questions"]}, "forms"),
        ({"contact_confirmed": True, "forms": "medicines"}, "forms"),
        ({"contact_confirmed": False, "forms": ["medicines", "health-questions"]}, "contact_confirmed"),
        ({"contact_confirmed": "yes", "forms": ["medicines", "health-questions"]}, "contact_confirmed"),
        ({"forms": ["medicines", "health-questions"]}, "contact_confirmed"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_a_check_in_of_another_form_names_the_field(book, check_in, told, command, field):
    appointment = book(72)

    with pytest.raises(Malformed) as refusal:
        check_in(appointment, command)

    assert {problem.field.split(".")[0] for problem in refusal.value.problems} == {field}


def test_a_form_that_is_left_out_is_named(book, check_in):
    with pytest.raises(Refused, match="forms-not-answered") as refusal:
        check_in(book(72), {"contact_confirmed": True, "forms": ["medicines"]})

    assert refusal.value.problems[0].expected == "each of health-questions, medicines"


def test_check_in_is_neither_too_early_nor_too_late_nor_of_what_is_cancelled(visits, book, check_in, citizen, clock):
    appointment, cancelled = book(24 * 8), book(73)
    visits.cancel({"appointment": cancelled}, citizen())

    with pytest.raises(Conflict, match="check-in-not-open") as early:
        check_in(appointment)
    assert early.value.problems[0].expected == "2026-03-03T08:00:00Z"
    with pytest.raises(Conflict, match="appointment-cancelled"):
        check_in(cancelled)
    clock.move(8 * DAY)
    with pytest.raises(Conflict, match="check-in-closed"):
        check_in(appointment)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_where_it_is_not_asked_for_one_is_told_so_with_the_number(visits, book, check_in, arrive, show, asking):
    appointment = book(72)
    for asked, checking, arriving in (
        (CheckIn.off(), "no-check-in", "no-check-in"),
        (CheckIn.arrival(), "no-check-in", None),
        (CheckIn.on(7 * DAY), None, "no-arrival-button"),
        (CheckIn.off("trondheim-by-phone"), "trondheim-by-phone", "trondheim-by-phone"),
    ):
        visits.rules = asking(asked)
        for does, code, of in ((check_in, checking, "check_in"), (arrive, arriving, "arrival")):
            if code is not None:
                assert show(appointment)[of]["state"] == "not_asked"
                with pytest.raises(Refused, match=code) as refusal:
                    does(appointment)
                assert {problem.field for problem in refusal.value.problems} == {"way", "phone"}


def test_a_moved_visit_asks_for_check_in_anew(visits, journal, book, check_in, citizen, show):
    appointment = book(72)
    check_in(appointment)

    visits.move({"appointment": appointment, "slot": journal.slot("t73", hours=73)}, citizen())

    assert show(appointment)["check_in"]["state"] == "open"


def test_one_arrives_from_an_hour_before_a_visit_until_it_ends(book, arrive, show, clock, told):
    appointment = book(24)
    clock.move(timedelta(hours=22, minutes=59))
    with pytest.raises(Conflict, match="arrival-not-open"):
        arrive(appointment)

    clock.move(timedelta(minutes=1))
    here = arrive(appointment)

    assert here == {
        "state": "done",
        "opens_at": "2026-03-03T07:00:00Z",
        "closes_at": "2026-03-03T08:20:00Z",
        "done_at": "2026-03-03T07:00:00Z",
    }
    clock.move(timedelta(hours=1))
    assert arrive(appointment) == here == show(appointment)["arrival"]


def test_who_is_late_can_still_arrive_and_who_comes_when_it_is_over_cannot(visits, book, arrive, citizen, clock):
    late, over, cancelled = book(24), book(25), book(26)
    visits.cancel({"appointment": cancelled}, citizen())
    clock.move(timedelta(hours=24, minutes=19))
    assert arrive(late)["state"] == "done"
    with pytest.raises(Conflict, match="appointment-cancelled"):
        arrive(cancelled)
    clock.move(timedelta(hours=1, minutes=1))
    with pytest.raises(Conflict, match="arrival-closed"):
        arrive(over)


def test_when_a_record_system_says_that_it_has_taken_place_everything_is_closed(journal, visits, citizen, show):
    journal.appointment("a1", hours=0.5)
    (item,) = orjson.loads(visits.page({}, citizen()))["items"]
    assert show(item["id"])["arrival"]["state"] == "open"

    journal.appointment("a1", hours=0.5, status="fulfilled")

    assert {show(item["id"])[of]["state"] for of in ("check_in", "arrival")} == {"closed"}


@pytest.mark.parametrize("named", [MISSING, "x" * 40, "\x00", "somebody else's", "hidden"])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_somebody_elses_a_hidden_and_a_missing_visit_look_the_same(visits, book, check_in, arrive, asking, named):
    appointment = book(72)
    whose = {"subject": "c2"} if named == "somebody else's" else {}
    if named == "hidden":
        visits.rules = asking(restrict_sharing=Restriction.withhold("home-care-visit"))

    for does in (check_in, arrive):
        with pytest.raises(NotFound) as refusal:
            does(appointment if named in {"hidden", "somebody else's"} else named, **whose)
        assert (refusal.value.code, refusal.value.problems) == ("appointment-not-found", ())
        with pytest.raises(Forbidden):
            does(appointment, subject=None)


def test_a_representative_checks_in_where_the_organisation_lets_them(visits, book, check_in, arrive, show, asking):
    appointment = book(72)
    by_grant = {"actor": "c2", "basis": "grant"}
    visits.rules = asking(limit_delegation=frozenset({"appointments:read"}))
    assert show(appointment, **by_grant)["check_in"]["state"] == "not_asked"
    for does in (check_in, arrive):
        with pytest.raises(Refused, match="not-delegated"):
            does(appointment, **by_grant)

    visits.rules = asking(limit_delegation=frozenset({"appointments:read", "appointments:act"}))

    assert check_in(appointment, **by_grant)["state"] == "done"


def test_a_key_is_for_one_command_and_its_answer_stays(book, check_in, arrive, clock):
    appointment = book(72)
    first = check_in(appointment, idempotency_key="k1")
    clock.move(DAY)

    assert check_in(appointment, idempotency_key="k1") == first
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        arrive(appointment, idempotency_key="k1")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_what_was_done_about_a_visit_is_read_by_its_owners_transactions_alone(store, url, book, check_in):
    check_in(book(72))

    for owner, seen in (("c2", 0), (None, 0), ("c1", 1)):
        with store.transaction(owner) as tx:
            assert len(tx.connection.execute(sa.select(VISITS)).all()) == seen


@given(st.sampled_from(["proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow"]), st.data())
def test_a_step_is_open_from_its_beginning_until_its_end_and_only_for_who_is_expected(status, data):
    start = datetime(2026, 3, 2, tzinfo=UTC)
    opens, closes = sorted(data.draw(st.lists(st.integers(0, 99), min_size=2, max_size=2, unique=True)))
    now = data.draw(st.integers(0, 99))
    moments = {name: start + timedelta(hours=hours) for name, hours in (("o", opens), ("c", closes), ("n", now))}

    state = Step(moments["o"], moments["c"], None).state(status, moments["n"])

    assert state in {State.NOT_ASKED, State.CLOSED, State.NOT_OPEN, State.OPEN}
    expected = status in {"pending", "booked"}
    assert (state is State.OPEN) == (expected and moments["o"] <= moments["n"] < moments["c"])
    assert (Step(moments["o"], moments["c"], start).state(status, moments["n"]) is State.DONE) == (
        status not in {"cancelled", "noshow"}
    )
