"""Ages, addresses, and a chain that shows every tampering."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helsami_consents import domain
from helsami_consents.domain import GRANTABLE, Asked, Entry, Grant, Head, Person
from helsami_kernel.access import CITIZEN_SCOPES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADULT = Person("g", "Modig Fjell", date(1980, 1, 1), protected=False, deceased=False)
GRANT = Grant("1", "g", "r", frozenset({"results:read"}), 3, NOW, None)


def _midnight_in_oslo(day):
    return datetime.combine(day, datetime.min.time(), domain.OSLO)


@pytest.mark.parametrize(
    ("birth_date", "birthday"),
    [
        (date(2010, 7, 1), date(2026, 7, 1)),
        (date(2010, 12, 31), date(2026, 12, 31)),
        (date(2012, 2, 29), date(2028, 2, 29)),
    ],
)
def test_a_giver_turns_sixteen_at_midnight_in_oslo(birth_date, birthday):
    giver, midnight = replace(ADULT, birth_date=birth_date), _midnight_in_oslo(birthday)

    assert domain.objection(giver, ADULT, midnight - timedelta(seconds=1)) == "giver-too-young"
    assert domain.objection(giver, ADULT, midnight) is None
    assert domain.objection(giver, ADULT, midnight.astimezone(UTC)) is None


def test_a_receiver_turns_eighteen_at_midnight_in_oslo():
    receiver, midnight = replace(ADULT, birth_date=date(2008, 7, 1)), _midnight_in_oslo(date(2026, 7, 1))

    assert domain.objection(ADULT, receiver, midnight - timedelta(seconds=1)) == "receiver-too-young"
    assert domain.objection(ADULT, receiver, midnight) is None


@pytest.mark.parametrize("side", ["giver", "receiver"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"protected": True}, "protected"),
        ({"deceased": True}, "deceased"),
        ({"birth_date": None}, "too-young"),
    ],
)
def test_either_side_can_rule_a_representation_out(side, change, code):
    people = {"giver": ADULT, "receiver": ADULT} | {side: replace(ADULT, **change)}

    assert domain.objection(people["giver"], people["receiver"], NOW) == f"{side}-{code}"


@pytest.mark.parametrize("side", ["giver", "receiver"])
def test_whoever_the_register_does_not_know_represents_nobody(side):
    people = {"giver": ADULT, "receiver": ADULT} | {side: None}

    assert domain.objection(people["giver"], people["receiver"], NOW) == f"{side}-unknown"


def test_a_decision_gives_what_was_granted_and_its_version():
    decision = domain.decide(GRANT, ADULT, ADULT, NOW)

    assert (decision.allowed, decision.scopes, decision.version) == (True, GRANT.scopes, 3)


@pytest.mark.parametrize(
    ("grant", "receiver", "reason"),
    [
        (None, ADULT, "no-grant"),
        (replace(GRANT, revoked_at=NOW), ADULT, "revoked"),
        (GRANT, replace(ADULT, protected=True), "receiver-protected"),
        (replace(GRANT, scopes=frozenset()), ADULT, "nothing-granted"),
    ],
)
def test_a_refusal_gives_no_scope(grant, receiver, reason):
    decision = domain.decide(grant, ADULT, receiver, NOW)

    assert (decision.allowed, decision.scopes, decision.reason) == (False, frozenset(), reason)


def test_a_scope_that_may_no_longer_be_granted_is_dropped():
    grant = replace(GRANT, scopes=frozenset({"results:read", "consents:act", "access-log:read"}))

    assert domain.decide(grant, ADULT, ADULT, NOW).scopes == {"results:read"}


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
