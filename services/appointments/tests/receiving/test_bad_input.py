"""What a record system sends in another form than agreed: a clear outcome each, and nothing else is lost by it."""

from dataclasses import replace as changed
from datetime import time

import pytest

from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.manifest import Hours, Unit
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

STORED = {"outcome": "stored"}


@pytest.fixture
def send(appointments):
    """Send several entries about nobody in one delivery; returns their outcomes by key."""

    def deliver(*entries):
        told = [
            {"index": place, "type": kind, "key": key, "resource": {"resourceType": kind, **body}}
            for place, (kind, key, body) in enumerate(entries)
        ]
        answer = appointments.receive({"citizen": None, "entries": told}, system_token("trondheim"))
        return {key: outcome["outcome"] for (_, key, _), outcome in zip(entries, answer["outcomes"], strict=True)}

    return deliver


@pytest.fixture
def with_units(appointments):
    """The organisation, with units of its own."""
    units = {"doctors": Unit("doctors", {}, "+47 00 00 00 02"), "x-ray": Unit("x-ray", {}, "+47 00 00 00 03")}
    manifest = changed(manifest_of(), units=units, hours=Hours(time(8), time(15)))
    appointments.rules = organisations_of(rules_of(manifest=manifest, decide_booking=BookingDecision.direct()))
    return appointments


def slot(journal, key, hours, minutes=20, **more):
    body = {"schedule": {"reference": "Schedule/s1"}, "status": "free", **journal.span(hours, minutes), **more}
    return ("Slot", key, body)


def starts(appointments, citizen):
    return [one["starts_at"][11:16] for one in appointments.slots({}, citizen())["slots"]]


def test_a_slot_that_overlaps_another_of_its_schedule_is_refused_and_both_others_are_kept(
    appointments, citizen, journal, send
):
    journal.schedule()

    outcomes = send(slot(journal, "t1", 1), slot(journal, "t2", 1.2), slot(journal, "t3", 2))

    assert outcomes == {"t1": "stored", "t2": "refused", "t3": "stored"}
    refused = journal.send("Slot", "t2", slot(journal, "t2", 1.2)[2])
    assert refused == {
        "outcome": "refused",
        "code": "slot-overlaps",
        "path": "Slot.start",
        "expected": "a time at which the schedule has no other slot",
    }
    assert starts(appointments, citizen) == ["09:00", "10:00"]


def test_a_slot_may_begin_as_another_ends_and_overlap_one_of_another_schedule(journal, send):
    journal.schedule()
    journal.schedule("s2", "lege-2")

    assert set(send(slot(journal, "t1", 1), slot(journal, "t2", 1 + 1 / 3)).values()) == {"stored"}
    assert journal.slot("t3", hours=1, schedule="s2")


@pytest.mark.parametrize("later", [1 / 6, -1 / 6])
def test_a_row_of_slots_can_be_moved_as_a_whole(appointments, citizen, journal, send, later):
    journal.schedule()
    row = [(f"t{place}", 2 + place / 3) for place in range(6)]
    send(*(slot(journal, key, hours) for key, hours in row))

    outcomes = send(*(slot(journal, key, hours + later) for key, hours in row))

    assert set(outcomes.values()) == {"stored"}
    first = "10:10" if later > 0 else "09:50"
    assert starts(appointments, citizen)[0] == first
    assert len(starts(appointments, citizen)) == len(row)


def test_a_busy_slot_is_kept_whatever_it_overlaps_since_it_takes_a_time_away(appointments, citizen, journal):
    journal.schedule()
    journal.slot("t1", hours=1)

    journal.slot("t2", hours=1.2, status="busy")
    journal.slot("t1", hours=1, status="busy")

    assert starts(appointments, citizen) == []


def test_a_slot_that_is_over_is_kept_and_offered_to_nobody(appointments, citizen, journal):
    """Whoever sends a day sends all of it, and may send it again; to be over is no mistake of theirs."""
    journal.schedule()

    assert journal.send("Slot", "t1", slot(journal, "t1", -2)[2]) == STORED
    assert journal.send("Slot", "t1", slot(journal, "t1", -2)[2]) == {"outcome": "unchanged"}

    assert starts(appointments, citizen) == []


@pytest.mark.parametrize("minutes", [0, -20])
def test_what_ends_before_it_has_begun_is_refused_with_what_is_expected(journal, minutes):
    journal.schedule()
    expected = {"outcome": "refused", "code": "ends-before-start", "expected": "a time after the start"}

    assert journal.send("Slot", "t1", slot(journal, "t1", 1, minutes)[2]) == {**expected, "path": "Slot.end"}
    assert journal.appointment("a1", minutes=minutes) == {**expected, "path": "Appointment.end"}


def test_a_time_without_a_zone_is_no_time(journal):
    outcome = journal.appointment("a1", start="2026-03-02T09:00:00", end="2026-03-02T09:20:00")

    assert outcome == {"outcome": "refused", "code": "no-time", "path": "Appointment.start"}


def test_a_schedule_of_a_unit_that_nobody_knows_is_refused_with_those_that_there_are(with_units, journal):
    ward = [{"reference": "Location/urn:x|trondheim.ward-9", "display": "Sengepost 9"}]

    assert journal.schedule("s1", actor=ward) == {
        "outcome": "refused",
        "code": "unknown-unit",
        "path": "Schedule.actor",
        "expected": "a Location of one of: doctors, x-ray",
    }
    assert journal.schedule("s2") == STORED
    assert journal.schedule("s3", actor=[{"reference": "Practitioner/urn:x|p1"}]) == STORED


def test_an_appointment_at_a_unit_that_nobody_knows_is_kept_without_it(with_units, journal, items):
    ward = {"actor": {"reference": "Location/urn:x|trondheim.ward-9", "display": "Sengepost 9"}}
    known = {"actor": {"reference": "Location/urn:x|trondheim.x-ray", "display": "Røntgen"}}
    patient = {"actor": {"type": "Patient"}}

    assert journal.appointment("a1", hours=2, participant=[patient, ward]) == STORED
    assert journal.appointment("a2", hours=4, participant=[patient, known]) == STORED

    assert [(item["unit"], item["place"]) for item in items()] == [(None, "Sengepost 9"), ("x-ray", "Røntgen")]


def test_a_series_is_one_appointment_for_each_time_it_is_sent_with(journal, items):
    """Helsenorge's profile says of each that it is one of several; nobody sends a rule."""
    one_of_several = {"url": "http://helsenorge.no/fhir/StructureDefinition/hn-basis-Recurring", "valueBoolean": True}

    for place in range(3):
        assert journal.appointment(f"a{place}", hours=24 * (place + 1), extension=[one_of_several]) == STORED

    assert len(items()) == 3


def test_one_bad_entry_does_not_lose_the_others(journal, send):
    journal.schedule()

    outcomes = send(
        slot(journal, "t1", 1),
        ("Slot", "t2", {"status": "free", **journal.span(2, 20)}),
        slot(journal, "t3", 3, schedule={"reference": "Schedule/unknown"}),
        ("Basic", "t4", {}),
        slot(journal, "t5", 5),
    )

    assert outcomes == {"t1": "stored", "t2": "refused", "t3": "refused", "t4": "not supported", "t5": "stored"}
