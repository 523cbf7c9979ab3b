"""What an adult hides from who acts for them, and how one of those is named."""


import pytest

from helsami_kernel.errors import NotFound, Refused

from .people import ADULT, CHILD, DEPUTY, FATHER, MOTHER, STAFF, me, on_both


@on_both
def test_an_adult_hides_at_once_and_asks_nobody(shield, offer, hidden, consents, told):
    offer()

    shown = shield(citizen=ADULT, hidden_from="representatives")

    assert shown["state"] == "in-force"
    assert hidden(DEPUTY, ADULT) == {"i1"}
    assert consents.open_shields({}, STAFF)["shields"] == []
    assert told() == [("shielding_requested", ADULT, "in-force")]


@on_both
def test_one_representative_alone_is_hidden_from_on_whatever_ground_they_act(shield, offer, hidden, consents):
    grants = {actor: offer(actor)["id"] for actor in (MOTHER, DEPUTY)}

    shield(citizen=ADULT, hidden_from=grants[DEPUTY])

    assert (hidden(DEPUTY, ADULT), hidden(MOTHER, ADULT)) == ({"i1"}, set())
    consents.end_grant({"grant": grants[DEPUTY]}, me(ADULT))
    offer(DEPUTY)
    assert hidden(DEPUTY, ADULT) == {"i1"}


def test_a_parent_alone_is_named_by_what_they_act_by(shield, hidden, consents):
    given = consents.grants({}, me(CHILD))["given"]
    assert {(each["citizen"], each["basis"], each["state"]) for each in given} == {
        (parent, "parental", "active") for parent in (MOTHER, FATHER)
    }
    (acting,) = [each["id"] for each in given if each["citizen"] == MOTHER]
    with pytest.raises(Refused, match="parent-by-register"):
        consents.end_grant({"grant": acting}, me(CHILD))

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
