"""National ids at rest say nothing, and open for the right citizen only."""

from dataclasses import replace

import pytest

from helsami_directory.identity import Identity, SealBroken

NATIONAL_ID = "13838600136"


def test_a_sealed_national_id_opens_for_its_own_citizen_only(identity):
    sealed = identity.seal(NATIONAL_ID, "c1")

    assert identity.open(sealed, "c1") == NATIONAL_ID
    with pytest.raises(SealBroken):
        identity.open(sealed, "c2")


def test_a_seal_shows_nothing_and_is_never_the_same_twice(identity):
    first, second = identity.seal(NATIONAL_ID, "c1"), identity.seal(NATIONAL_ID, "c1")

    assert first != second
    assert first.nonce != second.nonce
    assert NATIONAL_ID.encode() not in first.text


def test_an_altered_seal_does_not_open(identity):
    sealed = identity.seal(NATIONAL_ID, "c1")

    with pytest.raises(SealBroken):
        identity.open(replace(sealed, text=bytes([sealed.text[0] ^ 1]) + sealed.text[1:]), "c1")


def test_another_secret_finds_and_opens_nothing(identity):
    other = Identity(bytes(32))

    assert other.lookup(NATIONAL_ID) != identity.lookup(NATIONAL_ID)
    with pytest.raises(SealBroken):
        other.open(identity.seal(NATIONAL_ID, "c1"), "c1")


def test_a_person_is_found_under_the_same_hash_after_a_restart(identity):
    assert Identity(bytes(range(32))).lookup(NATIONAL_ID) == identity.lookup(NATIONAL_ID)


def test_a_record_key_made_of_a_national_id_does_not_give_the_lookup_away(identity):
    assert identity.record(NATIONAL_ID) != identity.lookup(NATIONAL_ID)
