"""Grants as their two sides deal with them: offered, accepted, changed, ended, and told of."""

from datetime import UTC, date, datetime, timedelta

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_consents.grants import schemas
from helsami_consents.grants.domain import AREAS, MOST_CHANGES, MOST_OPEN
from helsami_kernel import Obligation
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.errors import Conflict, Malformed, NotFound, Refused
from helsami_kernel.testing import citizen_token

GIVER, RECEIVER, STRANGER, UNKNOWN = "a" * 32, "b" * 32, "c" * 32, "d" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
IN_JUNE = {"level": "full", "expires_at": "2026-06-01T00:00:00+02:00"}


def _me(citizen):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"])


@pytest.fixture
def told(store):
    """What was announced since the last time it was asked."""
    seen = set()

    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence, OUTBOX.c.subject)).all()
        new = [row for row in rows if row.id not in seen]
        seen.update(row.id for row in new)
        return [(row.type, row.subject, orjson.loads(row.data)["state"], row.sequence) for row in new]

    return read


@pytest.fixture
def says(consents):
    """What a citizen does about a grant."""

    def what(method, citizen, grant, **terms):
        return getattr(consents, method)({"grant": grant["id"], **terms}, _me(citizen))

    return what


@pytest.fixture
def state(consents):
    """How a citizen's only grant stands, as they see it."""

    def of(citizen=GIVER):
        overview = consents.grants({}, _me(citizen))
        (grant,) = overview["given"] + overview["received"]
        return grant["state"]

    return of


@pytest.fixture
def may(consents):
    """Whether the receiver may do something on the giver's behalf now."""

    def ask(audience="results"):
        asked = {"actor": RECEIVER, "subject": GIVER, "audiences": [audience], "purpose": audience}
        try:
            return bool(consents.decide(asked, GATEWAY)["tokens"])
        except NotFound:
            return False

    return ask


@pytest.fixture
def keep_promises(consents, store, clock):
    """Fulfil what is due, each once, as the clerk does."""
    done = set()

    def run():
        with store._database.engine.connect() as connection:
            due = sa.select(OBLIGATIONS).where(OBLIGATIONS.c.due_at <= clock()).order_by(OBLIGATIONS.c.due_at)
            rows = [row for row in connection.execute(due) if row.id not in done]
        done.update(row.id for row in rows)
        for row in rows:
            promised = Obligation(row.id, row.kind, row.owner, row.due_at, orjson.loads(row.payload))
            getattr(consents, row.kind)(promised)
        return [row.kind for row in rows]

    return run


def test_a_grant_is_shown_with_its_other_side(offer):
    offered = schemas.Shown().dump(offer(level="communicate"))

    assert offered | {"id": ""} == {
        "id": "",
        "citizen": RECEIVER,
        "name": "Modig b",
        "basis": "grant",
        "code": "FU",
        "areas": {"appointments": ["see", "act"], "forms": ["see", "act"], "messages": ["see", "act"]},
        "level": "communicate",
        "state": "offered",
        "version": 1,
        "granted_at": "2026-03-01T12:00:00Z",
        "accepted_at": None,
        "expires_at": None,
        "ended_at": None,
    }


def test_nothing_may_be_done_before_the_receiver_has_said_yes(offer, says, may, told):
    grant = offer()
    assert not may()

    accepted = says("accept_grant", RECEIVER, grant)

    assert (accepted["state"], accepted["accepted_at"]) == ("active", "2026-03-01T12:00:00Z")
    assert may()
    assert says("accept_grant", RECEIVER, grant) == accepted
    assert told() == [("grant_offered", RECEIVER, "offered", 1), ("grant_accepted", GIVER, "active", 2)]


@pytest.mark.parametrize("citizen", [GIVER, STRANGER])
def test_only_the_receiver_accepts(offer, says, citizen, state):
    grant = offer()

    with pytest.raises(NotFound, match="grant-not-found"):
        says("accept_grant", citizen, grant)
    assert state() == "offered"


