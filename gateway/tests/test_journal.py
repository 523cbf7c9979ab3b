"""Delivering a bundle: who it is about, owners that are away, refuse or forget, and nothing dropped in silence."""

import json
from datetime import date, timedelta

import pytest

from helsami_gateway import journal
from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.outcomes import Fate
from helsami_gateway.national_id import synthetic
from helsami_kernel.errors import Forbidden, Internal, Unavailable

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
PID = synthetic(date(1980, 5, 1), 7)
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": FNR, "value": PID}],
    "birthDate": "1980-05-01",
}
VISIT = {
    "resourceType": "Encounter",
    "identifier": [{"system": "urn:t", "value": "v"}],
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
    "subject": {"reference": "urn:uuid:p"},
    "period": {"start": "2026-11-01T09:00:00+01:00"},
}
RESULT = {
    "resourceType": "Observation",
    "identifier": [{"system": "urn:t", "value": "o"}],
    "status": "final",
    "code": {"text": "Vekt"},
    "subject": {"reference": "urn:uuid:p"},
    "encounter": {"reference": "urn:uuid:v"},
    "effectiveDateTime": "2026-11-01T09:00:00+01:00",
}


APPOINTMENT = {
    "resourceType": "Appointment",
    "identifier": [{"system": "urn:t", "value": "a"}],
    "status": "booked",
    "start": "2026-11-01T09:00:00+01:00",
    "end": "2026-11-01T09:20:00+01:00",
    "participant": [{"status": "accepted", "actor": {"reference": "urn:uuid:p"}}],
}
NAMED = [{"appointment": "a1", "known_as": "other"}]


def bundle(**resources):
    entries = [{"fullUrl": f"urn:uuid:{name}", "resource": resource} for name, resource in resources.items()]
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return read_bundle(json.dumps(whole).encode(), "st_olavs")


