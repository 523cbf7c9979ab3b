"""The directory as others ask it."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from helsami_directory import schemas
from helsami_kernel.errors import Forbidden, Malformed, NotFound
from helsami_kernel.testing import citizen_token, system_token

MODIG, SNAR, NOBODY = "13838600136", "02838512345", "01810112345"
GATEWAY = replace(citizen_token("", ["directory:identify"], basis="service"), subject=None)
CONSENTS = replace(citizen_token("", ["directory:facts"], basis="service", issuer="consents"), subject=None)


def _labelled(code):
    return {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code}]}


def _identified(directory, national_id):
    return schemas.Person().dump(directory.identify({"national_id": national_id}, GATEWAY))


def test_contact_opens_an_account_that_a_login_finds(directory, register):
    citizen = register(MODIG, name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")["citizen"]

    assert _identified(directory, MODIG) == {
        "citizen": citizen,
        "name": "Modig Fjell",
        "birth_date": "1986-03-13",
        "protected": False,
        "language": None,
    }


def test_whoever_no_organisation_knows_is_not_found(directory):
    with pytest.raises(NotFound, match="citizen-not-found"):
        directory.identify({"national_id": NOBODY}, GATEWAY)


def test_a_second_organisation_adds_to_what_the_first_has_said(directory, register):
    first = register(MODIG, "st_olavs", name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")
    second = register(MODIG, "trondheim", name=[{"text": "Modig Bekk"}])

    assert first["citizen"] == second["citizen"]
    assert second["outcome"] == "stored"
    known = _identified(directory, MODIG)
    assert (known["name"], known["birth_date"]) == ("Modig Bekk", "1986-03-13")


def test_an_organisation_that_repeats_itself_does_not_overrule_a_later_one(directory, register):
    register(MODIG, "st_olavs", name=[{"text": "Modig Fjell"}])
    register(MODIG, "trondheim", name=[{"text": "Modig Bekk"}])

    assert register(MODIG, "st_olavs", name=[{"text": "Modig Fjell"}])["outcome"] == "unchanged"
    assert _identified(directory, MODIG)["name"] == "Modig Bekk"


def test_two_records_of_one_person_in_one_organisation_are_both_unchanged_the_second_time(register):
    for outcome in ("stored", "unchanged"):
        assert register(MODIG, key="old number", name=[{"text": "Modig Fjell"}])["outcome"] == outcome
        assert register(MODIG, key="new number", name=[{"text": "Modig Bekk"}])["outcome"] == outcome


def test_a_hospital_that_has_not_heard_of_a_protected_address_does_not_lift_it(directory, register):
    register(MODIG, "trondheim", meta=_labelled("V"))
    register(
        MODIG,
        "st_olavs",
        name=[{"text": "Modig Fjell"}],
        meta=_labelled("N"),
    )

    assert _identified(directory, MODIG)["protected"]


def test_facts_leave_out_who_is_not_known(directory, register):
    alive = register(MODIG, name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")["citizen"]
    dead = register(SNAR, deceasedBoolean=True)["citizen"]

    answer = schemas.FactsFound().dump(directory.facts({"citizens": [dead, alive, "0" * 32]}, CONSENTS))

    nothing_more = {
        "protected": False,
        "protection": "none",
        "active": True,
        "back_since": None,
        "holders": [],
        "holder_at_address": False,
        "guardians": [],
        "wards": [],
    }
    assert sorted(answer["facts"], key=lambda fact: fact["deceased"]) == [
        {"citizen": alive, "name": "Modig Fjell", "birth_date": "1986-03-13", "deceased": False, **nothing_more},
        {"citizen": dead, "name": "", "birth_date": None, "deceased": True, **nothing_more},
    ]


def test_people_are_resolved_by_position_and_no_national_id_comes_back(directory, register):
    citizen = register(MODIG)["citizen"]

    answer = directory.resolve({"national_ids": [NOBODY, MODIG, MODIG]}, system_token("st_olavs"))

    assert answer == {"citizens": {"0": None, "1": citizen, "2": citizen}, "by_post": []}


def test_a_record_system_that_speaks_for_nobody_registers_nobody(directory):
    command = {"national_id": MODIG, "key": "k", "resource": {"resourceType": "Patient"}}

    with pytest.raises(Forbidden):
        directory.register(command, system_token(None))
    with pytest.raises(NotFound):
        directory.identify({"national_id": MODIG}, GATEWAY)


def test_every_entry_of_a_delivery_has_an_outcome(directory):
    entries = [
        {"index": 3, "type": "Practitioner", "key": "p", "resource": {"name": [{"text": "Blid Ball"}]}},
        {"index": 4, "type": "Location", "key": "k" * 301, "resource": {}},
        {
            "index": 5,
            "type": "Organization",
            "key": "o",
            "resource": {"resourceType": "Organization", "name": "Helsestasjon"},
        },
        {"index": 6, "type": "Device", "key": "d", "resource": {}},
    ]
    delivery = {"citizen": None, "entries": entries}

    def outcomes():
        return schemas.Received().dump(directory.receive(delivery, system_token("st_olavs")))["outcomes"]

    refused = {"index": 4, "outcome": "refused", "code": "key-length", "path": "Location.identifier"}
    unsupported = {"index": 6, "outcome": "not supported"}
    assert outcomes() == [{"index": 3, "outcome": "stored"}, refused, {"index": 5, "outcome": "stored"}, unsupported]
    assert outcomes() == [
        {"index": 3, "outcome": "unchanged"},
        refused,
        {"index": 5, "outcome": "unchanged"},
        unsupported,
    ]


def test_organisations_are_told_with_the_first_day_of_each_category(directory):
    answer = schemas.Organisations().dump(directory.organisations({}, citizen_token("c", ["directory:read"])))

    st_olavs, trondheim = answer["organisations"]
    assert (st_olavs["id"], st_olavs["state"], st_olavs["kind"]) == ("st_olavs", "live", "municipality")
    assert set(st_olavs["names"]) == {"nb", "nn", "en"}
    assert (st_olavs["go_live"]["results"], st_olavs["go_live"]["vaccines"]) == ("2026-03-01", None)
    assert (trondheim["state"], trondheim["go_live"]) == ("closed", {})


def test_the_demo_lists_everybody_to_log_in_as(directory, register):
    citizen = register(MODIG, name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")["citizen"]

    answer = schemas.Accounts().dump(directory.citizens({}, GATEWAY))

    assert answer == {
        "citizens": [{"citizen": citizen, "pid": MODIG, "name": "Modig Fjell", "birth_date": "1986-03-13"}]
    }


def test_outside_the_demo_nobody_is_listed(directory, register):
    register(MODIG, birthDate=str(date(1986, 3, 13)))
    directory.settings = SimpleNamespace(embedded=False)

    with pytest.raises(NotFound, match="unknown-method"):
        directory.citizens({}, GATEWAY)


def test_a_question_of_the_wrong_form_is_refused(directory):
    with pytest.raises(Malformed):
        directory.citizens({"all": True}, GATEWAY)


def test_who_follows_a_private_link_learns_no_name_and_nothing_of_the_dead_or_unknown(directory, register):
    alive = register(MODIG, name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")["citizen"]
    dead = register(SNAR, birthDate="1985-02-02", deceasedBoolean=True)["citizen"]
    asker = replace(GATEWAY, scopes=frozenset({"directory:reader"}))

    answer = schemas.Reader().dump(directory.reader({"citizen": alive}, asker))

    assert answer == {"birth_date": "1986-03-13", "protected": False}
    for nobody in (dead, "0" * 32):
        with pytest.raises(NotFound, match="citizen-not-found"):
            directory.reader({"citizen": nobody}, asker)