def test_what_was_offered_by_somebody_who_can_no_longer_be_represented_is_not_there(offer, says, register, consents):
    grant = offer()
    register.knows(GIVER, protected=True)

    with pytest.raises(NotFound, match="grant-not-found"):
        says("accept_grant", RECEIVER, grant)
    assert consents.grants({}, _me(RECEIVER))["received"] == []
    assert len(consents.grants({}, _me(GIVER))["given"]) == 1


@pytest.mark.parametrize(
    ("how", "citizen", "ended_as"),
    [
        ("offer", GIVER, "revoked"),
        ("give", GIVER, "revoked"),
        ("offer", RECEIVER, "declined"),
        ("give", RECEIVER, "renounced"),
    ],
)
def test_either_side_ends_a_grant_at_any_time_and_the_other_is_told(request, says, told, how, citizen, ended_as):
    grant = request.getfixturevalue(how)()
    told()

    ended = says("end_grant", citizen, grant)

    assert ended["state"] == ended_as
    assert says("end_grant", citizen, grant) == ended
    assert told() == [("grant_ended", RECEIVER if citizen == GIVER else GIVER, ended_as, ended["version"])]


@pytest.mark.parametrize("citizen", [GIVER, RECEIVER])
def test_what_has_ended_lets_nobody_do_anything_and_is_listed_no_longer(give, says, may, consents, citizen):
    says("end_grant", citizen, give())

    assert not may()
    assert [consents.grants({}, _me(side)) for side in (GIVER, RECEIVER)] == [{"given": [], "received": []}] * 2


def test_an_ended_grant_is_neither_accepted_nor_changed_but_can_be_offered_anew(offer, says, may):
    grant = offer()
    says("end_grant", GIVER, grant)

    with pytest.raises(Conflict, match="grant-ended"):
        says("accept_grant", RECEIVER, grant)
    with pytest.raises(Conflict, match="grant-ended"):
        says("change_grant", GIVER, grant, level="read")
    again = offer()
    assert (again["id"], again["state"], again["version"]) == (grant["id"], "offered", 3)
    assert not may()


@pytest.mark.parametrize("citizen", [GIVER, RECEIVER])
def test_an_offer_that_is_ended_again_and_again_is_not_told_without_end(offer, says, told, clock, citizen):
    for _ in range(MOST_CHANGES):
        grant = offer()
        says("end_grant", citizen, grant)
    assert len(told()) == 2 * MOST_CHANGES

    with pytest.raises(Conflict, match="changed-too-often"):
        offer()
    assert told() == []
    clock.move(timedelta(days=1))
    assert offer()["state"] == "offered"


def test_terms_that_go_to_and_fro_are_not_told_without_end_and_the_grant_can_be_ended(give, says, told):
    grant = give()
    told()
    for number in range(MOST_CHANGES - 1):
        says("change_grant", GIVER, grant, level=("read", "full")[number % 2])
    assert len(told()) == MOST_CHANGES - 1

    with pytest.raises(Conflict, match="changed-too-often"):
        says("change_grant", GIVER, grant, level="communicate")
    assert says("end_grant", GIVER, grant)["state"] == "revoked"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_offers_at_the_same_moment_are_counted_one_after_the_other(offer, register, connected):
    for number in range(MOST_OPEN - 1):
        register.knows(f"{number:032x}")
        offer(f"{number:032x}")

    def at_once(receiver):
        try:
            return offer(receiver)["state"]
        except Conflict as refused:
            return refused.code

    connected(5)
    pile = eventlet.GreenPile()
    for number in range(100, 105):
        register.knows(f"{number:032x}")
        pile.spawn(at_once, f"{number:032x}")
    assert sorted(pile) == ["offered", *["too-many-grants"] * 4]


def test_nobody_has_two_grants_of_one_giver(give, offer, state):
    give()

    with pytest.raises(Conflict, match="already-granted"):
        offer(level="full")
    assert state() == "active"


def test_a_change_holds_from_the_next_question_on(give, says, may, told):
    grant = give()
    told()

    changed = says("change_grant", GIVER, grant, areas={"records": ["see"]})

    assert (changed["areas"], changed["state"], changed["version"]) == ({"records": ["see"]}, "active", 3)
    assert may("records")
    with pytest.raises(Exception, match="not-permitted"):
        may("results")
    assert told() == [("grant_changed", RECEIVER, "active", 3)]
    assert says("change_grant", GIVER, grant, areas={"records": ["see"]}) == changed
    assert told() == []


