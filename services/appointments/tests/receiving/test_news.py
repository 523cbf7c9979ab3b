"""A record system's word reaches the citizen where they have to act on it; with the golden scenarios 15 and 16."""

from datetime import date, timedelta

import orjson
import pytest
import sqlalchemy as sa

from harness.news import come_back
from helsami_kernel.database import OUTBOX
from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision, Restriction
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

NO_NOTICE = {"meta": {"tag": [{"system": "http://helsenorge.no/fhir/varsling", "code": "1"}]}}
AT_HOME = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH"}]}]


def service(code):
    return [{"coding": [{"system": "urn:helsami:service", "code": code}], "text": code}]


@pytest.fixture
def page(appointments, citizen):
    """A page of what is to come, or of what has been."""
    return lambda when="upcoming", **claims: orjson.loads(appointments.page({"when": when}, citizen(**claims)))


def test_a_new_appointment_is_told_and_then_what_becomes_of_it(journal, told, items):
    journal.appointment("a1", hours=30)
    (item,) = items()
    journal.appointment("a1", hours=32)
    journal.appointment("a1", hours=32, patientInstruction="Møt fastende.")
    journal.appointment("a1", hours=32, status="cancelled", patientInstruction="Møt fastende.")

    assert told() == [
        ("appointment_scheduled", item["id"], 1),
        ("appointment_changed", item["id"], 2),
        ("appointment_changed", item["id"], 3),
        ("appointment_cancelled", item["id"], 4),
    ]


def test_what_is_repeated_or_says_the_same_in_other_words_tells_nothing(journal, told):
    journal.appointment("a1", hours=30, patientInstruction="Møt fastende.")
    before = told()

    journal.appointment("a1", hours=30, patientInstruction="Møt fastende.")
    journal.appointment("a1", hours=30, patientInstruction="Møt fastende", comment="Husk journalen", priority=3)
    journal.appointment("a1", hours=30, appointmentType={"text": "Kontroll"})

    assert told() == before


def test_what_was_entered_in_error_is_told_as_cancelled_and_can_come_back(journal, told, items, written):
    journal.appointment("a1", hours=30, **written(10))
    (item,) = items()
    journal.appointment("a1", hours=30, status="entered-in-error", **written(20))
    journal.appointment("a1", hours=30, **written(30))

    assert told() == [
        ("appointment_scheduled", item["id"], 1),
        ("appointment_cancelled", item["id"], 2),
        ("appointment_scheduled", item["id"], 3),
    ]


def test_a_booking_made_here_is_confirmed_without_a_word(appointments, citizen, journal, told):
    journal.schedule()
    appointments.book({"slot": journal.slot("t1", hours=30)}, citizen())

    journal.appointment("a1", hours=30, slot=[{"reference": "Slot/t1"}])

    assert told() == []


def test_a_record_system_that_tells_itself_is_not_doubled(journal, told):
    journal.appointment("a1", hours=30, **NO_NOTICE)
    journal.appointment("a1", hours=32, **NO_NOTICE)
    assert told() == []

    journal.appointment("a1", hours=33)

    assert [kind for kind, *_ in told()] == ["appointment_changed"]


def test_what_is_over_is_brought_here_and_told_to_nobody(journal, told, page):
    journal.appointment("a1", hours=-30)
    journal.appointment("a1", hours=-28)
    journal.appointment("a1", hours=-28, status="cancelled")

    assert told() == []
    assert [item["status"] for item in page("past")["items"]] == ["cancelled"]


def test_an_appointment_that_its_record_system_has_had_for_long_is_no_news(journal, told, clock):
    long_ago = {"meta": {"lastUpdated": (clock() - timedelta(days=8)).isoformat()}}

    journal.appointment("a1", hours=30, **long_ago)
    assert told() == []

    journal.appointment("a1", hours=32)
    assert [kind for kind, *_ in told()] == ["appointment_changed"]


def test_nobody_is_told_of_an_organisation_that_is_closed(appointments, journal, told):
    appointments.rules = organisations_of(closed_rules())

    journal.appointment("a1", hours=30)

    assert told() == []


def test_what_becomes_visible_is_news_and_what_is_hidden_then_is_not_told_as_cancelled(appointments, journal, told):
    hides = {"restrict_sharing": lambda asked: Restriction.withhold("x") if asked.setting == "home" else None}
    appointments.rules = organisations_of(rules_of(**hides))
    journal.appointment("a1", hours=30, serviceCategory=AT_HOME)
    assert told() == []

    journal.appointment("a1", hours=30)
    assert [kind for kind, *_ in told()] == ["appointment_scheduled"]

    journal.appointment("a1", hours=30, serviceCategory=AT_HOME)
    assert len(told()) == 1


def test_what_becomes_of_appointments_while_their_organisation_is_paused_is_told_afterwards(
    appointments, journal, told, items
):
    hides = {"restrict_sharing": lambda asked: Restriction.withhold("x") if asked.setting == "home" else None}
    appointments.rules = organisations_of(rules_of(**hides))
    journal.appointment("a1", hours=30)
    journal.appointment("a2", hours=40)
    journal.appointment("a3", hours=50)
    first, second, third = (item["id"] for item in items())
    before = told()

    appointments.rules["trondheim"].enter("paused")
    journal.appointment("a1", hours=31)
    journal.appointment("a2", hours=40, status="cancelled")
    journal.appointment("a3", hours=50, status="entered-in-error")
    journal.appointment("a4", hours=60, serviceCategory=AT_HOME)
    assert told() == before
    come_back(appointments)

    assert sorted(set(told()) - set(before)) == [
        ("appointment_cancelled", second, 2),
        ("appointment_cancelled", third, 2),
        ("appointment_changed", first, 2),
    ]


