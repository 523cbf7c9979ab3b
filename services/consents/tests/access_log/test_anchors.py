"""Anchors: signed, chained, copied, and believed only as far as they hold."""

from datetime import UTC, datetime

import pytest
from joserfc.jwk import OKPKey

from helsami_consents.access_log.anchors import Anchor, AnchorFile, Signer, is_signed, vouched
from helsami_consents.access_log.domain import Head

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = "a" * 32


@pytest.fixture(scope="module")
def key():
    return OKPKey.generate_key("Ed25519")


@pytest.fixture
def three(key):
    """Three anchors of one subject, each after the other."""
    made = []
    for number in range(1, 4):
        made.append(Signer(key).sign({SUBJECT: Head(number, f"{number}" * 64)}, made[-1] if made else None, NOW))
    return made


def _vouched(anchors, key, *copies):
    return vouched([(one.number, one.text) for one in reversed(anchors)], copies, key)


def _faults(found):
    return [(one.number, one.fault) for one in found.findings]


def test_an_anchor_is_read_as_it_was_signed_however_many_heads_it_holds(key):
    heads = {f"{number:032x}": Head(number, "f" * 64) for number in range(1, 5001)}

    anchor = Signer(key).sign(heads, None, NOW)

    assert Anchor.read(anchor.text) == anchor
    assert is_signed(anchor, key)
    assert not is_signed(anchor, OKPKey.generate_key("Ed25519"))


def test_a_line_of_anchors_vouches_for_every_head_in_its_order(three, key):
    found = _vouched(three, key)

    assert (found.count, _faults(found), found.unsealed) == (3, [], {SUBJECT: 1})
    assert [head.sequence for head in found.heads[SUBJECT]] == [1, 2, 3]


def test_of_others_than_those_of_a_part_nothing_is_kept(three, key):
    texts = [(one.number, one.text) for one in reversed(three)]

    assert vouched(texts, [], key, since="b").heads == {}
    assert set(vouched(texts, [], key, until="b").heads) == {SUBJECT}


def test_a_missing_one_is_told_and_those_before_it_are_believed_by_their_signatures(three, key):
    found = _vouched([three[0], three[2]], key)

    assert (_faults(found), found.count) == ([(2, "missing")], 2)


def test_one_that_was_altered_is_told_and_not_believed(three, key):
    forged = Signer(OKPKey.generate_key("Ed25519")).sign({SUBJECT: Head(2, "9" * 64)}, three[0], NOW)

    found = _vouched([three[0], forged, three[2]], key)

    assert _faults(found) == [(2, "altered")]
    assert [head.hash[0] for head in found.heads[SUBJECT]] == ["1", "3"]


def test_the_newest_is_believed_by_its_signature_alone(three, key):
    forged = Signer(OKPKey.generate_key("Ed25519")).sign({SUBJECT: Head(9, "9" * 64)}, three[1], NOW)

    assert _faults(_vouched([*three[:2], forged], key)) == [(3, "altered")]


def test_a_copy_stands_in_for_what_the_database_has_lost(three, key, tmp_path):
    copy = AnchorFile(tmp_path / "anchors")
    copy.add(three)

    found = _vouched(three[:1], key, AnchorFile(tmp_path / "anchors"))

    assert _faults(found) == [(2, "missing"), (3, "missing")]
    assert [head.sequence for head in found.heads[SUBJECT]] == [1, 2, 3]


def test_what_was_copied_after_a_moment_is_not_looked_at(three, key, tmp_path):
    AnchorFile(tmp_path / "anchors").add(three)

    assert _faults(_vouched(three[:1], key, AnchorFile(tmp_path / "anchors", 1))) == []


def test_a_file_holds_each_anchor_once_and_passes_over_what_was_cut_short(three, tmp_path):
    path = tmp_path / "somewhere" / "anchors"
    copy = AnchorFile(path)
    copy.add(three[:1])
    copy.add(three[:2])
    with path.open("ab") as file:
        file.write(b"3 eyJhbG")

    again = AnchorFile(path)

    assert (again.last, again.text(1), again.text(3)) == (2, three[0].text, None)
    assert path.stat().st_mode & 0o077 == 0


def test_after_a_line_that_was_cut_short_the_next_ones_are_whole(three, tmp_path):
    path = tmp_path / "anchors"
    AnchorFile(path).add(three[:1])
    with path.open("ab") as file:
        file.write(b"2 eyJhbG")

    AnchorFile(path).add(three)

    assert [AnchorFile(path).text(number) for number in (1, 2, 3)] == [one.text for one in three]


def test_what_is_no_anchor_is_none():
    for text in ("", "x", "a.b.c", "eyJhbGciOiJFZERTQSJ9.e30.AAAA", "é"):
        with pytest.raises(ValueError, match="no anchor"):
            Anchor.read(text)
