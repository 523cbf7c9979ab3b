"""The register's feed is followed by itself: what it says has changed holds and is told, over restarts and outages."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from harness.register import cared_for_by, document, living_in
from helsami_directory import schemas
from helsami_directory.models import FEED
from helsami_directory.register.domain import Changes
from helsami_directory.register.synthetic import Synthetic
from helsami_kernel.database import OBLIGATIONS
from helsami_kernel.errors import Unavailable
from helsami_kernel.obligations import Obligation
from helsami_kernel.testing import citizen_token

MOTHER, CHILD, STRANGER = "13838600136", "01851212345", "02838512345"
CONSENTS = replace(citizen_token("", ["directory:facts"], basis="service", issuer="consents"), subject=None)
ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def family(**changed):
    mother = document("Modig Fjell", **living_in("Fjellvegen"))
    child = document("Snill Fjell", "2015-05-01", **living_in("Fjellvegen"), **cared_for_by(MOTHER))
    return {MOTHER: mother, CHILD: child, STRANGER: document("Snar Bekk", **living_in("Bekkevegen")), **changed}


ORPHANED = {CHILD: document("Snill Fjell", "2015-05-01", **living_in("Fjellvegen"))}


@pytest.fixture
def household(register, in_register, directory):
    """The ids of a mother and her child, whose register is followed already."""
    in_register(family())
    directory.follow_register()
    return {each: register(each)["citizen"] for each in (MOTHER, CHILD)}


@pytest.fixture
def holders(directory, household):
    """Who has responsibility for the child, as it is decided by."""

    def ask():
        (fact,) = schemas.FactsFound().dump(directory.facts({"citizens": [household[CHILD]]}, CONSENTS))["facts"]
        return fact["holders"]

    return ask


@pytest.fixture
def promised(store):
    """What is promised about the register and not done."""

    def listed():
        with store._database.engine.connect() as connection:
            open_ones = sa.and_(OBLIGATIONS.c.kind == "ask_register", OBLIGATIONS.c.fulfilled_at.is_(None))
            return connection.execute(sa.select(OBLIGATIONS).where(open_ones)).all()

    return listed


def place_of(store, directory):
    return store.reading(None).feed_place(directory.population.address)


class Away:
    """A register that answers the feed, and no question about people."""

    present = True

    def __init__(self, behind):
        self.address = behind.address
        self.changes = behind.changes
        self.latest = behind.latest

    def people(self, _national_ids):
        raise Unavailable("register")


@ON_BOTH
def test_what_the_feed_says_holds_and_is_told_without_anybody_calling(
    holders, household, in_register, directory, announced, promised
):
    assert holders() == [household[MOTHER]]
    in_register(family(**ORPHANED))
    assert holders() == [household[MOTHER]], "nobody has looked"

    directory.follow_register()

    told = {"child": household[CHILD]}
    assert announced() == [
        (household[CHILD], "parental_responsibility_changed", told),
        (household[MOTHER], "parental_responsibility_changed", told),
    ]
    assert holders() == []
    assert promised() == [], "it was done at once"
    directory.follow_register()
    assert len(announced()) == 2


def test_the_feed_is_begun_at_its_end_and_not_read_from_the_beginning(directory, in_register, store):
    in_register(family())
    asked = []
    directory.population.changes = asked.append

    directory.follow_register()

    assert asked == []
    assert place_of(store, directory) == directory.population.latest()


def test_without_a_register_there_is_no_feed_to_follow(directory, store):
    directory.follow_register()

    assert place_of(store, directory) is None


@ON_BOTH
def test_a_directory_that_starts_anew_goes_on_where_it_was(
    holders, household, in_register, directory, announced, tmp_path
):
    holders()
    in_register(family(**ORPHANED))
    directory.population = Synthetic(tmp_path / "register.json")

    directory.follow_register()

    assert [kind for _, kind, _ in announced()] == ["parental_responsibility_changed"] * 2


@ON_BOTH
def test_who_cannot_ask_about_people_decides_nothing_more_by_what_it_had_and_asks_when_it_can(
    holders, household, in_register, directory, promised, announced
):
    holders()
    there = directory.population
    in_register(family(**ORPHANED))
    directory.population = Away(there)

    directory.follow_register()

    with pytest.raises(Unavailable):
        holders()
    (due,) = promised()
    assert due.payload == f'{{"citizens":["{household[CHILD]}"]}}'
    directory.population = there
    directory.ask_again(Obligation(due.id, due.kind, None, due.due_at, {"citizens": [household[CHILD]]}))
    assert holders() == []
    assert len(announced()) == 2


def test_a_feed_that_is_away_is_asked_again_from_the_same_place(holders, household, in_register, directory, store):
    holders()
    place, changes = place_of(store, directory), directory.population.changes
    in_register(family(**ORPHANED))

    def away(_after):
        raise Unavailable("register")

    directory.population.changes = away
    with pytest.raises(Unavailable):
        directory.follow_register()
    assert place_of(store, directory) == place

    directory.population.changes = changes
    directory.follow_register()
    assert holders() == []


@ON_BOTH
def test_of_two_processes_one_heeds_a_page(holders, household, in_register, directory, store, announced):
    holders()
    in_register(family(**ORPHANED))
    place, changes = place_of(store, directory), directory.population.changes

    def overtaken(after):
        told = changes(after)
        with store.transaction(None) as tx:
            assert tx.move_feed(directory.population.address, place, told.place)
        return told

    directory.population.changes = overtaken
    directory.follow_register()

    assert announced() == [], "the other one asks"


@ON_BOTH
@pytest.mark.parametrize("there", [True, False], ids=["asked", "not-asked"])
def test_an_answer_that_a_change_has_overtaken_undoes_nothing(
    household, in_register, directory, holders, announced, clock, there
):
    assert holders() == [household[MOTHER]]
    clock.move_to(clock() + timedelta(hours=13))
    population, asked = directory.population, directory.population.people

    def away(_national_ids):
        raise Unavailable("register")

    def slow(national_ids):
        before = asked(national_ids)
        population.people = asked if there else away
        in_register(family(**ORPHANED))
        clock.move_to(clock() + timedelta(seconds=1))
        directory.follow_register()
        population.people = asked
        clock.move_to(clock() + timedelta(seconds=1))
        return before

    population.people = slow

    assert holders() == []
    assert holders() == []
    assert [kind for _, kind, _ in announced()] == ["parental_responsibility_changed"] * 2


def test_who_never_stops_changing_while_the_register_answers_decides_nothing(household, directory, store, clock):
    asked = directory.population.people

    def outdated(national_ids):
        answer = asked(national_ids)
        clock.move_to(clock() + timedelta(seconds=1))
        with store.transaction(None) as tx:
            tx.outdate(household.values())
        return answer

    directory.population.people = outdated
    with pytest.raises(Unavailable):
        directory.facts({"citizens": [household[CHILD]]}, CONSENTS)


@ON_BOTH
def test_of_two_answers_the_one_asked_for_later_stays_whichever_is_kept_first(
    household, in_register, directory, holders, store, clock
):
    first = directory.answers([CHILD])
    clock.move_to(clock() + timedelta(seconds=1))
    in_register(family(**ORPHANED))
    second = directory.answers([CHILD])
    clock.move_to(clock() + timedelta(seconds=1))
    for answers in (first, second, first):
        with store.transaction(None) as tx:
            directory.keep(tx, answers)
    assert holders() == []


@ON_BOTH
@pytest.mark.parametrize("latest", [3, 2 * 10**18], ids=["before", "beyond"])
def test_another_register_is_followed_from_its_own_end(household, directory, store, latest):
    directory.population.address, directory.population.latest = "https://register.example", lambda: latest

    directory.follow_register()
    assert place_of(store, directory) == latest

    directory.population.changes = lambda after: Changes(frozenset({CHILD}), after + 1)
    directory.follow_register()
    assert place_of(store, directory) == latest + 1


def test_a_feed_that_begins_anew_is_followed_anew(household, directory, store):
    begun = place_of(store, directory)
    directory.population.latest = lambda: 7
    directory.population.changes = lambda after: Changes(frozenset(), after)

    directory.follow_register()
    assert place_of(store, directory) == 7 < begun
    directory.follow_register()
    assert place_of(store, directory) == 7


def test_all_pages_are_heeded_in_one_turn(household, directory, store):
    begun = place_of(store, directory)
    pages = {begun + number: Changes(frozenset({CHILD}), begun + number + 1, more=number < 4) for number in range(5)}
    directory.population.changes = pages.pop

    directory.follow_register()

    assert pages == {}
    with store._database.engine.connect() as connection:
        assert connection.execute(sa.select(FEED.c.place)).scalars().all() == [begun + 5]
