"""Referrals: how far they have come, by when something is expected, and what they have led to (R32)."""

from datetime import date, timedelta

import orjson
import pytest
import sqlalchemy as sa

from harness.news import come_back
from helsami_kernel.database import OUTBOX
from helsami_kernel.errors import Forbidden, NotFound, to_wire
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
STATUS = "urn:helsami:referral-status"
HELSENORGE = "http://helsenorge.no/fhir/StructureDefinition/"
BASED = {"basedOn": [{"reference": "ServiceRequest/r1"}]}


@pytest.fixture
def refer(journal, clock):
    def send(key="r1", status="active", said=None, days=-1, citizen="c1", **more):
        extensions = [{"url": STATUS, "valueCode": said}] if said else []
        body = {
            "status": status,
            "intent": "order",
            "code": {"text": "Vurdering av kne"},
            "requester": {"reference": "Organization/o1", "display": "Øya legesenter"},
            "performer": [{"reference": "Organization/o2", "display": "Ortopedisk poliklinikk"}],
            "reasonCode": [{"text": "Smerter i kneet"}],
            "authoredOn": (clock() + timedelta(days=days)).isoformat(),
            "occurrencePeriod": {"start": "2026-05-01", "end": "2026-06-30"},
            "extension": [*extensions, {"url": f"{HELSENORGE}no-frist-for-helsehjelp", "valueDate": "2026-07-01"}],
            **more,
        }
        return journal.send("ServiceRequest", key, body, citizen)

    return send


@pytest.fixture
def listed(appointments, citizen):
    def read(access=None, **query):
        return orjson.loads(appointments.referrals(query, access or citizen()))

    return read


@pytest.fixture
def shown(appointments, citizen, listed):
    def read(access=None):
        (item,) = listed()["items"]
        return appointments.referral({"referral": item["id"]}, access or citizen())

    return read


@pytest.fixture
def told(store):
    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).where(OUTBOX.c.type == "referral_status_changed")).all()
        assert all(orjson.loads(row.data).keys() <= {"referral", "access_limit"} for row in rows)
        assert {row.subject for row in rows} <= {"c1"}
        return len(rows)

    return read


def test_a_referral_says_from_whom_to_whom_how_far_and_by_when(refer, listed, shown):
    assert refer() == {"outcome": "stored"}
    assert refer() == {"outcome": "unchanged"}

    (item,) = listed()["items"]
    assert {name: item[name] for name in item.keys() - {"id", "at"}} == {
        "organisation": "trondheim",
        "status": "received",
        "name": "Vurdering av kne",
        "reason": "Smerter i kneet",
        "sender": "Øya legesenter",
        "receiver": "Ortopedisk poliklinikk",
        "expected_from": "2026-05-01",
        "expected_to": "2026-06-30",
        "deadline": "2026-07-01",
    }
    assert shown() == {**item, "appointments": []}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, "received"),
        ({"status": "on-hold"}, "received"),
        ({"extension": [{"url": f"{HELSENORGE}no-vurdert-dato", "valueDate": "2026-03-01"}]}, "assessed"),
        ({"said": "accepted"}, "accepted"),
        ({"said": "scheduled"}, "scheduled"),
        ({"status": "completed"}, "completed"),
        ({"status": "revoked"}, "withdrawn"),
        ({"status": "revoked", "said": "rejected"}, "rejected"),
    ],
)
def test_how_far_it_has_come_follows_from_what_the_record_system_says(refer, listed, sent, status):
    assert refer(**sent) == {"outcome": "stored"}

    assert [item["status"] for item in listed()["items"]] == [status]


@pytest.mark.parametrize(
    ("sent", "outcome", "code"),
    [
        ({"status": "draft"}, "not supported", "status"),
        ({"intent": "proposal"}, "not supported", "intent"),
        ({"said": "lost"}, "refused", "status"),
        ({"authoredOn": "soon"}, "refused", "no-time"),
        ({"citizen": None}, "refused", "no-citizen"),
        ({"extension": [{"url": f"{HELSENORGE}no-frist-for-helsehjelp", "valueDate": "x"}]}, "refused", "no-time"),
    ],
)
def test_what_is_no_referral_is_not_taken_and_says_where(refer, listed, sent, outcome, code):
    told = refer(**sent)

    assert (told["outcome"], told["code"]) == (outcome, code)
    assert told["path"].startswith("ServiceRequest")
    assert listed()["items"] == []


