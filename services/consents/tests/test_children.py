"""Parents who act for their children: as the register says at every question, and not a second longer than that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helsami_consents.children.domain import ends_at, objection
from helsami_consents.children.entrypoints import LOOK_AGAIN
from helsami_consents.models import PARENTHOODS
from helsami_consents.people import Person
from helsami_kernel import Event, Obligation
from helsami_kernel.clock import OSLO
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.errors import Forbidden, NotFound, Refused
from helsami_kernel.testing import citizen_token

CHILD, MOTHER, FATHER, STRANGER, UNKNOWN = "1" * 32, "a" * 32, "b" * 32, "c" * 32, "d" * 32
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
FIVE_YEARS_OLD = date(2021, 2, 1)
HOLDERS = [MOTHER, FATHER]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
A_CHILD = Person(
    CHILD, "Modig Bekk", None, protected=False, deceased=False, holders=frozenset(HOLDERS), holder_at_address=True
)
A_MOTHER = Person(MOTHER, "Rolig Bekk", date(1985, 1, 1), protected=False, deceased=False)


@pytest.fixture(autouse=True)
def family(register):
    """A child with two parents at its address."""

    def becomes(**facts):
        known = {"birth_date": FIVE_YEARS_OLD, "holders": HOLDERS, "holder_at_address": True}
        register.knows(CHILD, **known | facts)

    becomes()
    return becomes


def _me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


@pytest.fixture
def apply(consents):
    def for_a_child(parent=MOTHER, child=CHILD):
        return consents.apply_for_child({"child": child}, _me(parent))

    return for_a_child


@pytest.fixture
def may(consents, verifier):
    """What a parent may do for the child now: the scopes, or nothing."""

    def ask(parent=MOTHER, audience="view:home"):
        asked = {"actor": parent, "subject": CHILD, "audiences": [audience], "purpose": "home"}
        try:
            token = verifier.verify(consents.decide(asked, GATEWAY)["tokens"][audience], audience)
        except NotFound:
            return frozenset()
        assert (token.actor, token.subject, token.basis) == (parent, CHILD, "parental")
        return token.scopes

    return ask


@pytest.fixture
def hears(consents, store):
    """Let consents hear of a change in the register, and keep what it promises thereby."""

    def of(handler, subject):
        getattr(consents, handler)(Event.of("e", subject=subject, data={}))
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OBLIGATIONS).where(OBLIGATIONS.c.kind == LOOK_AGAIN)).all()
        for row in rows:
            promised = Obligation(row.id, row.kind, row.owner, row.due_at, orjson.loads(row.payload))
            consents.look_again_at_child(promised)

    return of


@pytest.fixture
def told(store):
    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.subject)).all()
        return [(row.type, row.subject) for row in rows]

    return read


def test_a_parent_who_has_applied_acts_for_a_small_child_in_everything(apply, may):
    assert not may()

    child = apply()

    assert child | {"id": ""} == {
        "id": "",
        "citizen": CHILD,
        "name": "Modig 1",
        "basis": "parental",
        "code": "FO",
        "areas": {
            "appointments": ["see", "act"],
            "medications": ["see"],
            "messages": ["see", "act"],
            "records": ["see"],
            "results": ["see"],
        },
        "since": "2026-03-01T12:00:00Z",
        "until": "2037-01-31T23:00:00Z",
    }
    assert apply() == child
    assert {"results:read", "records:read", "appointments:act"} <= may()
    assert not may(FATHER), "each parent applies for themselves"


@pytest.mark.parametrize(
    "facts",
    [
        {"holders": [FATHER]},
        {"holders": []},
        {"holder_at_address": False},
        {"birth_date": date(2010, 3, 1)},
        {"birth_date": None},
        {"protected": True},
        {"deceased": True},
    ],
)
def test_whoever_the_register_does_not_let_is_refused_and_learns_no_more_than_of_a_child_that_is_unknown(
    apply, family, may, facts
):
    with pytest.raises(Refused) as unknown:
        apply(child=UNKNOWN)
    family(**facts)

    with pytest.raises(Refused) as refused:
        apply()

    assert (refused.value.code, refused.value.problems) == (unknown.value.code, unknown.value.problems)
    assert not may()


@pytest.mark.parametrize("facts", [{"protected": True}, {"deceased": True}, {"active": False}])
def test_a_parent_who_may_represent_nobody_does_not_act_for_a_child(apply, may, register, facts):
    apply()
    register.knows(MOTHER, **facts)

    assert not may()
    with pytest.raises(Refused, match="no-parental-access"):
        apply()


def test_golden_scenario_10_access_ends_at_midnight_in_oslo_when_a_child_turns_sixteen(apply, may, consents, clock):
    apply()
    birthday = datetime(2037, 2, 1, tzinfo=OSLO)

    clock.move_to(birthday - timedelta(seconds=1))
    assert may()
    assert len(consents.acting_for({}, _me(MOTHER))["acting_for"]) == 1
    clock.move_to(birthday)
    assert not may()
    assert consents.acting_for({}, _me(MOTHER)) == {"acting_for": []}
    with pytest.raises(Refused, match="no-parental-access"):
        apply()


def test_from_twelve_on_a_parent_is_left_the_appointments(apply, may, clock, consents):
    apply()
    birthday = datetime(2033, 2, 1, tzinfo=OSLO)

    clock.move_to(birthday - timedelta(seconds=1))
    assert "results:read" in may()
    clock.move_to(birthday)
    assert may() == {"appointments:read", "appointments:act"}
    assert consents.children({}, _me(MOTHER))["children"][0]["areas"] == {"appointments": ["see", "act"]}


def test_golden_scenario_11_when_nobody_is_at_the_childs_address_both_parents_lose_it(apply, may, family, hears, told):
    apply(MOTHER)
    apply(FATHER)

    family(holder_at_address=False)
    assert not may(MOTHER)
    assert not may(FATHER), "before anybody has heard of the move"
    hears("look_again_at_address", MOTHER)

    assert told() == [("representation_ended", MOTHER), ("representation_ended", FATHER)]
    family()
    assert not may(), "what the register has ended is applied for anew"
    assert apply()
    assert may()


@pytest.mark.parametrize(
    ("handler", "facts"),
    [
        ("look_again_at_responsibility", {"holders": [FATHER]}),
        ("look_again_at_protection", {"protected": True}),
        ("look_again_at_death", {"deceased": True}),
    ],
)
def test_a_change_in_the_register_is_told_to_the_parent_whom_it_concerns(apply, family, hears, told, handler, facts):
    apply()

    family(**facts)
    hears(handler, CHILD)
    hears(handler, CHILD)

    assert told() == [("representation_ended", MOTHER)]


def test_a_move_ends_nothing_of_a_parent_who_only_does_not_use_their_account(apply, may, hears, told, register):
    apply()
    register.knows(MOTHER, active=False)

    hears("look_again_at_address", CHILD)

    assert not may()
    assert told() == []
    register.knows(MOTHER)
    assert may()


def test_of_two_who_look_again_at_once_one_tells(consents, store, apply, family, told, register):
    apply()
    family(holders=[])
    answer, waiting = register.facts, []

    def facts(command, token, within=None):
        if not waiting:  # the second begins before the first has ended anything
            waiting.append(True)
            consents.look_again_at_child(Obligation("o2", LOOK_AGAIN, CHILD, NOW, {"child": CHILD}))
        return answer(command, token, within)

    register.facts = facts

    consents.look_again_at_child(Obligation("o1", LOOK_AGAIN, CHILD, NOW, {"child": CHILD}))

    assert told() == [("representation_ended", MOTHER)]


def test_a_change_that_rules_nothing_out_ends_nothing(apply, may, hears, told):
    apply()

    hears("look_again_at_address", CHILD)
    hears("look_again_at_responsibility", STRANGER)

    assert may()
    assert told() == []


def test_a_parent_stops_acting_for_a_child_and_may_begin_anew(consents, apply, may):
    child = apply()

    for _ in range(2):
        assert consents.leave_child({"child": child["id"]}, _me(MOTHER)) == {"child": child["id"]}
    assert not may()
    assert consents.children({}, _me(MOTHER)) == {"children": []}
    apply()
    assert may()


@pytest.mark.parametrize("citizen", [FATHER, STRANGER, CHILD])
def test_nobody_else_ends_it(consents, apply, may, citizen):
    child = apply()

    with pytest.raises(NotFound, match="child-not-found"):
        consents.leave_child({"child": child["id"]}, _me(citizen))
    assert may()


@pytest.mark.parametrize("method", ["apply_for_child", "leave_child", "children", "acting_for"])
def test_nobody_applies_or_looks_on_anothers_behalf(consents, method):
    command = {"child": CHILD} if method in {"apply_for_child", "leave_child"} else {}

    with pytest.raises(Forbidden):
        getattr(consents, method)(command, _me(MOTHER, actor=FATHER, basis="grant"))


def test_one_acts_for_children_and_for_who_has_granted_it(consents, apply, give):
    apply()
    give(receiver=MOTHER, giver=FATHER, areas={"results": ["see"]}, expires_at="2026-06-01T00:00:00Z")

    listed = consents.acting_for({}, _me(MOTHER))["acting_for"]

    assert [(each["citizen"], each["basis"], each["code"], each["until"]) for each in listed] == [
        (CHILD, "parental", "FO", "2037-01-31T23:00:00Z"),
        (FATHER, "grant", "FU", "2026-06-01T00:00:00Z"),
    ]
    assert listed[1]["areas"] == {"results": ["see"]}


def test_an_offer_that_is_not_accepted_lets_nobody_act(consents, offer):
    offer(receiver=MOTHER, giver=FATHER)

    assert consents.acting_for({}, _me(MOTHER)) == {"acting_for": []}


@given(st.dates(date(1990, 1, 1), date(2026, 3, 1)), st.timedeltas(timedelta(days=-9000), timedelta(days=9000)))
def test_access_ends_exactly_when_it_was_said_to(birth_date, ahead):
    child, until = replace(A_CHILD, birth_date=birth_date), ends_at(birth_date)

    for moment in (NOW + ahead, until - timedelta(microseconds=1), until):
        allowed = objection(child, A_MOTHER, moment) is None
        assert allowed == (moment < until)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_row_level_security_shows_it_to_child_and_parent_alone(store):
    with store.transaction(MOTHER) as tx:
        tx.begin_parenthood(CHILD)

    for citizen, seen in ((MOTHER, 1), (CHILD, 1), (FATHER, 0)):
        with store.transaction(citizen) as tx:
            assert len(tx.connection.execute(sa.select(PARENTHOODS)).all()) == seen
            assert tx.connection.execute(sa.delete(PARENTHOODS)).rowcount == 0