def test_only_the_giver_changes_what_is_granted(give, says, may):
    grant = give()

    for citizen in (RECEIVER, STRANGER):
        with pytest.raises(NotFound, match="grant-not-found"):
            says("change_grant", citizen, grant, level="full")
    assert may()


def test_golden_scenario_13_communicate_only_books_and_reads_no_results(consents, give, verifier):
    give(level="communicate")
    asked = {"actor": RECEIVER, "subject": GIVER}

    booking = {**asked, "audiences": ["appointments"], "purpose": "book"}
    token = verifier.verify(consents.decide(booking, GATEWAY)["tokens"]["appointments"], "appointments")
    assert token.scopes == {"appointments:read", "appointments:act", "messages:read", "messages:act", "notices:read"}
    for area in ("results", "medications", "records"):
        with pytest.raises(Exception, match="not-permitted"):
            consents.decide({**asked, "audiences": [area], "purpose": area}, GATEWAY)


def test_a_grant_ends_by_itself_when_its_time_is_up_and_both_were_told_before(
    give, may, told, clock, keep_promises, consents
):
    give(**IN_JUNE)
    told()

    clock.move_to(datetime(2026, 5, 17, 22, tzinfo=UTC))
    assert keep_promises() == ["warn_of_expiry"]
    assert told() == [("grant_expiring", GIVER, "active", 2), ("grant_expiring", RECEIVER, "active", 2)]
    clock.move_to(datetime(2026, 5, 31, 22, tzinfo=UTC) - timedelta(seconds=1))
    assert may()
    clock.move_to(datetime(2026, 5, 31, 22, tzinfo=UTC))
    assert not may(), "before anybody has written it down"
    assert keep_promises() == ["expire_grant"]

    assert told() == [("grant_ended", GIVER, "expired", 3), ("grant_ended", RECEIVER, "expired", 3)]
    assert consents.grants({}, _me(GIVER))["given"] == []


def test_a_grant_with_another_end_by_now_neither_warns_nor_ends(give, says, may, told, clock, keep_promises):
    grant = give(**IN_JUNE)
    says("change_grant", GIVER, grant, level="full")
    told()

    clock.move_to(datetime(2026, 7, 1, tzinfo=UTC))

    assert keep_promises() == ["warn_of_expiry", "expire_grant"]
    assert told() == []
    assert may()


@pytest.mark.parametrize("end", ["2026-03-01T12:00:00Z", "2020-01-01T00:00:00Z", "2046-01-01T00:00:00Z"])
def test_an_end_that_has_been_or_is_too_far_off_is_refused(offer, end):
    with pytest.raises(Malformed) as refused:
        offer(level="read", expires_at=end)

    assert [problem.field for problem in refused.value.problems] == ["expires_at"]


@pytest.mark.parametrize("side", [GIVER, RECEIVER])
def test_golden_scenario_18_a_grant_is_suspended_while_an_account_is_not_used_and_until_it_is_meant_anew(
    give, may, says, state, register, clock, side
):
    grant = give()
    register.knows(side, active=False)
    assert not may()
    clock.move_to(NOW + timedelta(days=9))
    register.knows(side, active=True, back_since="2026-03-09T00:00:00Z")
    assert not may()
    assert state(side) == "suspended"

    other = RECEIVER if side == GIVER else GIVER
    assert says("confirm_grant", other, grant)["state"] == "suspended", "who did not leave cannot bring it back"
    assert says("confirm_grant", side, grant)["state"] == "active"
    assert may()


def test_whoever_did_not_accept_does_not_confirm(offer, says):
    grant = offer()

    with pytest.raises(Conflict, match="grant-not-accepted"):
        says("confirm_grant", RECEIVER, grant)
    assert says("confirm_grant", GIVER, grant)["version"] == 1