def test_each_new_status_is_told_once_and_history_not_at_all(refer, told):
    refer("old", days=-100)
    assert told() == 0

    refer()
    refer(reasonCode=[{"text": "Verre"}])
    assert told() == 1
    refer(said="assessed")
    refer("old", days=-100, said="accepted")
    assert told() == 3


def test_of_a_referral_that_comes_while_its_organisation_is_paused_is_told_afterwards(refer, told, appointments):
    appointments.rules["trondheim"].enter("paused")
    refer()
    assert told() == 0

    come_back(appointments)

    assert told() == 1


def test_an_appointment_and_its_referral_lead_to_each_other(refer, shown, journal, appointments, citizen):
    refer()
    journal.appointment("a1", hours=48, **BASED)
    (led_to,) = shown()["appointments"]

    assert appointments.show({"appointment": led_to["id"]}, citizen())["referral"] == shown()["id"]
    assert journal.appointment("a1", hours=48, **BASED)["outcome"] == "unchanged"

    assert journal.appointment("a1", hours=48)["outcome"] == "stored"
    assert shown()["appointments"] == []
    assert appointments.show({"appointment": led_to["id"]}, citizen())["referral"] is None


def test_two_citizens_appointments_of_one_key_have_each_their_own_referral(refer, shown, journal):
    for citizen in ("c1", "c2"):
        refer(citizen=citizen)
        journal.appointment("a1", citizen=citizen, hours=48, clinician=citizen, **BASED)
    journal.appointment("a1", citizen="c2", hours=48, clinician="c2")

    assert len(shown()["appointments"]) == 1


def test_a_booking_made_here_leads_to_its_referral_once_it_is_confirmed(refer, shown, journal, appointments, citizen):
    refer()
    journal.schedule()
    slot = journal.slot("t1", hours=48)
    booked = appointments.book({"slot": slot}, citizen())
    journal.appointment("a1", hours=48, slot=[{"reference": "Slot/t1"}], **BASED)

    assert [one["id"] for one in shown()["appointments"]] == [booked["id"]]
    known_as = appointments.show({"appointment": booked["id"]}, citizen())["known_as"]
    assert known_as != booked["id"]


def test_foreign_hidden_and_missing_look_the_same(refer, listed, appointments, citizen):
    refer()
    (item,) = listed()["items"]
    answers = set()

    def ask(referral, access):
        with pytest.raises(NotFound) as refusal:
            appointments.referral({"referral": referral}, access)
        answers.add(orjson.dumps(to_wire(refusal.value)))

    for named in (MISSING, "nonsense\x00", "x" * 500):
        ask(named, citizen())
    ask(item["id"], citizen("c2"))
    appointments.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("hidden-by-policy")))
    ask(item["id"], citizen())
    floor = {"documents": date(2026, 5, 1)}
    appointments.rules = organisations_of(rules_of(manifest=manifest_of("trondheim", go_live=floor)))
    ask(item["id"], citizen())

    assert len(answers) == 1


def test_a_hidden_appointment_is_not_among_what_a_referral_has_led_to(refer, shown, journal, appointments):
    refer()
    journal.appointment("a1", hours=48, **BASED)

    def restrict_sharing(question):
        return Restriction.withhold("home-care-hidden") if question.kind == "appointment" else Restriction.show()

    assert len(shown()["appointments"]) == 1
    appointments.rules = organisations_of(rules_of(restrict_sharing=restrict_sharing))
    assert shown()["appointments"] == []


def test_a_representative_needs_the_record_as_well(refer, listed, shown, appointments, citizen, journal):
    refer()
    journal.appointment("a1", hours=48, **BASED)
    (led_to,) = shown()["appointments"]
    only_appointments = citizen(actor="c9", basis="grant")

    for asked in (listed, shown):
        with pytest.raises(Forbidden, match="not-permitted"):
            asked(only_appointments)
    assert appointments.show({"appointment": led_to["id"]}, only_appointments)["referral"] is None


def test_what_was_entered_in_error_is_gone(refer, listed):
    refer()

    assert refer(status="entered-in-error")["outcome"] == "stored"
    assert listed()["items"] == []