class Owners:
    """Services that keep everything, but for those that a test gives another answer."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def __call__(self, service, method, command):
        self.asked.append((service, method, command))
        answer = self.answers.get(f"{service}_{method}", self.answers.get(service))
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        if method == "register":
            return {"citizen": "c1", "outcome": "stored"}
        if method == "resolve":
            return {"citizens": {"0": None}}
        return {"outcomes": [{"index": entry["index"], "outcome": "stored"} for entry in command["entries"]]}


class Waiting(set):
    """Of whom other bundles have yet to name something; what this one says of it is kept in `said`."""

    def __init__(self, *citizens):
        super().__init__(citizens)
        self.said = []

    def elsewhere(self, citizen):
        return citizen in self

    def begin(self, citizen):
        self.said.append(("begin", citizen))

    def end(self, citizen):
        self.said.append(("end", citizen))


def deliver(bundle, owners, within=timedelta(seconds=60), waiting=None):
    return journal.deliver(bundle, owners, within, Waiting() if waiting is None else waiting)


def fates(delivered):
    return {outcome.type: outcome.fate for outcome in delivered.outcomes}


def test_each_owner_gets_its_entries_about_the_citizen_and_no_national_id():
    owners = Owners()

    delivered = deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), owners)

    assert set(fates(delivered).values()) == {Fate.STORED}
    assert not delivered.pending
    assert [(service, method, command.get("citizen")) for service, method, command in owners.asked] == [
        ("directory", "register", None),
        ("appointments", "receive", "c1"),
        ("records", "receive", "c1"),
        ("results", "receive", "c1"),
    ]
    assert PID not in json.dumps(owners.asked[1:])


def test_a_result_is_told_in_which_setting_it_was_taken():
    owners = Owners()

    deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), owners)

    assert owners.asked[-1][2]["entries"][0]["setting"] == "inpatient"


@pytest.mark.parametrize("failure", [Unavailable("results"), Internal("abc")], ids=["away", "broken"])
def test_an_owner_that_is_away_leaves_its_entries_accepted_and_the_bundle_pending(failure):
    delivered = deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), Owners(results=failure))

    assert fates(delivered) == {"Patient": Fate.STORED, "Encounter": Fate.STORED, "Observation": Fate.ACCEPTED}
    assert delivered.pending


def test_while_the_directory_is_away_everything_about_people_waits():
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(directory=Unavailable("directory")))

    assert set(fates(delivered).values()) == {Fate.ACCEPTED}


def test_an_owner_that_refuses_the_whole_call_refuses_each_entry_with_its_code():
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(results=Forbidden("not-permitted")))

    (refused,) = [outcome for outcome in delivered.outcomes if outcome.type == "Observation"]
    assert (refused.fate, refused.code) == (Fate.REFUSED, "not-permitted")


def test_a_person_who_is_in_no_bundle_and_unknown_is_refused():
    alone = RESULT | {"subject": {"identifier": {"system": FNR, "value": PID}}}

    delivered = deliver(bundle(o=alone), Owners())

    assert delivered.outcomes[0].code == "unknown-person"


def test_a_person_who_is_known_need_not_be_in_the_bundle():
    alone = RESULT | {"subject": {"identifier": {"system": FNR, "value": PID}}}

    delivered = deliver(bundle(o=alone), Owners(directory_resolve={"citizens": {"0": "c7"}}))

    assert fates(delivered) == {"Observation": Fate.STORED}


def test_an_entry_that_its_owner_says_nothing_of_is_not_dropped_in_silence():
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(results={"outcomes": []}))

    assert fates(delivered) == {"Patient": Fate.STORED, "Observation": Fate.REFUSED}


def test_two_hundred_and_fifty_entries_go_in_calls_of_a_hundred():
    many = {
        f"o{number}": RESULT | {"identifier": [{"system": "urn:t", "value": str(number)}]} for number in range(250)
    }
    owners = Owners()

    deliver(bundle(p=PATIENT, **many), owners)

    assert [len(command["entries"]) for service, _, command in owners.asked if service == "results"] == [100, 100, 50]


def test_an_owner_that_was_away_once_is_not_asked_again_for_the_rest_of_the_bundle():
    many = {
        f"o{number}": RESULT | {"identifier": [{"system": "urn:t", "value": str(number)}]} for number in range(250)
    }
    owners = Owners(results=Unavailable("results"))

    delivered = deliver(bundle(p=PATIENT, **many), owners)

    assert [service for service, _, _ in owners.asked].count("results") == 1
    assert sum(outcome.fate is Fate.ACCEPTED for outcome in delivered.outcomes) == 250


def test_a_delivery_that_takes_too_long_leaves_the_rest_for_later():
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(), timedelta(0))

    assert delivered.pending
    assert delivered.refused_of(None) == []


def test_what_is_refused_late_is_told_apart_from_what_the_sender_knows():
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(results=Forbidden("not-permitted")))

    assert [outcome.code for outcome in delivered.refused_of([1])] == ["not-permitted"]
    assert delivered.refused_of([0]) == []


def test_a_visit_goes_to_the_record_and_to_who_keeps_stays_and_has_one_outcome():
    def visit_told(records, appointments):
        def said(outcome):
            return {"outcomes": [{"index": 1, **outcome}]}

        owners = Owners(records_receive=said(records), appointments=said(appointments))
        delivered = deliver(bundle(p=PATIENT, v=VISIT), owners)
        (outcome,) = (one for one in delivered.outcomes if one.type == "Encounter")
        return outcome.fate, outcome.code

    unsupported = {"outcome": "not supported", "code": "status", "path": "Encounter.status"}
    no_stay = {"outcome": "not supported", "code": "no-stay", "path": "Encounter.class"}
    wrong = {"outcome": "refused", "code": "undated", "path": "Encounter.period.start"}

    assert visit_told({"outcome": "stored"}, no_stay) == (Fate.STORED, "")
    assert visit_told(unsupported, {"outcome": "stored"}) == (Fate.STORED, "")
    assert visit_told({"outcome": "unchanged"}, {"outcome": "stored"}) == (Fate.STORED, "")
    assert visit_told({"outcome": "stored"}, wrong) == (Fate.REFUSED, "undated")
    assert visit_told(unsupported, no_stay) == (Fate.NOT_SUPPORTED, "status")


def test_a_visit_of_which_one_owner_is_away_is_still_to_come():
    delivered = deliver(bundle(p=PATIENT, v=VISIT), Owners(appointments=Unavailable("appointments")))

    assert delivered.pending
    assert fates(delivered) == {"Patient": Fate.STORED, "Encounter": Fate.ACCEPTED}


@pytest.mark.parametrize(
    ("answers", "resources"),
    [
        ({"directory_register": {"citizen": "c1", "outcome": "stored", "by_post": True}}, {"p": PATIENT}),
        ({"directory_resolve": {"citizens": {"0": "c1"}, "by_post": ["0"]}}, {}),
    ],
    ids=["with its patient", "without"],
)
def test_owners_are_told_of_whom_reads_nothing_here_now_and_of_nobody_else(answers, resources):
    result = {name: part for name, part in RESULT.items() if name != "encounter"}
    subject = {} if resources else {"subject": {"type": "Patient", "identifier": {"system": FNR, "value": PID}}}

    def told(**said):
        owners = Owners(**said)
        deliver(bundle(**resources, o=result | subject), owners)
        return [command.get("by_post", "unsaid") for service, _, command in owners.asked if service == "results"]

    assert told(**answers) == [True]
    here = {name: {**answer, "by_post": [] if name.endswith("resolve") else False} for name, answer in answers.items()}
    assert told(**here) == ["unsaid"]


def test_what_an_owner_refuses_by_post_is_told_with_its_code():
    refused = {"index": 1, "outcome": "refused", "code": "not-digital", "path": "DocumentReference", "expected": "post"}
    delivered = deliver(bundle(p=PATIENT, o=RESULT), Owners(results={"outcomes": [refused]}))

    told = next(outcome for outcome in delivered.outcomes if outcome.type == "Observation")
    assert (told.fate, told.code) == (Fate.REFUSED, "not-digital")


def asked_of(owners):
    return [service for service, *_ in owners.asked]


@pytest.fixture(params=[{"a": APPOINTMENT}, {}], ids=["with an appointment", "with the visit alone"])
def visit(request):
    return bundle(p=PATIENT, v=VISIT, o=RESULT, **request.param)


def test_consents_is_told_what_others_call_an_appointment_before_anything_else_is_delivered(visit):
    owners = Owners(appointments={"outcomes": [{"index": 1, "outcome": "stored"}], "named": NAMED}, consents={})

    deliver(visit, owners)

    assert asked_of(owners) == ["directory", "appointments", "consents", "records", "results"]
    assert owners.asked[2][2] == {"citizen": "c1", "named": NAMED}


@pytest.mark.parametrize("away", ["appointments", "consents"])
@pytest.mark.parametrize("failure", [Unavailable("away"), Internal("abc")], ids=["away", "broken"])
def test_while_appointments_or_consents_is_away_what_else_there_is_about_that_person_waits(visit, away, failure):
    kept = {"outcomes": [{"index": 1, "outcome": "stored"}], "named": NAMED}
    owners, waiting = Owners(**{"appointments": kept, away: failure}), Waiting()

    delivered = deliver(visit, owners, waiting=waiting)

    assert waiting.said == [("begin", "c1")]
    assert set(asked_of(owners)) - {"directory", "appointments", "consents"} == set()
    told = fates(delivered)
    assert told.pop("Patient") is Fate.STORED
    assert set(told.values()) == {Fate.ACCEPTED}


def test_what_is_about_somebody_else_does_not_wait():
    number = synthetic(date(1990, 5, 1), 8)
    subject = {"identifier": {"system": FNR, "value": number}}
    owners = Owners(appointments=Unavailable("appointments"), directory_resolve={"citizens": {"0": "c2"}})

    deliver(bundle(p=PATIENT, v=VISIT, o=RESULT | {"subject": subject}), owners)

    assert [command["citizen"] for service, _, command in owners.asked if service == "results"] == ["c2"]


def test_nothing_waits_for_what_appointments_refuses_or_does_not_name():
    for answer in (Forbidden("not-permitted"), {"outcomes": [{"index": 1, "outcome": "stored"}], "named": []}):
        owners, waiting = Owners(appointments=answer), Waiting()
        deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), owners, waiting=waiting)
        assert waiting.said == [("end", "c1")]
        assert asked_of(owners) == ["directory", "appointments", "records", "results"]


def test_nothing_waits_for_appointments_where_there_is_nothing_to_name():
    task = {
        "resourceType": "Task",
        "identifier": [{"system": "urn:t", "value": "t"}],
        "status": "requested",
        "intent": "order",
        "for": {"reference": "urn:uuid:p"},
    }
    owners = Owners(appointments=Unavailable("appointments"))

    deliver(bundle(p=PATIENT, t=task, o=RESULT), owners)

    assert asked_of(owners) == ["directory", "appointments", "results"]


def test_while_another_bundle_has_something_to_name_what_is_about_that_person_waits_but_for_what_names():
    owners = Owners()

    delivered = deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), owners, waiting=Waiting("c1"))

    assert asked_of(owners) == ["directory", "appointments"]
    assert fates(delivered) == {"Patient": Fate.STORED, "Encounter": Fate.ACCEPTED, "Observation": Fate.ACCEPTED}
    assert not deliver(bundle(p=PATIENT, v=VISIT, o=RESULT), owners, waiting=Waiting("c2")).pending
