"""Guardians by the register: they act as far as its mandate goes and as long, and nobody applies or stores anything."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from helsami_kernel.errors import Forbidden, NotFound, Refused, Unavailable
from helsami_kernel.testing import citizen_token

WARD, GUARDIAN, STRANGER = "a" * 32, "b" * 32, "c" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
AN_ID = "f" * 32
AREAS = {
    "appointments": ["see", "act"],
    "forms": ["see", "act"],
    "letters": ["see"],
    "messages": ["see", "act"],
}
BOTH = ("appointments", "messages")
COMMUNICATES = {"notices:read"} | {f"{area}:{what}" for area in BOTH for what in ("read", "act")}


def appointed(**more):
    named = {"id": AN_ID, "citizen": GUARDIAN, "mandates": ["health-and-care"], "since": NOW.isoformat(), "until": None}
    return {**named, "new in a later release": 1, **more}


@pytest.fixture
def guarded(register):
    """The register names a guardian of an adult."""

    def say(ward=None, guardian=None, **more):
        register.knows(WARD, **({"guardians": [appointed(**more)]} | (ward or {})))
        register.knows(GUARDIAN, **({"wards": [WARD]} | (guardian or {})))

    say()
    return say


@pytest.fixture
def may(consents, verifier):
    """What somebody may do for the ward now, or nothing."""

    def ask(actor=GUARDIAN, audience="appointments", purpose="appointments"):
        asked = {"actor": actor, "subject": WARD, "audiences": [audience], "purpose": purpose}
        try:
            token = verifier.verify(consents.decide(asked, GATEWAY)["tokens"][audience], audience)
        except NotFound:
            return frozenset()
        assert token.basis == "capacity"
        return token.scopes

    return ask


@pytest.fixture
def sees(me, consents):
    def what(citizen):
        return consents.acting_for({}, me(citizen))["acting_for"], consents.grants({}, me(citizen))["given"]

    return what


@pytest.fixture
def me():
    def token(citizen):
        return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"])

    return token


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_whom_the_register_names_acts_within_the_mandate_and_everybody_sees_it(guarded, may, sees, consents, me):
    assert may() == COMMUNICATES
    assert may(purpose="book")
    for audience in ("results", "medications", "records"):
        with pytest.raises(Forbidden, match="not-permitted"):
            may(audience=audience, purpose=audience)
    assert not may(STRANGER)

    (acting,), given = sees(GUARDIAN)
    assert (acting["citizen"], acting["name"], acting["basis"], acting["code"]) == (WARD, "Modig a", "capacity", "VE")
    assert (acting["areas"], acting["until"], given) == (AREAS, None, [])
    acting, (given,) = sees(WARD)
    assert (given["id"], given["citizen"], given["name"], given["code"]) == (AN_ID, GUARDIAN, "Modig b", "VE")
    assert (given["state"], given["areas"], acting) == ("active", AREAS, [])
    log = orjson.loads(consents.access_log({}, me(WARD)))["items"]
    assert {entry["outcome"] for entry in log} == {"allowed", "refused"}


def test_what_the_register_says_otherwise_holds_from_the_next_question_on(guarded, may, sees):
    assert may()

    guarded(ward={"guardians": []}, guardian={"wards": []})

    assert not may()
    assert sees(GUARDIAN) == sees(WARD) == ([], [])


def test_a_mandate_that_is_not_known_lets_nobody_do_anything(guarded, may):
    guarded(mandates=["buy-and-sell"])

    assert not may()


def test_a_guardianship_is_over_when_its_time_is_up_whoever_has_heard(guarded, may, sees, clock):
    guarded(until=(NOW + timedelta(days=1)).isoformat())
    clock.move_to(NOW + timedelta(days=1) - timedelta(seconds=1))
    assert may()
    (acting,), _ = sees(GUARDIAN)
    assert acting["until"] == "2026-03-02T12:00:00Z"

    clock.move_to(NOW + timedelta(days=1))

    assert not may()
    assert sees(GUARDIAN) == sees(WARD) == ([], [])


@pytest.mark.parametrize(
    "rules_out",
    [
        {"ward": {"protected": True}},
        {"ward": {"deceased": True}},
        {"ward": {"active": False}},
        {"ward": {"birth_date": date(2009, 1, 1)}},
        {"ward": {"birth_date": None}},
        {"guardian": {"protected": True}},
        {"guardian": {"deceased": True}},
        {"guardian": {"active": False}},
        {"guardian": {"birth_date": date(2009, 1, 1)}},
    ],
)
def test_nobody_is_represented_or_represents_whom_the_rules_leave_out(guarded, may, sees, rules_out):
    guarded(**rules_out)

    assert not may()
    assert sees(GUARDIAN)[0] == []
    (given,) = sees(WARD)[1]
    assert given["state"] == "suspended"
    assert given["name"] == (None if rules_out.get("guardian", {}).get("protected") else "Modig b")


def test_a_guardian_is_ended_by_whoever_appoints_and_not_here(guarded, consents, me, may):
    with pytest.raises(Refused, match="guardian-by-register"):
        consents.end_grant({"grant": AN_ID}, me(WARD))
    for citizen in (GUARDIAN, STRANGER):
        with pytest.raises(NotFound, match="grant-not-found"):
            consents.end_grant({"grant": AN_ID}, me(citizen))
    assert may()


def test_while_the_register_is_away_nobody_acts_as_a_guardian_and_nobody_says_that_there_is_none(
    guarded, may, consents, me, register
):
    register.away = True

    with pytest.raises(Unavailable):
        may()
    for wanted in (AN_ID, "0" * 32):
        with pytest.raises(Unavailable):
            consents.end_grant({"grant": wanted}, me(WARD))


def test_what_the_ward_has_granted_oneself_goes_beside_the_mandate(guarded, give, may, consents):
    give(GUARDIAN, WARD, areas={"results": ["see"]})

    assert may() == COMMUNICATES
    results = {"actor": GUARDIAN, "subject": WARD, "audiences": ["results"], "purpose": "results"}
    assert consents.decide(results, GATEWAY)["basis"] == "grant"
