"""What is believed and told when the population register speaks; on both databases where they could differ."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from harness.register import cared_for_by, document, graded, living_in
from helsami_directory import schemas
from helsami_directory.models import CITIZENS, REGISTERED
from helsami_directory.register.domain import FRESH_FOR, USABLE_FOR
from helsami_kernel.database import OBLIGATIONS
from helsami_kernel.errors import Forbidden, Malformed, Unavailable
from helsami_kernel.obligations import Obligation
from helsami_kernel.testing import citizen_token, system_token

MOTHER, FATHER, FOSTER, CHILD = "13838600136", "02838512345", "04847912345", "01851212345"
CONSENTS = replace(citizen_token("", ["directory:facts"], basis="service", issuer="consents"), subject=None)
REGION = system_token("region", scopes=frozenset({"organisations:manage"}))


ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def family(**changed):
    """Two holders, of whom the mother lives with the child, and a foster parent who does as well."""
    people = {
        MOTHER: document("Modig Fjell", **living_in("Fjellvegen")),
        FATHER: document("Snar Bekk", **living_in("Bekkevegen")),
        FOSTER: document("Blid Skog", **living_in("Fjellvegen")),
        CHILD: document("Snill Fjell", "2015-05-01", **living_in("Fjellvegen"), **cared_for_by(MOTHER, FATHER)),
    }
    return people | changed


@pytest.fixture
def household(register, in_register):
    """The ids of a family that a record system knows, and the register too."""
    in_register(family())
    return {each: register(each)["citizen"] for each in family()}


@pytest.fixture
def asked(directory):
    """What is told of somebody."""

    def ask(citizen):
        (fact,) = schemas.FactsFound().dump(directory.facts({"citizens": [citizen]}, CONSENTS))["facts"]
        return fact

    return ask


@pytest.fixture
def changed(directory, in_register):
    """The register says something else, and says so."""

    def change(people):
        in_register(family(**people))
        return directory.register_changed({"national_ids": list(people)}, REGION)

    return change


@ON_BOTH
def test_a_childs_facts_name_who_has_responsibility_and_whether_one_of_them_lives_there(household, asked):
    fact = asked(household[CHILD])

    assert (fact["name"], fact["birth_date"]) == ("Snill Fjell", "2015-05-01")
    assert sorted(fact["holders"]) == sorted([household[MOTHER], household[FATHER]])
    assert fact["holder_at_address"]
    assert (fact["protection"], fact["deceased"], fact["active"]) == ("none", False, True)


def test_foster_parents_have_no_responsibility_though_they_live_with_the_child(household, asked, in_register):
    alone = document("Snill Fjell", "2015-05-01", **living_in("Fjellvegen"), **cared_for_by(FOSTER, kind="andre"))
    in_register(family(**{CHILD: alone}))

    assert asked(household[CHILD])["holders"] == []
    assert not asked(household[CHILD])["holder_at_address"]


def test_a_holder_whom_no_organisation_knows_gets_an_account_and_says_nothing_of_who_it_is(
    register, in_register, asked, directory
):
    in_register(family())
    child = register(CHILD)["citizen"]

    holders = asked(child)["holders"]

    assert len(holders) == 2
    assert asked(holders[0])["name"] in {"Modig Fjell", "Snar Bekk"}


@ON_BOTH
def test_when_the_last_holder_moves_away_none_lives_with_the_child(household, asked, changed, announced):
    assert asked(household[CHILD])["holder_at_address"]

    assert changed({MOTHER: document("Modig Fjell", **living_in("Skogvegen"))}) == {"known": 1}

    assert not asked(household[CHILD])["holder_at_address"]
    assert announced() == [(household[MOTHER], "address_changed", {"citizen": household[MOTHER]})]


@ON_BOTH
def test_two_homes_that_nobody_knows_are_not_the_same_home(household, asked, in_register):
    homeless = {"bostedsadresse": {"ukjentBosted": {"bostedskommune": "5001"}}}
    in_register(
        {
            MOTHER: document(**homeless),
            CHILD: document("Snill Fjell", "2015-05-01", **homeless, **cared_for_by(MOTHER)),
        }
    )

    assert not asked(household[CHILD])["holder_at_address"]


@ON_BOTH
def test_responsibility_that_is_lost_is_told_to_the_child_and_to_who_had_it_and_to_nobody_else(
    household, asked, changed, announced
):
    asked(household[CHILD])
    mother_alone = document("Snill Fjell", "2015-05-01", **living_in("Fjellvegen"), **cared_for_by(MOTHER, kind="mor"))

    changed({CHILD: mother_alone})

    assert asked(household[CHILD])["holders"] == [household[MOTHER]]
    told = {"child": household[CHILD]}
    assert announced() == [
        (household[CHILD], "parental_responsibility_changed", told),
        (household[FATHER], "parental_responsibility_changed", told),
    ]


@ON_BOTH
@pytest.mark.parametrize(
    ("grade", "protection"), [("fortrolig", "confidential"), ("strengtFortrolig", "strictly-confidential")]
)
def test_a_protected_address_is_neither_kept_nor_shared(household, asked, changed, store, announced, grade, protection):
    asked(household[CHILD])

    changed({MOTHER: document("Modig Fjell", **graded(grade), **living_in("Hemmeligvegen"))})

    mother = asked(household[MOTHER])
    assert (mother["protected"], mother["protection"]) == (True, protection)
    assert not asked(household[CHILD])["holder_at_address"]
    with store._database.engine.connect() as connection:
        row = connection.execute(sa.select(REGISTERED).where(REGISTERED.c.citizen == household[MOTHER])).one()
    assert (row.address_token, row.address_sealed) == (None, None)
    assert {event for _, event, _ in announced()} == {"address_changed", "protection_changed"}


def test_protection_holds_as_long_as_the_register_or_any_record_says_so(household, asked, changed, register):
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}
    register(MOTHER, meta=label)
    assert asked(household[MOTHER])["protection"] == "strictly-confidential"

    changed({MOTHER: document(**graded("fortrolig"))})
    register(MOTHER, meta={"security": [{**label["security"][0], "code": "N"}]})
    assert asked(household[MOTHER])["protection"] == "confidential"

    changed({MOTHER: document()})
    assert (asked(household[MOTHER])["protection"], asked(household[MOTHER])["protected"]) == ("none", False)


def test_name_and_birth_date_are_the_registers_whatever_a_record_system_says_later(household, asked, register):
    asked(household[MOTHER])
    register(MOTHER, name=[{"text": "Modig Myr"}], birthDate="1987-01-01")

    fact = asked(household[MOTHER])

    assert (fact["name"], fact["birth_date"]) == ("Modig Fjell", "1986-03-13")


@ON_BOTH
def test_a_death_is_told_once_whoever_says_it_and_the_dead_have_no_responsibility(
    household, asked, changed, register, announced
):
    asked(household[CHILD])
    register(MOTHER, deceasedBoolean=True)
    assert asked(household[CHILD])["holders"] == [household[FATHER]]

    changed({MOTHER: document(**living_in("Fjellvegen"), doedsfall={"doedsdato": "2026-02-27"})})

    assert asked(household[MOTHER])["deceased"]
    assert not asked(household[CHILD])["holder_at_address"]
    assert [event for event in announced() if event[1] == "citizen_died"] == [(household[MOTHER], "citizen_died", {})]


def test_a_corrected_birth_date_is_told(household, asked, changed, announced):
    asked(household[CHILD])

    changed({CHILD: document("Snill Fjell", "2015-06-01", **living_in("Fjellvegen"), **cared_for_by(MOTHER, FATHER))})

    assert announced() == [(household[CHILD], "birth_date_changed", {})]


def test_the_first_word_of_the_register_changes_nothing_that_was_known(household, asked, announced):
    for citizen in household.values():
        asked(citizen)

    assert announced() == []


def test_the_register_is_asked_again_when_its_word_is_no_longer_fresh(household, asked, in_register, clock):
    assert asked(household[MOTHER])["name"] == "Modig Fjell"
    in_register(family(**{MOTHER: document("Modig Myr")}))

    clock.move(FRESH_FOR - timedelta(seconds=1))
    assert asked(household[MOTHER])["name"] == "Modig Fjell"

    clock.move(timedelta(seconds=1))
    assert asked(household[MOTHER])["name"] == "Modig Myr"


def test_while_the_register_is_away_its_last_word_holds_for_a_while_and_then_nothing_is_decided(
    household, asked, tmp_path, clock
):
    asked(household[CHILD])
    (tmp_path / "register.json").write_bytes(b"away")

    clock.move(FRESH_FOR)
    assert asked(household[CHILD])["holder_at_address"]

    clock.move(USABLE_FOR - FRESH_FOR)
    with pytest.raises(Unavailable):
        asked(household[CHILD])


def test_nothing_is_decided_of_whom_the_register_has_never_spoken_while_it_is_away(household, asked, tmp_path):
    (tmp_path / "register.json").write_bytes(b"away")

    with pytest.raises(Unavailable):
        asked(household[CHILD])


def test_what_is_said_to_have_changed_decides_nothing_until_the_register_is_back_and_is_asked_about_again(
    household, asked, directory, tmp_path, store, in_register
):
    asked(household[CHILD])
    (tmp_path / "register.json").write_bytes(b"away")

    assert directory.register_changed({"national_ids": [CHILD]}, REGION) == {"known": 1}
    with pytest.raises(Unavailable):
        asked(household[CHILD])

    with store._database.engine.connect() as connection:
        promised = connection.execute(sa.select(OBLIGATIONS).where(OBLIGATIONS.c.kind == "ask_register")).one()
    assert promised.payload == f'{{"citizens":["{household[CHILD]}"]}}'
    in_register(family(**{CHILD: document("Snill Fjell", "2015-05-01", **cared_for_by(MOTHER, kind="mor"))}))
    directory.ask_again(Obligation("1", "ask_register", None, promised.due_at, {"citizens": [household[CHILD]]}))
    assert asked(household[CHILD])["holders"] == [household[MOTHER]]


def test_whom_the_register_no_longer_knows_nobody_has_responsibility_for(household, asked, directory, in_register):
    assert asked(household[CHILD])["holders"]
    in_register({})

    directory.register_changed({"national_ids": [CHILD]}, REGION)

    assert (asked(household[CHILD])["holders"], asked(household[CHILD])["holder_at_address"]) == ([], False)


def test_a_change_of_whom_we_do_not_know_is_nothing_to_us(directory, in_register, store):
    in_register(family())

    assert directory.register_changed({"national_ids": [CHILD]}, REGION) == {"known": 0}
    assert store.reading(None).everyone() == []


def test_only_the_region_says_that_the_register_has_changed(directory):
    with pytest.raises(Forbidden, match="operators-only"):
        directory.register_changed({"national_ids": [CHILD]}, replace(REGION, organisation="st_olavs"))


@pytest.mark.parametrize(
    "command", [{}, {"national_ids": []}, {"national_ids": ["1"]}, {"national_ids": [CHILD] * 1001}]
)
def test_a_change_of_another_form_is_malformed(directory, command):
    with pytest.raises(Malformed):
        directory.register_changed(command, REGION)


@ON_BOTH
def test_no_national_id_and_no_address_lies_open_in_the_database(household, asked, store):
    asked(household[CHILD])

    with store._database.engine.connect() as connection:
        kept = [*connection.execute(sa.select(CITIZENS)), *connection.execute(sa.select(REGISTERED))]
    for secret in (MOTHER, FATHER, CHILD, "Fjellvegen", "FJELLVEGEN"):
        assert secret not in str(kept)


def test_the_address_that_is_sealed_opens_for_its_citizen_alone(household, asked, store, identity):
    asked(household[CHILD])

    sealed = store.reading(None).address(household[CHILD])

    assert identity.open_address(sealed, household[CHILD]) == "H0101, Fjellvegen 1, 7030 TRONDHEIM"
