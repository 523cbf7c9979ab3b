"""What a citizen hides is hidden in every token of those who act for them, from the very next one on."""

import uuid
from datetime import date, datetime, timedelta
from itertools import permutations

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_consents.models import OTHER_IDS, SHIELDS, SHIELDS_RECEIVED
from helsami_consents.shielding.domain import (
    ASKED_AGAIN_AFTER,
    DECLINED_STAYS,
    KEPT_WHEN_OVER,
    MOST_OTHER_IDS,
    MOST_STANDING,
    STANDING,
    State,
)
from helsami_consents.shielding.entrypoints import COME_OF_AGE, END
from helsami_consents.shielding.storage import FORGET
from helsami_kernel import Event, Obligation
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.clock import OSLO
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_kernel.testing import citizen_token, system_token

CHILD, MOTHER, FATHER, ADULT, DEPUTY = "1" * 32, "a" * 32, "b" * 32, "2" * 32, "c" * 32
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
FOURTEEN = date(2012, 2, 1)
STAFF = system_token("trondheim", scopes=frozenset({"organisations:manage"}))
ELSEWHERE = system_token("levanger", scopes=frozenset({"organisations:manage"}))
BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def _me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


@pytest.fixture(autouse=True)
def family(register, consents):
    """A young person with two parents who act for them, and an adult for whom nobody does."""
    register.knows(CHILD, birth_date=FOURTEEN, holders=[MOTHER, FATHER], holder_at_address=True)
    register.knows(ADULT)
    for parent in (MOTHER, FATHER):
        consents.apply_for_child({"child": CHILD}, _me(parent))


@pytest.fixture
def hidden(consents, verifier):
    """The ids that a token for somebody who acts for another hides, as every service reads it."""

    def from_whom(actor=MOTHER, subject=CHILD):
        question = {"actor": actor, "subject": subject, "audiences": ["appointments", "view:home"], "purpose": "home"}
        tokens = consents.decide(question, GATEWAY)["tokens"]
        said = [verifier.verify(token, audience).hidden for audience, token in tokens.items()]
        assert len(set(said)) == 1
        return set(said[0])

    return from_whom


@pytest.fixture
def is_parent(consents, verifier):
    """Whether a token for somebody who acts for the child says that they are or were a parent."""

    def of(actor):
        question = {"actor": actor, "subject": CHILD, "audiences": ["view:home"], "purpose": "home"}
        return verifier.verify(consents.decide(question, GATEWAY)["tokens"]["view:home"], "view:home").parent

    return of


@pytest.fixture
def shield(consents, clock):
    """Hide an item, as the gateway asks once its owner has said whose it is."""

    def hide(item="i1", hidden_from="parents", citizen=CHILD, key=None, access=None, **more):
        found = {"kind": "visit", "organisation": "trondheim", "at": clock().isoformat(), "key": f"Encounter|{item}"}
        wish = {"item": item, "also": None, **found, "hidden_from": hidden_from, **more}
        return consents.shield(wish, access or _me(citizen, idempotency_key=key))

    return hide


@pytest.fixture
def decide(consents):
    """What staff decide."""

    def say(shield, decision="confirm", reason="", access=STAFF, key=None):
        asked = citizen_key(access, key)
        return consents.decide_shield({"shield": shield["id"], "decision": decision, "reason": reason}, asked)

    return say


def citizen_key(access, key):
    return access if key is None else system_token(access.organisation, scopes=access.scopes, idempotency_key=key)


@pytest.fixture
def offer(consents):
    """Let somebody act for an adult."""

    def let(actor=DEPUTY, subject=ADULT):
        offered = consents.offer_grant({"receiver": actor, "level": "full"}, _me(subject))
        consents.accept_grant({"grant": offered["id"]}, _me(actor))
        return offered

    return let


