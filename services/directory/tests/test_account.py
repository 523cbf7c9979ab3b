"""How an account is opened by logging in, left, and taken up again."""

from dataclasses import replace

import pytest

from harness.register import document, graded, living_in
from helsami_directory import schemas
from helsami_directory.account.schemas import LoggedIn
from helsami_kernel.errors import Forbidden, Malformed, NotFound, Unavailable
from helsami_kernel.testing import citizen_token, system_token

MODIG, SNAR = "13838600136", "02838512345"
GATEWAY = replace(citizen_token("", ["directory:identify"], basis="service"), subject=None)
CONSENTS = replace(citizen_token("", ["directory:facts"], basis="service", issuer="consents"), subject=None)
READER = replace(GATEWAY, scopes=frozenset({"directory:reader"}))
ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def log_in(directory):
    def enter(national_id=MODIG):
        return LoggedIn().dump(directory.log_in({"national_id": national_id}, GATEWAY))

    return enter


@pytest.fixture
def leave(directory):
    def deactivate(citizen, **claims):
        return directory.deactivate({}, citizen_token(citizen, ["account:act"], **claims))

    return deactivate


@pytest.fixture
def fact(directory):
    def of(citizen):
        (found,) = schemas.FactsFound().dump(directory.facts({"citizens": [citizen]}, CONSENTS))["facts"]
        return found

    return of


@ON_BOTH
def test_whom_the_register_alone_knows_may_log_in_and_the_first_time_is_told(in_register, log_in):
    in_register({MODIG: document("Modig Fjell", **living_in("Fjellvegen"))})

    first, second = log_in(), log_in()

    assert (first["name"], first["birth_date"], first["protected"]) == ("Modig Fjell", "1986-03-13", False)
    assert (first["first_login"], second["first_login"]) == (True, False)
    assert first["citizen"] == second["citizen"]


@ON_BOTH
def test_record_systems_are_told_who_has_left_or_died_and_is_written_to_by_post(register, leave, log_in, directory):
    citizen = register(MODIG, birthDate="1986-03-13")["citizen"]
    dead = register(SNAR, key="k2", deceasedBoolean=True)["citizen"]

    def by_post():
        asked = {"national_ids": [MODIG, "01810112345", SNAR]}
        found = directory.resolve(asked, system_token("st_olavs"))["by_post"]
        one_by_one = [directory.by_post({"citizen": one}, READER)["by_post"] for one in (citizen, dead)]
        assert one_by_one == [place in found for place in ("0", "2")]
        return found

    assert by_post() == ["2"]
    leave(citizen)
    assert by_post() == ["0", "2"]
    assert register(MODIG, birthDate="1986-03-13")["by_post"]
    log_in()
    assert by_post() == ["2"]
    assert not register(MODIG, birthDate="1986-03-13")["by_post"]


def test_whom_neither_the_register_nor_an_organisation_knows_is_not_found(in_register, log_in, store):
    in_register({})

    with pytest.raises(NotFound, match="citizen-not-found"):
        log_in()
    assert store.reading(None).everyone() == []


def test_without_a_register_whoever_an_organisation_knows_may_log_in(register, log_in):
    register(MODIG, name=[{"text": "Modig Fjell"}], birthDate="1986-03-13")

    assert log_in()["name"] == "Modig Fjell"
    with pytest.raises(NotFound):
        log_in(SNAR)


def test_a_login_brings_what_the_register_says(register, in_register, log_in):
    register(MODIG, birthDate="1986-03-13")
    in_register({MODIG: document(**graded("fortrolig"))})

    assert log_in()["protected"]


def test_nobody_logs_in_for_the_first_time_while_the_register_is_away_and_everybody_else_does(
    register, in_register, log_in, tmp_path
):
    in_register({MODIG: document()})
    log_in()
    register(SNAR, birthDate="1985-02-02")
    (tmp_path / "register.json").write_bytes(b"away")

    assert log_in()["name"] == "Modig Fjell"
    with pytest.raises(Unavailable):
        log_in(SNAR)


def test_the_dead_do_not_log_in(register, log_in):
    register(MODIG, birthDate="1986-03-13", deceasedBoolean=True)

    with pytest.raises(Forbidden, match="account-of-the-dead"):
        log_in()


@ON_BOTH
def test_an_account_that_is_left_is_told_of_once_and_taken_up_again_by_logging_in(
    register, log_in, leave, fact, announced
):
    citizen = register(MODIG, birthDate="1986-03-13")["citizen"]
    log_in()

    assert leave(citizen) == leave(citizen) == {"state": "deactivated"}
    assert (fact(citizen)["active"], fact(citizen)["back_since"]) == (False, None)
    assert announced() == [(citizen, "account_deactivated", {})]

    again = log_in()

    assert (again["reactivated"], again["first_login"]) == (True, False)
    assert (fact(citizen)["active"], fact(citizen)["back_since"]) == (True, "2026-03-01T12:00:00+00:00")
    assert announced()[1:] == [(citizen, "account_reactivated", {})]
    assert not log_in()["reactivated"]


@ON_BOTH
def test_a_deactivation_sent_again_under_its_key_does_not_end_what_came_after(register, log_in, leave, fact):
    citizen = register(MODIG, birthDate="1986-03-13")["citizen"]
    leave(citizen, idempotency_key="k1")
    log_in()

    assert leave(citizen, idempotency_key="k1") == {"state": "deactivated"}
    assert fact(citizen)["active"]


def test_nobody_leaves_an_account_on_anothers_behalf(register, leave, fact):
    citizen = register(MODIG)["citizen"]

    with pytest.raises(Forbidden, match="not-for-representatives"):
        leave(citizen, basis="grant", actor="c2", issuer="consents")
    assert fact(citizen)["active"]


def test_whose_account_is_left_is_read_by_no_private_link(register, leave, directory):
    citizen = register(MODIG, birthDate="1986-03-13")["citizen"]
    leave(citizen)

    with pytest.raises(NotFound):
        directory.reader({"citizen": citizen}, READER)


@pytest.mark.parametrize("command", [{"citizen": "c2"}, [], None])
def test_a_deactivation_names_nobody(register, directory, command):
    citizen = register(MODIG)["citizen"]

    with pytest.raises(Malformed):
        directory.deactivate(command, citizen_token(citizen, ["account:act"]))