def test_of_several_news_of_a_pause_the_last_is_told_and_none_of_what_is_over(
    appointments, journal, told, items, clock
):
    journal.appointment("a1", hours=30)
    journal.appointment("a2", hours=40)
    first, second = (item["id"] for item in items())
    before = told()

    appointments.rules["trondheim"].enter("paused")
    journal.appointment("a1", hours=30, status="cancelled")
    journal.appointment("a2", hours=40, status="entered-in-error")
    journal.appointment("a3", hours=1)
    clock.move(timedelta(minutes=50))
    journal.appointment("a1", hours=31)
    journal.appointment("a2", hours=41)
    for _ in range(2):
        come_back(appointments)

    assert [(kind, its) for kind, its, _ in told()[len(before) :]] == [
        ("appointment_changed", first),
        ("appointment_scheduled", second),
    ]


def test_what_is_told_at_once_takes_the_place_of_what_waited(appointments, journal, told):
    journal.appointment("a1", hours=30)
    appointments.rules["trondheim"].enter("unknown")
    journal.appointment("a1", hours=31)
    appointments.rules["trondheim"].enter("live")
    journal.appointment("a1", hours=31, status="cancelled")

    come_back(appointments)

    assert [kind for kind, *_ in told()] == ["appointment_scheduled", "appointment_cancelled"]


def test_an_event_says_neither_who_nor_where_nor_what_for(journal, store):
    journal.appointment("a1", hours=30, patientInstruction="Møt fastende.", clinician="lege-9")
    journal.appointment("a1", hours=31, patientInstruction="Møt fastende.", clinician="lege-9")

    with store.transaction(None) as tx:
        rows = tx.connection.execute(sa.select(OUTBOX)).all()
    assert {row.subject for row in rows} == {"c1"}
    assert {frozenset(orjson.loads(row.data)) for row in rows} == {frozenset({"appointment", "access_limit"})}


def test_golden_scenario_15_a_home_care_visit_is_hidden_and_an_interdisciplinary_home_meeting_is_shown(
    appointments, journal, told, page
):
    appointments.rules = organisations_of(rules_of())
    journal.appointment("e1", hours=30, serviceCategory=AT_HOME, serviceType=service("home-care-visit"))
    journal.appointment("e2", hours=32, serviceCategory=AT_HOME, serviceType=service("interdisciplinary-meeting"))
    journal.appointment("e3", hours=34, serviceCategory=AT_HOME, serviceType=service("care-group-meeting"))
    journal.appointment("e4", hours=36, serviceCategory=AT_HOME, serviceType=service("not-named"))
    journal.appointment("e5", hours=-30, serviceCategory=AT_HOME, serviceType=service("home-care-visit"))
    shown = page()

    assert [item["kind"] for item in shown["items"]] == ["interdisciplinary-meeting", "care-group-meeting"]
    assert shown["absences"] == [{"code": "hidden_by_rule", "kind": "home-care-hidden"}]
    assert [appointment for _, appointment, _ in told()] == [item["id"] for item in shown["items"]]
    assert page("past")["items"] == []
    other = {"basis": "grant", "actor": "c2"}
    appointments.rules = organisations_of(rules_of(limit_delegation=lambda question: question.asked))
    assert {"code": "hidden_by_rule", "kind": "home-care-hidden"} not in page(**other)["absences"]


def test_golden_scenario_16_an_appointment_before_the_start_is_absent_and_untold(appointments, journal, told, page):
    start = manifest_of(everything_since=date(2026, 3, 1))
    appointments.rules = organisations_of(rules_of(manifest=start, decide_booking=BookingDecision.direct()))
    before_midnight, after_midnight = (
        {"start": f"2026-02-28T{hour}:30:00Z", "end": f"2026-02-28T{hour}:50:00Z"} for hour in (22, 23)
    )
    journal.appointment("e1", serviceType=service("before"), **before_midnight)
    journal.appointment("e2", serviceType=service("after"), **after_midnight)
    past = page("past")

    assert [item["kind"] for item in past["items"]] == ["after"]
    assert past["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-03-01"}]
    assert told() == []


def test_golden_scenario_16_nothing_is_told_of_an_organisation_that_begins_later(appointments, journal, told, page):
    start = manifest_of(everything_since=date(2026, 4, 1))
    appointments.rules = organisations_of(rules_of(manifest=start))

    journal.appointment("e1", hours=30)
    journal.appointment("e2", hours=24 * 40)

    assert [kind for kind, *_ in told()] == ["appointment_scheduled"]
    assert len(page()["items"]) == 1


def test_a_word_that_cannot_be_kept_tells_nothing_and_its_correction_once(appointments, journal, told):
    entry = {"index": 0, "type": "Appointment", "key": "a1", "resource": {"resourceType": "Appointment", "status": "x"}}
    answer = appointments.receive({"citizen": "c1", "entries": [entry]}, system_token("trondheim"))
    assert answer["outcomes"][0]["outcome"] == "not supported"
    assert told() == []

    journal.appointment("a1", hours=30)
    journal.appointment("a1", hours=30)

    assert len(told()) == 1
