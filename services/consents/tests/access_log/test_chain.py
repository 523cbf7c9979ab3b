"""A chain that shows every tampering, and names the first link that is not as it was written."""

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helsami_consents.access_log.domain import Access, Entry, Head, seal_of, source_of
from helsami_consents.access_log.verification import Trust, fault_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
CODES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8)
LOOKED = st.builds(
    Access,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=CODES,
    basis=CODES,
    purpose=CODES,
    outcome=st.sampled_from(["allowed", "refused"]),
    reason=CODES,
    consent_version=st.none() | st.integers(1, 9),
    organisation=st.none() | CODES,
    unit=st.none() | CODES,
    name=st.none() | st.sampled_from(["Åse Ødegård", '"\\', "\u2028"]),
    profession=st.none() | CODES,
    kinds=st.none() | CODES,
    source=st.none() | CODES,
)
CHANGED = {
    "actor": "somebody else",
    "basis": "self!",
    "purpose": "something else",
    "outcome": "denied",
    "reason": "another one",
    "consent_version": 10,
    "at": datetime(1999, 1, 1, tzinfo=UTC),
    "organisation": "another place",
    "unit": "another ward",
    "name": "Another",
    "profession": "another work",
    "kinds": "other things",
    "source": "another event",
}


def _chain(looked):
    entries, head = [], Head()
    for one in looked:
        entries.append(head.link("s", one, KEY))
        head = Head(entries[-1].sequence, entries[-1].hash)
    return entries, head


CHAINS = st.lists(LOOKED, min_size=1, max_size=8).map(_chain)


def _looked():
    return Access(NOW, "a", "grant", "home", "allowed", "grant", 1)


def _fault(entries, head, **more):
    found, _ = fault_of("s", entries, Trust(head, **{"key": KEY, **more}))
    return None if found is None else (found.fault, found.sequence)


def _sealed(entry, key=KEY):
    """A link as who has the key writes it."""
    digest = entry.digest()
    return replace(entry, hash=digest, seal=seal_of(digest, key))


def _forged(entry):
    """A link as the database's superuser writes it, who has no key."""
    return replace(entry, hash=entry.digest())


def _heads(entries):
    return [Head(entry.sequence, entry.hash) for entry in entries]


