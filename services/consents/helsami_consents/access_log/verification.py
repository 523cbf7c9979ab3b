"""What is wrong with one subject's chain, if anything: the first link that is not as it was written."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from helsami_consents.access_log.domain import Entry, Head, seal_of

ALTERED: Final = "altered"
FORGED: Final = "forged"
INSERTED: Final = "inserted"
MISSING: Final = "missing"
OUT_OF_PLACE: Final = "out-of-place"
REWRITTEN: Final = "rewritten"
TRUNCATED: Final = "truncated"
HEAD: Final = "head"

MEANINGS: Final = {
    ALTERED: "its content is not what was written",
    FORGED: "it was not written by consents: its seal does not hold",
    INSERTED: "it was put in: nothing vouches for it",
    MISSING: "it is gone",
    OUT_OF_PLACE: "it does not follow the row before it",
    REWRITTEN: "from here on rows are not those that an anchor vouches for",
    TRUNCATED: "it and all that followed are gone",
    HEAD: "the head of this log does not tell of this row as the last",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The first link of a subject's chain that is not as it was written, and what is wrong with it."""

    subject: str
    sequence: int
    fault: str

    def __str__(self) -> str:
        """A line for an operator."""
        return f"{self.fault}: row {self.sequence} of the log of {self.subject}: {MEANINGS[self.fault]}"


@dataclass(frozen=True, slots=True)
class Trust:
    """
    What vouches for a chain from outside of its rows.

    `head` is the head beside the chain. `anchored` are heads of it that were signed, the earliest first. Links up to
    `unsealed` are from before seals, as the first anchor says. Without the `key` seals are not looked at.
    """

    head: Head | None
    anchored: Sequence[Head] = ()
    unsealed: int = 0
    key: bytes | None = None


def fault_of(subject: str, entries: Iterable[Entry], trust: Trust) -> tuple[Finding | None, int]:
    """
    What is wrong with a chain, and how many links were read; `entries` come in order of sequence, from the first.

    An edited link is named itself; a missing or swapped one by the place where it should be. Where somebody has made
    the hashes anew, the seal tells; where they hold the key as well, the first link after the last anchor that holds.
    """
    known, before, read = Head(), Head(), 0
    points = {point.sequence: point.hash for point in trust.anchored}
    vouched = 0
    for entry in entries:
        read += 1
        fault = _of_link(entry, known, before, trust)
        if fault is not None:
            return Finding(subject, *fault), read
        if points.get(entry.sequence, entry.hash) != entry.hash:
            return Finding(subject, vouched + 1, REWRITTEN), read
        vouched = entry.sequence if entry.sequence in points else vouched
        before, known = known, Head(entry.sequence, entry.hash)
    return _of_end(subject, known, trust), read


def _of_link(entry: Entry, known: Head, before: Head, trust: Trust) -> tuple[int, str] | None:
    if entry.sequence != known.sequence + 1:
        return known.sequence + 1, MISSING
    if entry.hash != entry.digest():
        # What was put in before this has moved it: at its old place it still follows. Or it is a copy of what is there.
        moved = replace(entry, sequence=entry.sequence - 1)
        if moved.previous == before.hash and entry.hash == moved.digest():
            return entry.sequence if entry.hash == known.hash else known.sequence, INSERTED
        return entry.sequence, ALTERED if entry.previous == known.hash else OUT_OF_PLACE
    if entry.previous != known.hash:
        return entry.sequence, OUT_OF_PLACE
    return None if _is_sealed(entry, trust) else (entry.sequence, FORGED)


def _is_sealed(entry: Entry, trust: Trust) -> bool:
    if entry.seal is None:
        return entry.sequence <= trust.unsealed
    return trust.key is None or hmac.compare_digest(entry.seal, seal_of(entry.hash, trust.key))


def _of_end(subject: str, known: Head, trust: Trust) -> Finding | None:
    last = max((point.sequence for point in trust.anchored), default=0)
    told = max(last, trust.head.sequence if trust.head else 0)
    if known.sequence < told:
        return Finding(subject, known.sequence + 1, TRUNCATED)
    if trust.head is not None and told < known.sequence:
        return Finding(subject, told + 1, INSERTED)
    if trust.head != known and known.sequence:
        return Finding(subject, known.sequence, HEAD)
    return None
