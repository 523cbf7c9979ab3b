"""The demo's people: synthetic, of all ages, in families that could be real."""

from collections import Counter
from datetime import date

import pytest

from helsami_gateway.demo import families, grants, people
from helsami_gateway.national_id import is_valid
from helsami_gateway.schemas import GRANT_AREAS

TODAY = date(2026, 11, 22)
DAYS = [TODAY, date(2026, 1, 1), date(2026, 12, 31), date(2028, 2, 29), date(2031, 7, 15)]


@pytest.fixture(params=DAYS, ids=str)
def today(request):
    return request.param


def test_the_same_day_gives_the_same_people(today):
    assert people(today) == people(today)
    assert len(people(today)) == 60


def test_everybody_but_the_infants_keeps_their_national_id_through_a_calendar_year():
    grown_in_january = {person.pid for person in people(date(2026, 1, 1)) if person.age_on(date(2026, 1, 1)) >= 1}
    pids_in_november = {person.pid for person in people(TODAY)}

    assert len(grown_in_january) == 58
    assert grown_in_january < pids_in_november


def test_every_national_id_is_valid_synthetic_and_nobody_elses(today):
    pids = [person.pid for person in people(today)]

    assert len(set(pids)) == len(pids)
    assert all(is_valid(pid) for pid in pids)
    assert all(81 <= int(pid[2:4]) <= 92 for pid in pids)


def test_a_name_is_an_adjective_and_the_noun_of_the_household_and_nobody_shares_it(today):
    names = Counter(person.name for person in people(today))

    assert set(names.values()) == {1}
    assert all(len(name.split()) == 2 and name.istitle() for name in names)


def test_every_age_that_a_rule_asks_for_lives_here(today):
    ages = [person.age_on(today) for person in people(today)]

    for youngest, oldest in [(0, 0), (1, 5), (6, 11), (12, 15), (16, 17), (18, 29), (30, 64), (65, 79), (80, 95)]:
        assert [age for age in ages if youngest <= age <= oldest], f"nobody is {youngest}-{oldest}"
    assert min(ages) >= 0
    assert max(ages) <= 95
    assert Counter(person.language for person in people(today)).keys() == {"nb", "nn", "en"}


def test_parents_are_at_least_eighteen_years_older_than_their_children(today):
    by_pid = {person.pid: person for person in people(today)}

    for fact in families(today):
        parent, child = by_pid[fact.parent], by_pid[fact.child]
        assert child.birth_date.year - parent.birth_date.year >= 18, f"{parent.name} and {child.name}"


def test_every_minor_has_a_parent_at_home_and_some_elders_have_grown_up_children(today):
    by_pid = {person.pid: person for person in people(today)}
    parents = Counter(fact.child for fact in families(today))

    assert all(parents[person.pid] in {1, 2} for person in people(today) if person.age_on(today) < 18)
    assert any(by_pid[fact.child].age_on(today) > 40 for fact in families(today))
    assert len({person.household for person in people(today)}) in range(18, 23)


def test_a_grant_is_from_someone_of_sixteen_to_someone_of_eighteen_and_never_touches_a_protected_address(today):
    by_pid = {person.pid: person for person in people(today)}
    given = grants(today)

    assert len({(grant.giver, grant.receiver) for grant in given}) == len(given)
    for grant in given:
        giver, receiver = by_pid[grant.giver], by_pid[grant.receiver]
        assert giver.age_on(today) >= 16
        assert receiver.age_on(today) >= 18
        assert giver != receiver
        assert not giver.protected
        assert not receiver.protected
        assert set(grant.areas) <= set(GRANT_AREAS)


def test_grants_tell_the_stories_that_the_demo_is_for(today):
    by_pid = {person.pid: person for person in people(today)}
    pairs = [(by_pid[grant.giver], by_pid[grant.receiver]) for grant in grants(today)]
    parent_of = {(fact.parent, fact.child) for fact in families(today)}

    assert any((giver.pid, receiver.pid) in parent_of for giver, receiver in pairs), "no elder lets a child help"
    assert any((receiver.pid, giver.pid) in parent_of for giver, receiver in pairs), "no youth lets a parent help"
    assert any(giver.household == receiver.household and giver.age_on(today) > 40 for giver, receiver in pairs)


def test_a_mother_and_her_child_have_a_protected_address(today):
    hidden = [person for person in people(today) if person.protected]

    assert len(hidden) == 2
    assert hidden[0].household == hidden[1].household