def test_the_same_key_offers_once_and_answers_the_same(offer):
    first = offer(key="k1")

    assert offer(key="k1") == first
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        offer(key="k1", level="full")


def test_a_key_that_was_refused_can_be_used_when_it_is_allowed(offer, register):
    register.knows(RECEIVER, birth_date=date(2009, 1, 1))
    with pytest.raises(Refused):
        offer(key="k1")
    register.knows(RECEIVER)

    assert offer(key="k1")["version"] == 1


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        (GIVER, {"birth_date": date(2010, 3, 2)}, "giver-too-young"),
        (GIVER, {"protected": True}, "protected-address"),
        (RECEIVER, {"birth_date": date(2008, 3, 2)}, "receiver-too-young"),
        (RECEIVER, {"protected": True}, "citizen-not-found"),
        (RECEIVER, {"deceased": True}, "citizen-not-found"),
        (RECEIVER, {"active": False}, "citizen-not-found"),
    ],
)
def test_who_may_not_give_or_receive_is_told_only_what_they_may_know(offer, register, told, who, change, code):
    register.knows(who, **change)

    with pytest.raises(NotFound if code == "citizen-not-found" else Refused, match=code):
        offer()

    assert told() == []


@pytest.mark.parametrize("giver", [{"birth_date": date(2010, 3, 2)}, {"protected": True}])
@pytest.mark.parametrize("receiver", [None, {}, {"protected": True}, {"deceased": True}])
def test_whoever_may_give_nothing_learns_nothing_of_whom_they_name(offer, register, giver, receiver):
    register.knows(GIVER, **giver)
    if receiver is not None:
        register.knows(UNKNOWN, **receiver)

    with pytest.raises(Refused, match="giver-too-young" if "birth_date" in giver else "protected-address"):
        offer(receiver=UNKNOWN)


def test_nobody_grants_to_a_stranger_or_to_themselves(offer):
    with pytest.raises(NotFound, match="citizen-not-found"):
        offer(receiver=UNKNOWN)
    with pytest.raises(Refused, match="grant-to-oneself"):
        offer(receiver=GIVER)


def test_offers_are_no_way_to_find_out_who_is_here(offer, register):
    for number in range(MOST_OPEN):
        register.knows(f"{number:032x}")
        offer(receiver=f"{number:032x}")

    with pytest.raises(Conflict, match="too-many-grants"):
        offer()


def test_whoever_ends_what_they_offer_finds_out_no_more_on_the_same_day(offer, says, register, clock):
    for number in range(MOST_OPEN):
        register.knows(f"{number:032x}")
        says("end_grant", GIVER, offer(receiver=f"{number:032x}"))

    with pytest.raises(Conflict, match="too-many-grants"):
        offer()
    clock.move_to(NOW + timedelta(days=1))
    assert offer()["state"] == "offered"


def test_whoever_ends_a_grant_that_is_not_theirs_finds_none(give, says, may):
    grant = give()

    with pytest.raises(NotFound) as foreign:
        says("end_grant", STRANGER, grant)
    with pytest.raises(NotFound) as missing:
        says("end_grant", STRANGER, {"id": "0" * 32})
    assert (foreign.value.code, foreign.value.problems) == (missing.value.code, missing.value.problems)
    assert may()


def test_both_sides_see_whom_it_concerns_and_nobody_else(consents, give):
    give()

    given, received = consents.grants({}, _me(GIVER)), consents.grants({}, _me(RECEIVER))

    assert given["received"] == received["given"] == []
    assert received["received"] == [given["given"][0] | {"citizen": GIVER, "name": "Modig a"}]
    assert consents.grants({}, _me(STRANGER)) == {"given": [], "received": []}


def test_while_the_register_is_away_a_grant_is_still_taken_back_without_a_name(give, says, register):
    grant = give()
    register.away = True

    assert says("end_grant", GIVER, grant)["name"] is None


@pytest.mark.parametrize("area", sorted(AREAS))
def test_every_area_can_be_granted_by_itself(offer, area):
    granted = offer(areas={area: sorted(AREAS[area])})["areas"]

    assert granted == {area: ["see", "act"] if "act" in AREAS[area] else ["see"]}
