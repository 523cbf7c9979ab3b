"""On what ground somebody may act for another."""

from dataclasses import replace

import pytest

from helsami_consents import domain
from helsami_consents.domain import GRANTABLE, Ground
from helsami_kernel.access import CITIZEN_SCOPES

GROUND = Ground("grant", frozenset({"results:read"}), 3)
AS_A_PARENT = Ground("parental", frozenset({"records:read"}), 1)


def test_a_decision_gives_what_its_ground_holds_and_its_version():
    decision = domain.decide([GROUND])

    assert (decision.allowed, decision.scopes, decision.version) == (True, GROUND.scopes, 3)
    assert decision.basis == decision.reason == "grant"


@pytest.mark.parametrize(
    ("grounds", "reason"),
    [
        ([], "no-grant"),
        ([replace(GROUND, objection="revoked")], "revoked"),
        ([replace(GROUND, scopes=frozenset())], "nothing-granted"),
        ([replace(AS_A_PARENT, objection="too-old"), replace(GROUND, objection="revoked")], "revoked"),
    ],
)
def test_a_refusal_gives_no_scope(grounds, reason):
    decision = domain.decide(grounds)

    assert (decision.allowed, decision.scopes, decision.reason) == (False, frozenset(), reason)


def test_the_first_ground_that_lets_do_what_is_wanted_is_the_one_that_counts():
    wanted = [("results", "results")]

    assert domain.decide([AS_A_PARENT, GROUND]).basis == "parental"
    assert domain.decide([AS_A_PARENT, GROUND], wanted).basis == "grant"
    assert domain.decide([replace(AS_A_PARENT, objection="too-old"), GROUND]).basis == "grant"


@pytest.mark.parametrize("audience", ["results", "appointments", "view:home", "directory"])
@pytest.mark.parametrize("purpose", ["a-new-thing-to-do", "shield", "view", "calendar-feed", ""])
def test_nobody_does_for_another_what_consents_has_never_heard_of(audience, purpose):
    everything = replace(GROUND, scopes=GRANTABLE)

    assert domain.decide([everything], [(audience, purpose)]).reason == "beyond-the-grant"


def test_a_scope_that_may_no_longer_be_granted_is_dropped():
    ground = replace(GROUND, scopes=frozenset({"results:read", "consents:act", "access-log:read"}))

    assert domain.decide([ground]).scopes == {"results:read"}


def test_what_may_be_granted_is_known_to_services_and_no_way_to_grant_further():
    assert GRANTABLE < CITIZEN_SCOPES
    assert not GRANTABLE & {"consents:act", "consents:read", "access-log:read"}
