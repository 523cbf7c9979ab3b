"""What one sees, asks for and shows again of one's own, and nobody else does."""

from datetime import timedelta

import eventlet
import pytest
import sqlalchemy as sa

from helsami_consents.models import OTHER_IDS, SHIELDS, SHIELDS_RECEIVED
from helsami_consents.shielding.domain import MOST_STANDING, STANDING, State
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound

from .people import CHILD, MOTHER, STAFF, me, on_both


@on_both
def test_lifted_it_is_shown_from_the_next_question_on(shield, hidden, consents, told):
    shown = shield()

    lifted = [consents.lift_shield({"shield": shown["id"]}, me(CHILD)) for _ in range(2)]

    assert [each["state"] for each in lifted] == ["lifted", "lifted"]
    assert hidden() == set()
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert told().count(("shielding_lifted", CHILD, "lifted")) == 1


def test_one_sees_what_one_has_hidden_the_newest_first_page_by_page(shield, consents, clock):
    asked = []
    for number in range(3):
        asked.insert(0, shield(f"i{number}")["id"])
        clock.move(timedelta(minutes=1))

    first = consents.shields({"limit": 2}, me(CHILD))
    rest = consents.shields({"limit": 2, "cursor": first["next"]}, me(CHILD))

    assert [each["id"] for each in first["shields"] + rest["shields"]] == asked
    assert rest["next"] is None


def test_at_a_protected_address_one_is_told_no_organisation(shield, consents):
    shown = shield(access=me(CHILD, protected=True))

    assert shown["organisation"] is None
    assert consents.shields({}, me(CHILD, protected=True))["shields"][0]["organisation"] is None


@pytest.mark.parametrize("basis", ["parental", "grant", "capacity"])
def test_a_representative_hides_lifts_and_sees_nothing(shield, consents, basis):
    shown = shield()
    parent = me(CHILD, actor=MOTHER, basis=basis)

    for ask in (
        lambda: shield("i2", access=parent),
        lambda: consents.lift_shield({"shield": shown["id"]}, parent),
        lambda: consents.shields({}, parent),
    ):
        with pytest.raises(Forbidden):
            ask()


@on_both
def test_somebody_elses_shield_is_as_one_that_never_was(shield, consents):
    shown = shield()

    for named in (shown["id"], "0" * 32, "x" * 500):
        with pytest.raises(NotFound) as caught:
            consents.lift_shield({"shield": named}, me(MOTHER))
        assert (caught.value.code, caught.value.problems) == ("shield-not-found", ())


def test_an_item_is_hidden_once_from_the_same(shield):
    shield()

    with pytest.raises(Conflict, match="already-shielded"):
        shield()
    assert shield(hidden_from="staff")["state"] == "requested"


def test_a_command_sent_again_under_its_key_hides_once(shield, consents):
    again = [shield(key="k1") for _ in range(2)]

    assert again[0] == again[1]
    assert len(consents.shields({}, me(CHILD))["shields"]) == 1


def test_no_more_is_hidden_than_a_token_can_say(shield, keep):
    for number in range(MOST_STANDING):
        keep(f"many{number}", "parents")

    with pytest.raises(Conflict, match="too-many-shields"):
        shield()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_no_more_stand_than_may_when_many_are_asked_for_at_once(shield, keep, connected, store):
    connected(4)
    for number in range(MOST_STANDING - 1):
        keep(f"many{number}", "parents")
    answers = []

    def at_once(item):
        try:
            answers.append(shield(item)["state"])
        except Conflict as conflict:
            answers.append(conflict.code)

    pile = eventlet.GreenPile(4)
    for number in range(4):
        pile.spawn(at_once, f"one{number}")
    list(pile)

    assert sorted(answers) == ["awaiting"] + ["too-many-shields"] * 3
    with store.transaction(CHILD) as tx:
        assert tx.count_standing() == MOST_STANDING


@pytest.mark.parametrize(
    "more",
    [
        {"item": ""},
        {"item": "x" * 37},
        {"kind": ""},
        {"at": "yesterday"},
        {"hidden_from": "everybody"},
        {"hidden_from": "F" * 32},
        {"why": "nobody asks"},
    ],
)
def test_what_is_no_wish_to_hide_something_is_malformed(shield, more):
    with pytest.raises(Malformed):
        shield(**more)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_on_postgresql_a_shield_is_seen_and_touched_by_its_owner_alone(shield, store):
    shield()
    with store.transaction(CHILD) as tx:
        tx.also_known_as("i1", "other")

    with store.transaction(MOTHER) as tx:
        assert tx.connection.execute(sa.select(SHIELDS)).all() == []
        assert tx.connection.execute(sa.select(OTHER_IDS)).all() == []
        assert tx.connection.execute(sa.update(SHIELDS).values(state="lifted")).rowcount == 0
    for office, asked in (("trondheim", ["trondheim"]), ("levanger", [])):
        with store.transaction(f"organisation:{office}") as tx:
            assert tx.connection.execute(sa.select(SHIELDS)).all() == []
            assert tx.connection.execute(sa.select(SHIELDS_RECEIVED.c.organisation)).scalars().all() == asked


def test_every_state_stands_or_is_over(store):
    assert {State.REFUSED, State.LIFTED, State.ENDED} == set(State) - STANDING
