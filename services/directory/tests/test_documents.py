"""How a person's document of the population register is read."""

from datetime import date

import orjson
import pytest

from harness.register import cared_for_by, document, graded, living_in
from helsami_directory.register.documents import Unreadable, entry_of, read_answer
from helsami_directory.register.domain import Address

MOTHER, FATHER, CHILD = "13838600136", "02838512345", "01851212345"


def test_a_person_is_read_with_name_birth_date_and_where_they_live():
    entry = entry_of(document(**living_in("Fjellvegen")))

    assert (entry.name, entry.birth_date) == ("Modig Fjell", date(1986, 3, 13))
    assert entry.address.text == "H0101, Fjellvegen 1, 7030 TRONDHEIM"
    assert (entry.protection, entry.deceased, entry.holders) == ("none", False, frozenset())


def test_what_was_once_and_holds_no_longer_is_passed_over():
    said = document(**graded("strengtFortrolig"), **cared_for_by(MOTHER), doedsfall={"doedsdato": "2020-01-01"})
    for element in ("adressebeskyttelse", "foreldreansvar", "doedsfall"):
        said[element][0]["erGjeldende"] = False

    entry = entry_of(said)

    assert (entry.protection, entry.holders, entry.deceased) == ("none", frozenset(), False)


@pytest.mark.parametrize(
    ("grade", "protection"),
    [
        ("ugradert", "none"),
        ("klientadresse", "none"),
        ("fortrolig", "confidential"),
        ("FORTROLIG", "confidential"),
        ("strengtFortrolig", "strictly-confidential"),
        ("noe nytt", "strictly-confidential"),
        (7, "strictly-confidential"),
    ],
)
def test_a_grade_that_is_not_known_is_the_strictest(grade, protection):
    assert entry_of(document(**graded(grade))).protection == protection


@pytest.mark.parametrize("grade", ["fortrolig", "strengtFortrolig"])
def test_a_protected_address_is_dropped_where_it_comes_in(grade):
    entry = entry_of(document(**graded(grade), **living_in("Hemmeligvegen")))

    assert entry.address is None
    assert "Hemmelig" not in repr(entry)


def test_an_address_that_is_graded_by_itself_is_no_address():
    assert entry_of(document(**living_in("Hemmeligvegen", adressegradering="fortrolig"))).address is None


@pytest.mark.parametrize("kind", ["felles", "mor", "far", "medmor"])
def test_whoever_the_register_names_has_responsibility(kind):
    assert entry_of(document(**cared_for_by(MOTHER, FATHER, kind=kind))).holders == {MOTHER, FATHER}


@pytest.mark.parametrize("kind", ["andre", "ukjent", "fosterforelder", None])
def test_neither_foster_parents_nor_anybody_else_has_responsibility(kind):
    said = document(**cared_for_by(MOTHER, kind=kind), familierelasjon={"relatertPerson": FATHER})

    assert entry_of(said).holders == frozenset()


def test_a_holder_without_a_national_id_is_nobody_we_know():
    said = document(foreldreansvar=[{"ansvar": "mor"}, {"ansvar": "felles", "ansvarlig": "ukjent"}])

    assert entry_of(said).holders == frozenset()


@pytest.mark.parametrize("died", [{"doedsfall": {"doedsdato": "2026-02-01"}}, {"status": {"status": "doed"}}])
def test_death_is_told_in_two_places(died):
    assert entry_of(document(**died)).deceased


def key_of(**where):
    return entry_of(document(**where)).address.key


def test_the_same_dwelling_has_the_same_key_and_the_neighbours_another():
    assert key_of(**living_in("Fjellvegen")) == key_of(**living_in("FJELLVEGEN"))
    assert key_of(**living_in("Fjellvegen")) != key_of(**living_in("Fjellvegen", unit="H0102"))
    assert key_of(**living_in("Fjellvegen")) != key_of(**living_in("Bekkevegen"))


def test_the_land_registers_id_goes_before_how_a_street_is_spelt():
    one = living_in("Fjellvegen", adresseIdentifikatorFraMatrikkelen="285917")
    other = living_in("Fjellveien", adresseIdentifikatorFraMatrikkelen="285917")

    assert key_of(**one) == key_of(**other)


def test_whom_the_post_is_for_is_not_where_somebody_lives():
    alone, with_care_of = living_in("Fjellvegen"), living_in("Fjellvegen")
    with_care_of["bostedsadresse"]["vegadresse"]["coAdressenavn"] = "Modig Bekk"

    assert key_of(**alone) == key_of(**with_care_of)


def test_a_farm_has_an_address_and_an_unknown_home_none():
    farm = {"matrikkeladresse": {"matrikkelnummer": {"gaardsnummer": 7}, "poststed": {"postnummer": "7030"}}}

    assert entry_of(document(bostedsadresse=farm)).address == Address(
        'matrikkeladresse {"matrikkelnummer":{"gaardsnummer":7},"poststed":{"postnummer":"7030"}}', "7030"
    )
    assert entry_of(document(bostedsadresse={"ukjentBosted": {"bostedskommune": "5001"}})).address is None


def test_an_answer_holds_those_who_were_asked_for_and_nobody_else():
    entries = [{"foedselsEllerDNummer": each, "folkeregisterperson": document()} for each in (MOTHER, FATHER)]
    entries.append({"foedselsEllerDNummer": CHILD})

    assert read_answer(orjson.dumps({"oppslag": entries}), [MOTHER, CHILD]).keys() == {MOTHER}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"oppslag": 1}',
        b'{"oppslag": ["x"]}',
        b'{"oppslag": [{}]}',
        b'{"oppslag": [{"foedselsEllerDNummer": "13838600136", "folkeregisterperson": {"navn": "Modig"}}]}',
        orjson.dumps(
            {"oppslag": [{"foedselsEllerDNummer": MOTHER, "folkeregisterperson": document(born="13. mars 1986")}]}
        ),
    ],
)
def test_what_is_no_answer_is_not_nobody(body):
    with pytest.raises(Unreadable):
        read_answer(body, [MOTHER])