@pytest.fixture
def keep(store, clock):
    """Keep a shield as the database has it."""

    def as_it_is(item, hidden_from, state="confirmed", owner=CHILD, **values):
        kept = {"id": uuid.uuid4().hex, "owner": owner, "item": item, "hidden_from": hidden_from, "state": state}
        what = {"kind": "visit", "organisation": "trondheim", "item_at": clock(), "item_key": "k"}
        with store.transaction(owner) as tx:
            more = {**what, "version": 1, "asked_at": clock(), "reason": "", **values}
            tx.connection.execute(sa.insert(SHIELDS).values(**kept, **more))
            if "also" in values:
                tx.also_known_as(item, values["also"])

    return as_it_is


@pytest.fixture
def told(store):
    """What was announced of shields: to whom, and how each stands."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at, OUTBOX.c.id)).all()
        mine = [row for row in rows if row.type.startswith("shielding_")]
        return sorted((row.type, row.subject, orjson.loads(row.data)["state"]) for row in mine)

    return events


@pytest.fixture
def fulfil(consents, store):
    """Keep what was promised of shields and is due now."""

    def due():
        with store.transaction(None) as tx:
            ours = OBLIGATIONS.c.kind.in_([END, COME_OF_AGE, FORGET])
            rows = tx.connection.execute(sa.select(OBLIGATIONS).where(ours, OBLIGATIONS.c.due_at <= tx.now)).all()
        for row in rows:
            promised = Obligation(row.id, row.kind, row.owner, row.due_at, orjson.loads(row.payload))
            getattr(consents, row.kind)(promised)

    return due


# What a token says


@BOTH
def test_a_token_says_what_is_hidden_from_its_actor_and_nobody_elses_items(keep, hidden):
    keep("i1", "parents", also="known elsewhere as this")
    keep("i2", "representatives", state="in-force")
    keep("i3", "f" * 32, state="awaiting", reader=MOTHER)
    keep("i4", "parents", owner=MOTHER)
    keep("i5", "staff", state="requested")

    assert hidden(MOTHER) == {"i1", "known elsewhere as this", "i2", "i3"}
    assert hidden(FATHER) == {"i1", "known elsewhere as this", "i2"}


@pytest.mark.parametrize("state", ["refused", "lifted", "ended"])
def test_what_is_over_hides_nothing(keep, hidden, state):
    keep("i1", "parents", state=state)

    assert hidden() == set()


def test_a_token_has_room_for_all_that_can_be_hidden_however_many_visits_are_told(keep, consents, hidden, store):
    for number in range(MOST_STANDING):
        keep(f"many{number}", "parents")
    with store.transaction(CHILD) as tx:
        rows = [
            {"owner": CHILD, "item": f"many{number}", "known_as": f"visit{number} {visit}"}
            for number in range(1, MOST_STANDING)
            for visit in range(MOST_OTHER_IDS)
        ]
        tx.connection.execute(sa.insert(OTHER_IDS), rows)
    visits = [{"appointment": "confirmed", "known_as": f"visit{number}"} for number in range(2 * MOST_OTHER_IDS)]
    for named in (*visits, {"appointment": "many0", "known_as": "confirmed"}, *visits, visits[0]):
        consents.name_appointments({"citizen": CHILD, "named": [named]}, system_token("trondheim"))

    assert len(hidden()) == MOST_HIDDEN == MOST_STANDING * (1 + MOST_OTHER_IDS)
    assert {"many0", "confirmed", "visit0"} <= hidden()


@pytest.mark.parametrize("holders", [[MOTHER], []], ids=["a parent yet", "one who was"])
def test_what_was_hidden_from_parents_stays_hidden_from_one_who_holds_a_grant_later(
    shield, hidden, is_parent, offer, clock, register, holders
):
    shield()
    clock.move(timedelta(days=3 * 365))
    register.knows(CHILD, birth_date=FOURTEEN, holders=holders)
    offer(MOTHER, CHILD)
    offer(DEPUTY, CHILD)

    assert hidden(MOTHER) == {"i1"}
    assert hidden(DEPUTY) == set()
    assert (is_parent(MOTHER), is_parent(DEPUTY)) == (True, False)  # and so does what record systems hide from parents


def test_what_was_hidden_from_parents_stays_hidden_from_one_who_never_acted_as_such(
    shield, hidden, is_parent, offer, clock, register
):
    register.knows(CHILD, birth_date=FOURTEEN, holders=[MOTHER, DEPUTY], holder_at_address=True)
    shield()
    register.knows(other := "d" * 32)
    clock.move(timedelta(days=5 * 365))
    register.knows(CHILD, birth_date=FOURTEEN, holders=[])
    register.knows(DEPUTY)
    offer(DEPUTY, CHILD)
    offer(other, CHILD)

    assert (hidden(DEPUTY, CHILD), hidden(other, CHILD)) == ({"i1"}, set())
    assert (is_parent(DEPUTY), is_parent(other)) == (True, False)


# A young person and their parents


@BOTH
def test_what_a_young_person_hides_is_hidden_at_once_and_waits_for_the_word_of_staff(shield, hidden, consents, told):
    shown = shield()

    assert (shown["state"], shown["hidden_from"], shown["organisation"]) == ("awaiting", "parents", "trondheim")
    assert hidden(MOTHER) == hidden(FATHER) == {"i1"}
    assert told() == [("shielding_requested", CHILD, "awaiting")]
    waiting = consents.open_shields({}, STAFF)["shields"]
    assert [(each["id"], each["key"], each["citizen"]["name"]) for each in waiting] == [
        (shown["id"], "Encounter|i1", "Modig 1")
    ]


def test_confirmed_it_stays_hidden_and_staff_are_asked_no_more(shield, decide, hidden, consents, told):
    shown = shield()

    assert decide(shown)["state"] == "confirmed"

    assert hidden() == {"i1"}
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert ("shielding_decided", CHILD, "confirmed") in told()
    with pytest.raises(Conflict, match="already-decided"):
        decide(shown)


@BOTH
def test_what_staff_decline_is_told_first_and_stays_hidden_for_seven_days(
    shield, decide, hidden, consents, told, clock, fulfil
):
    shown = shield()

    declined = decide(shown, "decline", "parents-must-know")

    assert (declined["state"], declined["reason"]) == ("declined", "parents-must-know")
    assert ("shielding_decided", CHILD, "declined") in told()
    clock.move(DECLINED_STAYS - timedelta(seconds=1))
    fulfil()
    assert hidden() == {"i1"}
    clock.move(timedelta(seconds=1))
    assert hidden() == set()  # by the clock, whoever writes it down how late
    fulfil()
    fulfil()
    assert told().count(("shielding_lifted", CHILD, "ended")) == 1
    (mine,) = consents.shields({}, _me(CHILD))["shields"]
    assert (mine["state"], mine["reason"]) == ("ended", "parents-must-know")


@pytest.mark.parametrize("asked", [{}, {"hidden_from": "representatives"}, {"item": "other", "also": "i1"}])
def test_what_staff_have_declined_is_hidden_anew_only_once_they_say_otherwise(
    shield, decide, hidden, clock, fulfil, consents, asked
):
    decide(shield(), "decline", "talk-to-us")
    with pytest.raises(Conflict, match="already-shielded"):
        shield()
    clock.move(DECLINED_STAYS)
    fulfil()

    again = shield(**asked)

    assert (again["state"], hidden()) == ("requested", set())
    assert [each["id"] for each in consents.open_shields({}, STAFF)["shields"]] == [again["id"]]
    assert decide(again)["state"] == "confirmed"
    assert "i1" in hidden()
    consents.lift_shield({"shield": again["id"]}, _me(CHILD))
    assert hidden() == set()
    assert shield()["state"] == "awaiting"


def test_what_staff_have_declined_hides_no_longer_by_being_shown_and_hidden_again(shield, decide, hidden, consents):
    declined = decide(shield(), "decline", "talk-to-us")
    consents.lift_shield({"shield": declined["id"]}, _me(CHILD))

    assert (shield()["state"], hidden()) == ("requested", set())


def test_what_staff_have_declined_of_one_reader_is_not_confirmed_by_their_word_on_another(
    shield, decide, hidden, clock, fulfil, consents
):
    decide(shield(), "decline", "parents-must-know")
    clock.move(DECLINED_STAYS)
    fulfil()
    (father, *_) = (each["id"] for each in consents.grants({}, _me(CHILD))["given"] if each["citizen"] == FATHER)
    decide(shield(hidden_from=father))

    assert (hidden(MOTHER), hidden(FATHER)) == (set(), {"i1"})
    anew = shield()
    assert (anew["state"], hidden(MOTHER)) == ("requested", set())
    decide(anew)
    consents.lift_shield({"shield": anew["id"]}, _me(CHILD))
    assert (shield()["state"], hidden(MOTHER)) == ("awaiting", {"i1"})


def test_staff_who_say_no_twice_are_not_asked_again_within_thirty_days(shield, decide, hidden, clock, fulfil):
    decide(shield(), "decline", "talk-to-us")
    clock.move(DECLINED_STAYS)
    fulfil()
    refused = decide(shield(), "decline", "parents-must-know")

    assert (refused["state"], refused["until"], hidden()) == ("refused", None, set())
    clock.move(ASKED_AGAIN_AFTER - timedelta(seconds=1))
    for hidden_from in ("parents", "representatives"):
        with pytest.raises(Conflict, match="declined-lately"):
            shield(hidden_from=hidden_from)
    assert shield("i2")["state"] == "awaiting"
    assert shield(hidden_from="staff")["state"] == "requested"
    clock.move(timedelta(seconds=1))
    assert shield()["state"] == "requested"


def test_what_staff_have_declined_once_is_ones_own_at_16(shield, decide, hidden, clock, fulfil, register, offer):
    register.knows(CHILD, birth_date=clock().date() - timedelta(days=16 * 365 - 30), holders=[MOTHER, FATHER])
    decide(shield(), "decline", "talk-to-us")
    clock.move(DECLINED_STAYS)
    fulfil()
    asked = shield()
    clock.move(timedelta(days=40))
    fulfil()
    offer(DEPUTY, CHILD)

    assert asked["state"] == "requested"
    assert shield("i1", hidden_from="representatives")["state"] == "in-force"
    assert hidden(DEPUTY, CHILD) == {"i1"}


@BOTH
def test_what_is_over_is_forgotten_after_a_year_and_what_was_declined_when_one_is_of_age(
    shield, decide, consents, clock, fulfil, register
):
    consents.lift_shield({"shield": shield("lifted")["id"]}, _me(CHILD))
    decide(shield("declined"), "decline", "talk-to-us")
    stands = shield("stands")
    clock.move(DECLINED_STAYS)
    fulfil()

    def known():
        return {each["item"] for each in consents.shields({}, _me(CHILD))["shields"]}

    clock.move(KEPT_WHEN_OVER - DECLINED_STAYS - timedelta(seconds=1))
    fulfil()
    assert known() == {"lifted", "declined", "stands"}
    clock.move(DECLINED_STAYS + timedelta(seconds=1))
    fulfil()
    assert known() == {"declined", "stands"}
    assert shield("declined")["state"] == "requested"
    clock.move_to(clock().replace(year=2028, month=2, day=2))
    fulfil()
    fulfil()
    assert {each["id"] for each in consents.shields({}, _me(CHILD))["shields"]} >= {stands["id"]}
    assert "ended" not in {each["state"] for each in consents.shields({}, _me(CHILD))["shields"]}


def test_from_ones_16th_birthday_on_nobody_else_has_a_word_in_it(shield, decide, consents, clock, fulfil, told):
    first, second = shield("i1"), shield("i2")
    clock.move_to(clock().replace(year=2028, month=1, day=30))
    decide(second, "decline", "parents-must-know")
    clock.move(timedelta(days=3))
    fulfil()
    clock.move(timedelta(days=30))
    fulfil()

    states = {each["id"]: (each["state"], each["until"]) for each in consents.shields({}, _me(CHILD))["shields"]}
    assert states == {first["id"]: ("in-force", None), second["id"]: ("in-force", None)}
    assert consents.open_shields({}, STAFF)["shields"] == []


@BOTH
def test_from_the_first_moment_of_that_day_it_is_hidden_whatever_staff_have_said_before(
    shield, decide, hidden, clock, fulfil, offer, consents
):
    decide(shield("ended long ago"), "decline", "parents-must-know")
    decide(shield("anew"), "decline", "parents-must-know")
    clock.move(DECLINED_STAYS)
    fulfil()
    assert shield("anew")["state"] == "requested"
    shield("of staff", hidden_from="staff")
    clock.move_to(datetime(2028, 1, 31, 23, 0, tzinfo=OSLO))
    decide(shield("just declined"), "decline", "parents-must-know")
    clock.move(timedelta(minutes=59))
    assert hidden() == {"just declined"}

    clock.move(timedelta(minutes=1))
    offer(MOTHER, CHILD)
    assert hidden() == {"just declined", "anew"}
    clock.move(2 * DECLINED_STAYS)
    assert hidden() == {"just declined", "anew"}
    fulfil()
    assert hidden() == {"just declined", "anew"}
    states = {each["item"]: each["state"] for each in consents.shields({}, _me(CHILD))["shields"]}
    assert (states["just declined"], "ended long ago" in states) == ("in-force", False)


@pytest.mark.parametrize("birth_date", [date(2014, 3, 2), date(2020, 1, 1), None])
def test_nobody_under_twelve_or_of_unknown_age_hides_anything(shield, register, birth_date):
    register.knows(CHILD, birth_date=birth_date, holders=[MOTHER], holder_at_address=True)

    with pytest.raises(Refused, match="too-young-to-shield"):
        shield()


# Adults and who acts for them


@BOTH
def test_an_adult_hides_at_once_and_asks_nobody(shield, offer, hidden, consents, told):
    offer()

    shown = shield(citizen=ADULT, hidden_from="representatives")

    assert shown["state"] == "in-force"
    assert hidden(DEPUTY, ADULT) == {"i1"}
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert told() == [("shielding_requested", ADULT, "in-force")]


@BOTH
def test_one_representative_alone_is_hidden_from_on_whatever_ground_they_act(shield, offer, hidden, consents):
    grants = {actor: offer(actor)["id"] for actor in (MOTHER, DEPUTY)}

    shield(citizen=ADULT, hidden_from=grants[DEPUTY])

    assert (hidden(DEPUTY, ADULT), hidden(MOTHER, ADULT)) == ({"i1"}, set())
    consents.end_grant({"grant": grants[DEPUTY]}, _me(ADULT))
    offer(DEPUTY)
    assert hidden(DEPUTY, ADULT) == {"i1"}


def test_a_parent_alone_is_named_by_what_they_act_by(shield, hidden, consents):
    given = consents.grants({}, _me(CHILD))["given"]
    assert {(each["citizen"], each["basis"], each["state"]) for each in given} == {
        (parent, "parental", "active") for parent in (MOTHER, FATHER)
    }
    (acting,) = [each["id"] for each in given if each["citizen"] == MOTHER]
    with pytest.raises(Refused, match="parent-by-register"):
        consents.end_grant({"grant": acting}, _me(CHILD))

    shield(hidden_from=acting)

    assert (hidden(MOTHER), hidden(FATHER)) == ({"i1"}, set())


def test_a_guardian_whom_the_register_names_is_named_as_others_are(shield, hidden, register):
    since = {"mandates": ["health-and-care"], "since": "2026-01-01T00:00:00Z", "until": None}
    register.knows(ADULT, guardians=[{"id": "e" * 32, "citizen": DEPUTY, **since}])
    register.knows(DEPUTY, wards=[ADULT])

    shield(citizen=ADULT, hidden_from="e" * 32)

    assert hidden(DEPUTY, ADULT) == {"i1"}


def test_nobody_is_named_who_acts_for_somebody_else(shield, offer):
    of_another = offer(DEPUTY, MOTHER)["id"]

    for named in (of_another, "0" * 32):
        with pytest.raises(NotFound) as caught:
            shield(hidden_from=named)
        assert (caught.value.code, caught.value.problems) == ("representation-not-found", ())


@BOTH
def test_what_is_known_by_another_id_later_is_hidden_by_that_as_well(shield, consents, hidden):
    shield()
    shield("i2")
    named = {"appointment": "i1", "known_as": "other", "added later": 1}

    consents.hide_by_other_name(Event.of("appointment_named", subject=CHILD, data=named))
    consents.hide_by_other_name(Event.of("appointment_named", subject=MOTHER, data={**named, "appointment": "i2"}))

    assert hidden() == {"i1", "other", "i2"}


@BOTH
@pytest.mark.parametrize("heard", ["event", "delivery"])
def test_what_was_known_by_another_id_before_it_was_hidden_is_hidden_by_that_as_well(shield, consents, hidden, heard):
    named = {"appointment": "i1", "known_as": "other"}
    for citizen in (CHILD, MOTHER) * 2:
        if heard == "event":
            consents.hide_by_other_name(Event.of("appointment_named", subject=citizen, data=named))
        else:
            consents.name_appointments({"citizen": citizen, "named": [named]}, system_token("trondheim"))

    assert hidden() == set()
    shield()
    assert hidden() == {"i1", "other"}


@BOTH
@pytest.mark.parametrize("named", [*permutations([("i1", "confirmed"), ("confirmed", "visit"), ("visit", "part")])])
def test_a_booking_leads_to_its_visit_in_whatever_order_that_is_said(shield, consents, hidden, named):
    for item, known_as in named:
        pairs = [{"appointment": item, "known_as": known_as}]
        consents.name_appointments({"citizen": CHILD, "named": pairs}, system_token("trondheim"))

    shield()
    assert hidden() == {"i1", "confirmed", "visit", "part"}


@BOTH
def test_what_is_known_by_another_id_when_it_is_hidden_leads_on_from_that(shield, consents, hidden):
    shield(also="confirmed")
    pairs = [{"appointment": "confirmed", "known_as": "visit"}]
    consents.name_appointments({"citizen": CHILD, "named": pairs}, system_token("trondheim"))

    assert hidden() == {"i1", "confirmed", "visit"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_names_that_are_told_at_once_make_one_chain(shield, hidden, store, connected):
    connected(2)
    shield()
    told = [("i1", "confirmed"), ("confirmed", "visit")]

    def tell(item, known_as):
        with store.transaction(CHILD) as tx:
            tx.also_known_as(item, known_as)
            eventlet.sleep(0.2)  # so that it is not over before the other begins

    list(eventlet.GreenPool(2).starmap(tell, told))

    assert hidden() == {"i1", "confirmed", "visit"}


# Staff


def test_from_staff_it_is_the_organisation_that_hides(shield, decide, consents, hidden, offer, told):
    offer()
    asked = shield(citizen=ADULT, hidden_from="staff")

    assert (asked["state"], hidden(DEPUTY, ADULT)) == ("requested", set())
    assert decide(asked)["state"] == "granted"

    assert consents.lift_shield({"shield": asked["id"]}, _me(ADULT))["state"] == "lifting"
    (waiting,) = consents.open_shields({}, STAFF)["shields"]
    assert (waiting["id"], waiting["state"], waiting["hidden_from"]) == (asked["id"], "lifting", "staff")
    with pytest.raises(Malformed):
        decide(asked, "decline", "not-ours")
    assert decide(asked)["state"] == "lifted"
    assert {state for _, _, state in told()} == {"requested", "granted", "lifting", "lifted"}


def test_staff_refuse_with_a_reason(shield, decide):
    asked = shield(citizen=ADULT, hidden_from="staff")

    refused = decide(asked, "decline", "needed-for-treatment")

    assert (refused["state"], refused["until"], refused["reason"]) == ("refused", None, "needed-for-treatment")


@pytest.mark.parametrize(
    ("decision", "reason"), [("decline", ""), ("confirm", "not-ours"), ("decline", "whatever"), ("lift", "")]
)
def test_a_decision_that_is_none_is_malformed(shield, decide, decision, reason):
    with pytest.raises(Malformed):
        decide(shield(), decision, reason)


def test_another_organisations_staff_find_nothing(shield, decide, consents):
    shown = shield()

    assert consents.open_shields({}, ELSEWHERE) == {"shields": [], "next": None}
    for named in (shown, {"id": "0" * 32}):
        with pytest.raises(NotFound) as caught:
            decide(named, access=ELSEWHERE)
        assert (caught.value.code, caught.value.problems) == ("shield-not-found", ())


def test_that_staff_saw_what_is_hidden_is_in_the_citizens_access_log_once_a_day(shield, decide, consents, clock):
    shown = shield()

    def seen():
        items = orjson.loads(consents.access_log({}, _me(CHILD)))["items"]
        return [each["organisation"] for each in items if each["role"] == "staff"]

    for _ in range(3):
        consents.open_shields({}, STAFF)
    assert seen() == ["trondheim"]
    decide(shown)
    assert seen() == ["trondheim"] * 2


def test_what_waits_comes_in_pages_the_oldest_first(shield, consents, clock):
    asked = []
    for number in range(5):
        asked.append(shield(f"i{number}")["id"])
        clock.move(timedelta(minutes=1))

    found, cursor = [], None
    while not found or cursor is not None:
        page = consents.open_shields({"limit": 2, "cursor": cursor}, STAFF)
        found += [each["id"] for each in page["shields"]]
        cursor = page["next"]

    assert found == asked


def test_staff_who_say_it_again_under_the_same_key_have_the_same_answer(shield, decide):
    shown = shield()

    assert decide(shown, key="k1") == decide(shown, key="k1")


# One's own


@BOTH
def test_lifted_it_is_shown_from_the_next_question_on(shield, hidden, consents, told):
    shown = shield()

    lifted = [consents.lift_shield({"shield": shown["id"]}, _me(CHILD)) for _ in range(2)]

    assert [each["state"] for each in lifted] == ["lifted", "lifted"]
    assert hidden() == set()
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert told().count(("shielding_lifted", CHILD, "lifted")) == 1


def test_one_sees_what_one_has_hidden_the_newest_first_page_by_page(shield, consents, clock):
    asked = []
    for number in range(3):
        asked.insert(0, shield(f"i{number}")["id"])
        clock.move(timedelta(minutes=1))

    first = consents.shields({"limit": 2}, _me(CHILD))
    rest = consents.shields({"limit": 2, "cursor": first["next"]}, _me(CHILD))

    assert [each["id"] for each in first["shields"] + rest["shields"]] == asked
    assert rest["next"] is None


def test_at_a_protected_address_one_is_told_no_organisation(shield, consents):
    shown = shield(access=_me(CHILD, protected=True))

    assert shown["organisation"] is None
    assert consents.shields({}, _me(CHILD, protected=True))["shields"][0]["organisation"] is None


@pytest.mark.parametrize("basis", ["parental", "grant", "capacity"])
def test_a_representative_hides_lifts_and_sees_nothing(shield, consents, basis):
    shown = shield()
    parent = _me(CHILD, actor=MOTHER, basis=basis)

    for ask in (
        lambda: shield("i2", access=parent),
        lambda: consents.lift_shield({"shield": shown["id"]}, parent),
        lambda: consents.shields({}, parent),
    ):
        with pytest.raises(Forbidden):
            ask()


@BOTH
def test_somebody_elses_shield_is_as_one_that_never_was(shield, consents):
    shown = shield()

    for named in (shown["id"], "0" * 32, "x" * 500):
        with pytest.raises(NotFound) as caught:
            consents.lift_shield({"shield": named}, _me(MOTHER))
        assert (caught.value.code, caught.value.problems) == ("shield-not-found", ())


def test_an_item_is_hidden_once_from_the_same(shield):
    shield()

    with pytest.raises(Conflict, match="already-shielded"):
        shield()
    assert shield(hidden_from="staff")["state"] == "requested"


def test_a_command_sent_again_under_its_key_hides_once(shield, consents):
    again = [shield(key="k1") for _ in range(2)]

    assert again[0] == again[1]
    assert len(consents.shields({}, _me(CHILD))["shields"]) == 1


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
