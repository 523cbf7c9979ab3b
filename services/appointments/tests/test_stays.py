"""Stays in institutions: planned, ongoing and had, what is told of them, and who sees them (R31)."""

from datetime import date, timedelta

import orjson
import pytest
import sqlalchemy as sa

from harness.news import come_back
from helsami_kernel.database import OUTBOX
from helsami_kernel.errors import Forbidden
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

NOW_AND_THEN = {"soon": 5, "later": 30, "lately": -6, "long ago": -60}


@pytest.fixture
def admit(journal, clock):
    """Send an Encounter that begins so many days from now and lasts so many."""

    def send(key="e1", days=5, lasts=3, status="planned", kind="IMP", **more):
        starts = clock() + timedelta(days=days)
        body = {
            "status": status,
            "class": {"code": kind},
            "type": [{"text": "Operasjon", "coding": [{"system": "urn:helsami:visit-type", "code": "inpatient-stay"}]}],
            "location": [{"location": {"display": "Kirurgisk sengepost"}}],
            "serviceProvider": {"display": "St. Olavs hospital"},
            "period": {"start": starts.isoformat(), "end": (starts + timedelta(days=lasts)).isoformat()},
            **more,
        }
        return journal.send("Encounter", key, body, more.pop("citizen", "c1"))

    return send


@pytest.fixture
def stays(appointments, citizen):
    def read(access=None, **query):
        return orjson.loads(appointments.stays(query, access or citizen()))

    return read


@pytest.fixture
def told(store):
    """What was announced of stays: type and id of each."""

    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX)).all()
        assert {row.subject for row in rows} <= {"c1"}
        return sorted((row.type, ("stay", orjson.loads(row.data)["stay"])) for row in rows)

    return read


def test_planned_stays_come_first_and_then_those_that_were_page_by_page(admit, stays):
    for key, days in NOW_AND_THEN.items():
        assert admit(key, days, status="planned" if days > 0 else "finished") == {"outcome": "stored"}

    first = stays(limit=3)
    rest = stays(limit=3, cursor=first["next"])

    assert [item["status"] for item in [*first["items"], *rest["items"]]] == ["planned", "planned", "ended", "ended"]
    ats = [item["at"] for item in [*first["items"], *rest["items"]]]
    assert ats == sorted(ats, reverse=True)
    assert rest["next"] is None
    assert first["items"][0].keys() == {"id", "organisation", "at", "status", "name", "place", "starts_at", "ends_at"}
    assert (first["items"][0]["name"], first["items"][0]["place"]) == ("Operasjon", "Kirurgisk sengepost")


def test_a_stay_is_told_of_when_it_is_planned_planned_anew_and_over_and_once_each(admit, stays, told, clock):
    assert [admit()["outcome"] for _ in range(2)] == ["stored", "unchanged"]
    admit(days=6)
    clock.move(timedelta(days=7))
    admit(days=-1, status="in-progress")
    admit(days=-1, lasts=0.5, status="finished")
    admit(days=-1, lasts=0.6, status="finished")

    (item,) = stays()["items"]
    its = ("stay", item["id"])
    assert told() == [("stay_ended", its), ("stay_planned", its), ("stay_planned", its)]


def test_a_planned_stay_that_is_called_off_says_so(admit, stays, told):
    admit()
    admit(status="cancelled")

    assert [item["status"] for item in stays()["items"]] == ["cancelled"]
    assert [kind for kind, _ in told()] == ["stay_cancelled", "stay_planned"]


def test_of_a_stay_that_comes_while_its_organisation_is_paused_is_told_afterwards(admit, stays, told, appointments):
    appointments.rules["trondheim"].enter("paused")
    admit()
    assert told() == []

    come_back(appointments)

    assert told() == [("stay_planned", ("stay", stays()["items"][0]["id"]))]


def test_a_stay_that_is_called_off_in_the_pause_it_was_planned_in_is_told_as_that(admit, told, appointments):
    appointments.rules["trondheim"].enter("paused")
    admit()
    admit(status="cancelled")

    come_back(appointments)

    assert [kind for kind, _ in told()] == ["stay_cancelled"]


def test_an_import_of_history_tells_nobody(admit, told):
    admit("old", days=-60, status="finished")
    admit("older", days=-90, status="cancelled")

    assert told() == []


def test_a_visit_of_one_who_goes_home_again_is_no_stay_and_a_stay_that_becomes_one_is_gone(admit, stays):
    assert admit(kind="AMB") == {"outcome": "not supported", "code": "no-stay", "path": "Encounter.class"}
    assert admit()["outcome"] == "stored"
    assert len(stays()["items"]) == 1

    assert admit(kind="AMB")["outcome"] == "not supported"
    assert stays()["items"] == []


def test_what_was_entered_in_error_or_has_no_time_is_not_shown(admit, stays, journal):
    admit()
    assert admit(status="entered-in-error")["outcome"] == "stored"
    assert admit("e2", period={}) == {"outcome": "refused", "code": "undated", "path": "Encounter.period.start"}
    assert admit("e3", status="unknown")["code"] == "status"
    assert admit("e5", status="cancelled", period={}) == {"outcome": "unchanged"}
    nobody = {"status": "planned", "class": {"code": "IMP"}, "period": {"start": "2026-04-01"}}
    assert journal.send("Encounter", "e4", nobody)["code"] == "no-citizen"

    assert stays()["items"] == []


def test_a_stay_from_before_go_live_or_withheld_is_neither_shown_nor_told_of(admit, stays, told, appointments):
    manifest = manifest_of("trondheim", go_live={"visits": date(2026, 5, 1)})
    appointments.rules = organisations_of(rules_of(manifest=manifest))
    admit()
    assert stays()["items"] == []
    assert stays()["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-05-01"}]

    appointments.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("hidden-by-policy")))
    admit("e2", days=8)
    assert stays()["absences"] == [{"code": "hidden_by_rule", "kind": "hidden-by-policy"}]
    assert told() == []


def test_a_representative_needs_the_record_as_well_and_another_citizen_sees_nothing(admit, stays, citizen):
    admit()

    with pytest.raises(Forbidden, match="not-permitted"):
        stays(citizen(actor="c9", basis="grant"))
    assert stays(citizen("c2"))["items"] == []


def test_who_is_at_a_protected_address_reads_no_place(admit, stays, citizen):
    admit()

    (item,) = stays(citizen(protected=True))["items"]
    assert item["place"] is None
    assert "Kirurgisk" not in str(item)
