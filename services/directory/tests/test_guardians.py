"""Guardians as the population register names them: read, kept by opaque ids, and told of when they change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from harness.register import HEALTH_AND_CARE, document, graded, guarded_by
from helsami_directory import schemas
from helsami_directory.register.documents import PARTS, Unreadable, entry_of
from helsami_directory.register.domain import Guardian
from helsami_kernel.database import OBLIGATIONS
from helsami_kernel.obligations import Obligation
from helsami_kernel.testing import citizen_token, system_token

WARD, GUARDIAN, ANOTHER = "13838600136", "02838512345", "04847912345"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONSENTS = replace(citizen_token("", ["directory:facts"], basis="service", issuer="consents"), subject=None)
REGION = system_token("region", scopes=frozenset({"organisations:manage"}))
ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
OF_HEALTH = frozenset({"health-and-care"})


@pytest.mark.parametrize(
    ("said", "guardians"),
    [
        (guarded_by(GUARDIAN), {Guardian(GUARDIAN, OF_HEALTH)}),
        (guarded_by(GUARDIAN, kind="midlertidigForVoksen"), {Guardian(GUARDIAN, OF_HEALTH)}),
        (guarded_by(GUARDIAN, ("nav", "arbeid"), HEALTH_AND_CARE), {Guardian(GUARDIAN, OF_HEALTH)}),
        (guarded_by(GUARDIAN, ("nav", "arbeid"), ("bank", "representasjonDagligbank")), set()),
        (guarded_by(GUARDIAN, ("nav", "helseOgOmsorg")), set()),
        (guarded_by(GUARDIAN, kind="mindreaarig"), set()),
        (guarded_by(GUARDIAN, kind="stadfestetFremtidsfullmakt"), set()),
        (guarded_by(GUARDIAN, kind="a kind of later years"), set()),
        (guarded_by("somebody"), set()),
        ({"vergemaalEllerFremtidsfullmakt": {"vergemaaltype": "voksen", "verge": {"omfang": "personlige"}}}, set()),
        (
            guarded_by(GUARDIAN, until="2026-04-01T00:00:00+02:00"),
            {Guardian(GUARDIAN, OF_HEALTH, datetime(2026, 3, 31, 22, tzinfo=UTC))},
        ),
        (
            guarded_by(GUARDIAN, until="2026-04-01T00:00:00"),
            {Guardian(GUARDIAN, OF_HEALTH, datetime(2026, 3, 31, 22, tzinfo=UTC))},
        ),
    ],
)
def test_a_guardian_is_whom_an_appointment_for_an_adult_names_in_what_concerns_health(said, guardians):
    assert entry_of(document(**said)).guardians == guardians


def test_of_two_appointments_of_one_guardian_the_earlier_end_counts():
    element = "vergemaalEllerFremtidsfullmakt"
    ends = ["2026-05-01T00:00:00+02:00", "2026-04-01T00:00:00+02:00", None]
    both = {element: [guarded_by(GUARDIAN, until=end)[element] for end in ends]}

    (guardian,) = entry_of(document(**both)).guardians
    assert guardian.until == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_an_appointment_that_no_longer_holds_and_an_end_that_is_none():
    over = {element: {**said, "erGjeldende": False} for element, said in guarded_by(GUARDIAN).items()}

    assert entry_of(document(**over)).guardians == set()
    with pytest.raises(Unreadable):
        entry_of(document(**guarded_by(GUARDIAN, until="soon")))
    assert "vergemaalEllerFremtidsfullmakt" in PARTS, "it is asked for"


def people(**of_ward):
    return {WARD: document("Stille Fjell", "1950-01-01", **of_ward), GUARDIAN: document("Modig Fjell")}


@pytest.fixture
def asked(directory):
    def ask(citizen):
        (fact,) = schemas.FactsFound().dump(directory.facts({"citizens": [citizen]}, CONSENTS))["facts"]
        return fact

    return ask


@pytest.fixture
def changed(directory, in_register):
    """The register says something else of the ward, and says so."""

    def change(**of_ward):
        in_register(people(**of_ward))
        return directory.register_changed({"national_ids": [WARD]}, REGION)

    return change


@pytest.fixture
def ward(register, in_register, asked):
    """The id of an adult with a guardian, of whom the register has been asked."""
    in_register(people(**guarded_by(GUARDIAN)))
    known = register(WARD)["citizen"]
    asked(known)
    return known


@ON_BOTH
def test_both_sides_facts_name_the_other_and_a_guardian_whom_nobody_knew_has_an_account(ward, asked):
    (named,) = asked(ward)["guardians"]

    assert (named["mandates"], named["until"]) == (["health-and-care"], None)
    guardian = asked(named["citizen"])
    assert (guardian["name"], guardian["wards"], guardian["guardians"]) == ("Modig Fjell", [ward], [])
    assert asked(ward)["wards"] == []


@ON_BOTH
def test_a_guardianship_that_begins_and_ends_is_told_to_both_and_nobody_else(ward, asked, changed, announced):
    guardian = asked(ward)["guardians"][0]["citizen"]
    told = {"ward": ward}
    both = [(one, "guardianship_changed", told) for one in (ward, guardian)]
    assert sorted(announced()) == sorted(both), "also when it is first heard of: somebody may act from now on"

    changed(**guarded_by(GUARDIAN))
    assert len(announced()) == 2, "nothing has changed"
    changed(**graded("ugradert"))

    assert asked(ward)["guardians"] == []
    assert asked(guardian)["wards"] == []
    assert sorted(announced()) == sorted([*both, *both])


@ON_BOTH
def test_a_guardian_for_another_time_is_told_of_and_keeps_the_id_of_the_guardianship(ward, asked, changed, announced):
    before = asked(ward)["guardians"][0]

    changed(**guarded_by(GUARDIAN, until="2026-04-01T00:00:00+02:00"))

    (after,) = asked(ward)["guardians"]
    assert (after["id"], after["citizen"]) == (before["id"], before["citizen"])
    assert after["until"] == "2026-03-31T22:00:00+00:00"
    assert len(announced()) == 4


@ON_BOTH
def test_when_the_time_of_a_guardian_is_up_the_register_is_asked_and_both_are_told(
    ward, asked, changed, announced, directory, store, clock
):
    changed(**guarded_by(GUARDIAN, until="2026-04-01T00:00:00+02:00"))
    before = len(announced())
    with store._database.engine.connect() as connection:
        due_at = datetime(2026, 3, 31, 22, tzinfo=UTC)
        (due,) = connection.execute(sa.select(OBLIGATIONS).where(OBLIGATIONS.c.due_at == due_at)).all()

    clock.move_to(due_at)
    directory.ask_again(Obligation(due.id, due.kind, None, due.due_at, {"citizens": [ward]}))

    assert asked(ward)["guardians"] == []
    assert len(announced()) == before + 2
    assert clock() - NOW > timedelta(days=30)