@settings(max_examples=25)
@given(CHAINS)
def test_an_untouched_chain_is_whole(chain):
    entries, head = chain

    assert fault_of("s", entries, Trust(head, _heads(entries), key=KEY)) == (None, len(entries))
    assert _fault([], None) is None


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_an_edited_link_is_named(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGED)))
    edited = replace(entries[place].access, **{field: CHANGED[field]})
    assume(edited != entries[place].access)
    entries = [*entries[:place], replace(entries[place], access=edited), *entries[place + 1 :]]

    assert _fault(entries, head) == ("altered", place + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_a_field_that_was_emptied_is_named(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    told = [each.name for each in fields(Access) if getattr(entries[place].access, each.name) not in (None, "")]
    emptied = replace(entries[place].access, **{data.draw(st.sampled_from(sorted(set(told) - {"at"}))): None})
    entries = [*entries[:place], replace(entries[place], access=emptied), *entries[place + 1 :]]

    assert _fault(entries, head) == ("altered", place + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_a_link_whose_hash_was_made_anew_without_the_key_is_named(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    forged = _forged(replace(entries[place], access=replace(entries[place].access, actor="somebody else")))
    entries = [*entries[:place], forged, *entries[place + 1 :]]

    assert _fault(entries, head) == ("forged", place + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_links_made_anew_with_the_key_are_named_behind_the_last_anchor_that_holds(chain, data):
    entries, _ = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    anchored = data.draw(st.lists(st.integers(0, len(entries) - 1), unique=True).map(sorted))
    points = [_heads(entries)[number] for number in anchored]
    rewritten = entries[:place]
    for entry in entries[place:]:
        previous = rewritten[-1].hash if rewritten else entry.previous
        made = replace(entry, previous=previous, access=replace(entry.access, actor="somebody else"))
        rewritten.append(_sealed(made))
    before = [number for number in anchored if number < place]
    touched = any(number >= place for number in anchored)
    expected = ("rewritten", before[-1] + 2 if before else 1) if touched else None

    assert _fault(rewritten, _heads(rewritten)[-1], anchored=points) == expected


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_a_missing_link_is_named_also_at_the_end(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    last = place == len(entries) - 1

    assert _fault(entries[:place] + entries[place + 1 :], head) == ("truncated" if last else "missing", place + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_a_chain_cut_short_together_with_its_head_is_named_by_an_anchor(chain, data):
    entries, _ = chain
    kept = data.draw(st.integers(0, len(entries) - 1))
    head = _heads(entries)[kept - 1] if kept else data.draw(st.sampled_from([None, Head()]))

    assert _fault(entries[:kept], head) is None
    assert _fault(entries[:kept], head, anchored=_heads(entries)[-1:]) == ("truncated", kept + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_swapped_links_are_named_by_the_first(chain, data):
    entries, head = chain
    assume(len(entries) > 1)
    first, second = sorted(data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)))
    contents = [entry.access for entry in entries]
    assume(contents[first] != contents[second])
    contents[first], contents[second] = contents[second], contents[first]
    swapped = [replace(entry, access=looked) for entry, looked in zip(entries, contents, strict=True)]
    renumbered = list(entries)
    renumbered[first] = replace(entries[second], sequence=first + 1)
    renumbered[second] = replace(entries[first], sequence=second + 1)

    assert _fault(swapped, head) == ("altered", first + 1)
    assert _fault(renumbered, head) == ("out-of-place", first + 1)


@settings(max_examples=25)
@given(CHAINS, LOOKED, st.data())
def test_a_link_that_was_put_in_is_named(chain, foreign, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries)))
    before = entries[place - 1].hash if place else Head().hash
    assume(place == len(entries) or foreign != entries[place].access)
    new = Entry("s", place + 1, before, foreign)
    moved = [replace(entry, sequence=entry.sequence + 1) for entry in entries[place:]]

    assert _fault([*entries[:place], _forged(new), *moved], head) == ("forged", place + 1)
    assert _fault([*entries[:place], _sealed(new), *moved], head) == ("inserted", place + 1)


@settings(max_examples=25)
@given(CHAINS, st.data())
def test_a_copy_of_a_link_is_named(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    moved = [replace(entry, sequence=entry.sequence + 1) for entry in entries[place:]]

    assert _fault([*entries[: place + 1], *moved], head) == ("inserted", place + 2)


def test_a_link_of_another_chain_is_named():
    entries, head = _chain([_looked()] * 3)
    foreign = replace(entries[1], subject="t")

    assert _fault([entries[0], foreign, entries[2]], head) == ("altered", 2)


@pytest.mark.parametrize("head", [None, Head(3, "0" * 64), Head(0)])
def test_a_head_that_was_touched_is_told(head):
    entries, _ = _chain([_looked()] * 3)

    assert _fault(entries, head, anchored=_heads(entries)) == ("head", 3)


def test_links_from_before_seals_are_believed_as_far_as_the_first_anchor_says():
    entries, head = _chain([_looked()] * 3)
    entries[:2] = [replace(entry, seal=None) for entry in entries[:2]]

    assert _fault(entries, head, unsealed=2) is None
    assert _fault(entries, head, unsealed=1) == ("forged", 2)


def test_without_the_key_all_but_seals_is_looked_at():
    entries, head = _chain([_looked()] * 2)
    unsealed = [replace(entry, seal="0" * 64) for entry in entries]

    assert _fault(unsealed, head) == ("forged", 1)
    assert _fault(unsealed, head, key=None) is None


def test_a_hash_covers_every_field_of_a_link():
    assert set(CHANGED) == {each.name for each in fields(Access)}
    assert {each.name for each in fields(Entry)} == {"subject", "sequence", "previous", "access", "hash", "seal"}


def test_a_link_from_before_staff_were_logged_has_the_hash_it_had():
    before = Entry("s", 1, "0" * 64, Access(NOW, "b", "grant", "home", "allowed", "grant", 1))

    assert before.digest() == "d9da3389280909973634f46f8e1ee213d7fc10828ac9890e3dd81e00f30625d1"


def test_an_event_is_another_one_about_another_citizen_or_of_another_organisation():
    sources = {source_of(org, who, "k") for org in ("a", "b") for who in ("c", "d")}

    assert len(sources) == 4
