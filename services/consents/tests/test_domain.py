"""On what ground somebody may act for another, and a chain that shows every tampering."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helsami_consents import domain
from helsami_consents.domain import GRANTABLE, Asked, Entry, Ground, Head
from helsami_kernel.access import CITIZEN_SCOPES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
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


def test_a_scope_that_may_no_longer_be_granted_is_dropped():
    ground = replace(GROUND, scopes=frozenset({"results:read", "consents:act", "access-log:read"}))

    assert domain.decide([ground]).scopes == {"results:read"}


def test_what_may_be_granted_is_known_to_services_and_no_way_to_grant_further():
    assert GRANTABLE < CITIZEN_SCOPES
    assert not GRANTABLE & {"consents:act", "consents:read", "access-log:read"}


CODES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8)
ASKED = st.builds(
    Asked,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=CODES,
    basis=CODES,
    purpose=CODES,
    outcome=st.sampled_from(["allowed", "refused"]),
    reason=CODES,
    consent_version=st.none() | st.integers(1, 9),
)
CHANGED = {
    "actor": "somebody else",
    "basis": "self!",
    "purpose": "something else",
    "outcome": "denied",
    "reason": "another one",
    "consent_version": 10,
    "at": datetime(1999, 1, 1, tzinfo=UTC),
}


def _chain(asked):
    entries, head = [], Head()
    for one in asked:
        entries.append(head.link("s", one))
        head = Head(entries[-1].sequence, entries[-1].hash)
    return entries, head


CHAINS = st.lists(ASKED, min_size=1, max_size=8).map(_chain)


@settings(max_examples=50)
@given(CHAINS)
def test_an_untouched_chain_is_whole(chain):
    entries, head = chain

    assert domain.verify(entries, head) is None
    assert domain.verify([]) is None


@settings(max_examples=50)
@given(CHAINS, st.data())
def test_an_edited_link_is_named(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGED)))
    edited = replace(entries[place].asked, **{field: CHANGED[field]})
    assume(edited != entries[place].asked)
    entries = [*entries[:place], replace(entries[place], asked=edited), *entries[place + 1 :]]

    assert domain.verify(entries, head) == place + 1


@settings(max_examples=50)
@given(CHAINS, st.data())
def test_a_link_whose_hash_was_made_anew_is_named_by_the_next(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    forged = replace(entries[place], asked=replace(entries[place].asked, actor="somebody else"))
    forged = replace(forged, hash=forged.digest())
    entries = [*entries[:place], forged, *entries[place + 1 :]]

    assert domain.verify(entries, head) == min(place + 2, len(entries))


@settings(max_examples=50)
@given(CHAINS, st.data())
def test_a_missing_link_is_named_also_at_the_end(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))

    assert domain.verify(entries[:place] + entries[place + 1 :], head) == place + 1


@settings(max_examples=50)
@given(CHAINS, st.data())
def test_swapped_links_are_named_by_the_first(chain, data):
    entries, head = chain
    assume(len(entries) > 1)
    first, second = sorted(data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)))
    contents = [entry.asked for entry in entries]
    assume(contents[first] != contents[second])
    contents[first], contents[second] = contents[second], contents[first]
    swapped = [replace(entry, asked=asked) for entry, asked in zip(entries, contents, strict=True)]
    moved = list(entries)
    moved[first], moved[second] = moved[second], moved[first]

    assert domain.verify(swapped, head) == first + 1
    assert domain.verify(moved, head) == first + 1


def test_a_link_of_another_chain_is_named():
    entries, head = _chain([_asked()] * 3)
    foreign = replace(entries[1], subject="t")

    assert domain.verify([entries[0], foreign, entries[2]], head) == 2


def test_a_link_too_many_is_named():
    entries, _ = _chain([_asked()] * 3)

    assert domain.verify(entries, Head(2, entries[1].hash)) == 3


def test_a_hash_covers_every_field_of_a_link():
    assert set(CHANGED) == {field for field in Asked.__slots__}  # noqa: C416  the slots, as a set
    assert set(Entry.__slots__) == {"subject", "sequence", "previous", "asked", "hash"}


def _asked():
    return Asked(NOW, "a", "grant", "home", "allowed", "grant", 1)
