"""A child and who has responsibility for it are told of its sixteenth birthday: thirty days before, and on the day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from harness.register import cared_for_by, document, graded, living_in
from helsami_directory.register.birthdays import SOON, TURNED, moment_of
from helsami_kernel.obligations import claim, conclude
from helsami_kernel.testing import citizen_token, system_token

MOTHER, FATHER, CHILD = "13838600136", "02838512345", "01851212345"
REGION = system_token("region", scopes=frozenset({"organisations:manage"}))
CONSENTS = citizen_token("", ["directory:facts"], basis="service", issuer="consents")
DAY_BEFORE = datetime(2026, 4, 10, 21, 59, 59, tzinfo=UTC)  # 23:59:59 in Oslo
ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def family(born="2010-05-11", **more):
    return {
        MOTHER: document("Modig Fjell", **living_in("Fjellvegen")),
        FATHER: document("Snar Bekk"),
        CHILD: document("Snill Fjell", born, **{**cared_for_by(MOTHER, FATHER), **more}),
    }


@pytest.fixture
def household(register, in_register, directory):
    in_register(family())
    ids = {each: register(each)["citizen"] for each in family()}
    directory.facts({"citizens": list(ids.values())}, CONSENTS)
    return ids


@pytest.fixture
def heard(directory, store, clock, announced):
    """Let it be that moment, and say what was announced of birthdays since the last time."""
    before = []

    def at(moment):
        clock.move_to(moment)
        for due in claim(store._database, ["tell_of_birthday"]):
            directory.tell_of_birthday(due)
            conclude(store._database, due)
        new = [each for each in announced() if "16" in each[1]][len(before) :]
        before.extend(new)
        return new

    return at


@ON_BOTH
def test_child_and_holders_are_told_thirty_days_before_and_at_midnight_in_oslo(household, heard):
    about = {"child": household[CHILD]}
    holders = sorted([household[MOTHER], household[FATHER]])

    assert heard(DAY_BEFORE) == []
    assert heard(DAY_BEFORE + timedelta(seconds=1)) == [
        (each, "turning_16_soon", about) for each in (household[CHILD], *holders)
    ]
    assert heard(datetime(2026, 5, 10, 21, 59, 59, tzinfo=UTC)) == []
    assert heard(datetime(2026, 5, 10, 22, tzinfo=UTC)) == [
        (each, "turned_16", about) for each in (household[CHILD], *holders)
    ]


def test_a_corrected_birth_date_moves_both(household, heard, in_register, directory):
    in_register(family(born="2010-06-11"))
    directory.register_changed({"national_ids": [CHILD]}, REGION)

    assert heard(datetime(2026, 5, 10, 22, tzinfo=UTC)) == []
    assert [event for _, event, _ in heard(datetime(2026, 5, 11, 22, tzinfo=UTC))] == ["turning_16_soon"] * 3
    assert [event for _, event, _ in heard(datetime(2026, 6, 10, 22, tzinfo=UTC))] == ["turned_16"] * 3


def test_a_birth_date_that_the_register_corrects_unheard_is_seen_when_it_is_due(household, heard, in_register):
    in_register(family(born="2010-06-11"))

    assert heard(datetime(2026, 4, 10, 22, tzinfo=UTC)) == []


def test_who_has_responsibility_on_the_day_is_told_and_not_who_once_had(household, heard, in_register, directory):
    in_register(family(**cared_for_by(MOTHER, kind="mor")))

    who = [who for who, _, _ in heard(datetime(2026, 4, 10, 22, tzinfo=UTC))]

    assert who == [household[CHILD], household[MOTHER]]


def test_of_a_child_at_a_protected_address_nobody_else_is_told(household, heard, in_register):
    in_register(family(**graded("strengtFortrolig")))

    assert [who for who, _, _ in heard(datetime(2026, 4, 10, 22, tzinfo=UTC))] == [household[CHILD]]


def test_a_holder_at_a_protected_address_is_not_told(household, heard, in_register, directory):
    in_register(family() | {MOTHER: document("Modig Fjell", **graded("fortrolig"))})
    directory.register_changed({"national_ids": [MOTHER]}, REGION)

    who = [who for who, _, _ in heard(datetime(2026, 4, 10, 22, tzinfo=UTC))]

    assert who == [household[CHILD], household[FATHER]]


def test_of_a_child_that_has_died_nobody_is_told(household, heard, in_register):
    in_register(family(doedsfall={"doedsdato": "2026-03-02"}))

    assert heard(datetime(2026, 4, 10, 22, tzinfo=UTC)) == []


def test_while_the_register_is_away_what_it_said_last_must_do(household, heard, tmp_path):
    (tmp_path / "register.json").write_bytes(b"away")

    assert len(heard(datetime(2026, 4, 10, 22, tzinfo=UTC))) == 3


def test_a_birth_date_that_only_a_record_system_knows_is_told_of_too(register, heard, announced):
    child = register(CHILD, birthDate="2010-05-11")["citizen"]

    assert heard(datetime(2026, 4, 10, 22, tzinfo=UTC)) == [(child, "turning_16_soon", {"child": child})]


def test_of_grown_ups_nothing_is_promised(register, heard):
    register(MOTHER, birthDate="1986-03-13")

    assert heard(datetime(2070, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("born", "step", "moment"),
    [
        (date(2010, 11, 15), SOON, datetime(2026, 10, 15, 22, tzinfo=UTC)),  # summer time still, thirty days before
        (date(2010, 11, 15), TURNED, datetime(2026, 11, 14, 23, tzinfo=UTC)),
        (date(2008, 2, 29), TURNED, datetime(2024, 2, 28, 23, tzinfo=UTC)),
        (date(2084, 2, 29), TURNED, datetime(2100, 2, 28, 23, tzinfo=UTC)),  # 2100 has no such day
    ],
)
def test_it_is_midnight_in_oslo_whatever_the_time_of_the_year(born, step, moment):
    assert moment_of(born, step) == moment
