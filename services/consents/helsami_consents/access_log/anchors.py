"""Anchors: signed statements of how far each subject's chain had come, kept where no database is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from helsami_consents.access_log.domain import BEFORE_THE_FIRST, Head
from helsami_kernel.clock import written

ALGORITHM: Final = "Ed25519"
KIND: Final = "helsami-access-log-anchor"
FILE: Final = Path("access-log") / "anchors"
NEWEST_HEADS: Final = 8


class _Registry(JWSRegistry):
    """An anchor holds thousands of heads, and the first one all that there are; nobody from outside sends one."""

    max_payload_length = 1 << 30


_REGISTRY: Final = _Registry(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads that had grown since the anchor before, whose digest is `previous`; `text` is it as it was signed."""

    number: int
    previous: str
    heads: Mapping[str, Head]
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text, by which the next anchor holds this one."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def read(cls, text: str) -> Anchor:
        """Read an anchor without asking who signed it. Raises ValueError for what is none."""
        try:
            told = orjson.loads(jws.extract_compact(text.encode("ascii"), registry=_REGISTRY).payload)
            heads = {owner: Head(int(sequence), str(digest)) for owner, (sequence, digest) in told["heads"].items()}
            return cls(int(told["number"]), str(told["previous"]), heads, text)
        except (JoseError, LookupError, TypeError, AttributeError, UnicodeEncodeError) as error:
            raise ValueError("no anchor") from error


class Signer:
    """Signs anchors with the key of consents."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    def sign(self, heads: Mapping[str, Head], after: Anchor | None, now: datetime) -> Anchor:
        """The anchor that follows another."""
        number, previous = (1, BEFORE_THE_FIRST) if after is None else (after.number + 1, after.digest)
        told = {
            "number": number,
            "at": written(now),
            "previous": previous,
            "heads": {owner: (head.sequence, head.hash) for owner, head in heads.items()},
        }
        header = {"alg": ALGORITHM, "typ": KIND}
        text = jws.serialize_compact(header, orjson.dumps(told), self._key, registry=_REGISTRY)
        return Anchor(number, previous, dict(heads), text)


def is_signed(anchor: Anchor, key: OKPKey) -> bool:
    """Whether consents has signed it."""
    try:
        signed = jws.extract_compact(anchor.text.encode("ascii"), registry=_REGISTRY)
        header = signed.headers()
        ours = (header.get("alg"), header.get("typ")) == (ALGORITHM, KIND)
        return ours and bool(jws.validate_compact(signed, key, registry=_REGISTRY))
    except (JoseError, ValueError):
        return False


class AnchorFile:
    """Anchors copied out of the database, one a line behind its number: what its superuser cannot take back."""

    def __init__(self, path: Path, newest: int | None = None) -> None:
        """Those after the `newest` are not looked at, where one is told: they are of a later moment."""
        self.path = path
        self._newest = newest
        self._places: dict[int, int] | None = None

    @property
    def last(self) -> int:
        """The number of the last one that is here; 0 without any."""
        return max(self.places(), default=0)

    def add(self, anchors: Sequence[Anchor]) -> None:
        """Write those down that follow, and wait for the disk."""
        places = self.places()
        new = [anchor for anchor in anchors if anchor.number > self.last]
        if not new:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
            if not _ends_whole(file):
                file.write(b"\n")
            for anchor in new:
                places[anchor.number] = file.seek(0, os.SEEK_END)
                file.write(f"{anchor.number} {anchor.text}\n".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())

    def places(self) -> dict[int, int]:
        """Where in the file each one stands; what is no anchor is passed over."""
        if self._places is None:
            found = dict(self._found())
            self._places = {
                number: place for number, place in found.items() if self._newest is None or number <= self._newest
            }
        return self._places

    def text(self, number: int) -> str | None:
        """One anchor as it was signed; None for one that is not here."""
        place = self.places().get(number)
        if place is None:
            return None
        with self.path.open("rb") as file:
            file.seek(place)
            return file.readline().decode("ascii", "replace").partition(" ")[2].strip()

    def _found(self) -> Iterator[tuple[int, int]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            place = 0
            for line in file:
                number = line.partition(b" ")[0]
                if number.isdigit() and line.endswith(b"\n"):
                    yield int(number), place
                place += len(line)


def _ends_whole(file: BinaryIO) -> bool:
    """Whether the last line of a file was written to its end."""
    length = file.seek(0, os.SEEK_END)
    if length == 0:
        return True
    file.seek(length - 1)
    return file.read(1) == b"\n"


@dataclass(frozen=True, slots=True)
class AnchorFinding:
    """An anchor that the database does not hold as consents signed it."""

    number: int
    fault: str

    def __str__(self) -> str:
        """A line for an operator."""
        return f"{self.fault}: anchor {self.number} in the database"


@dataclass(frozen=True, slots=True)
class Vouched:
    """
    What all anchors that hold say together.

    `heads` are each subject's NEWEST_HEADS newest, the earliest first; `unsealed` is up to where its chain is older
    than seals, which the first anchor alone may say.
    """

    heads: Mapping[str, Sequence[Head]]
    unsealed: Mapping[str, int]
    count: int
    findings: tuple[AnchorFinding, ...]


def vouched(
    kept: Iterable[tuple[int, str]], copies: Sequence[AnchorFile], key: OKPKey, since: str = "", until: str = "g"
) -> Vouched:
    """
    What the anchors of a database say of subjects in a range of ids (hexadecimal, so "g" is after all).

    `kept` are their numbers and texts, the newest first. The newest is believed by its signature, each one before it by
    the digest in the next; behind a gap, by its signature again. What is missing in the database, or is other than what
    was copied out of it, is told, and the copy believed in its place.
    """
    heads: dict[str, list[Head]] = {}
    unsealed: dict[str, int] = {}
    findings: list[AnchorFinding] = []
    following: Anchor | None = None
    count = 0
    for number, inside in _descending(kept, max((copy.last for copy in copies), default=0)):
        outside = [text for copy in copies if (text := copy.text(number)) is not None]
        sound = next(_holding([inside, *outside], number, following, key), None)
        if inside is None:
            findings.append(AnchorFinding(number, "missing"))
        elif sound is None or sound.text != inside:
            findings.append(AnchorFinding(number, "altered"))
        following = sound
        if sound is None:
            continue
        count += 1
        for owner, head in sound.heads.items():
            if since <= owner < until and len(newest := heads.setdefault(owner, [])) < NEWEST_HEADS:
                newest.append(head)
        if number == 1:
            unsealed = {owner: head.sequence for owner, head in sound.heads.items() if since <= owner < until}
    in_order = {owner: tuple(reversed(newest)) for owner, newest in heads.items()}
    return Vouched(in_order, unsealed, count, tuple(reversed(findings)))


def _descending(kept: Iterable[tuple[int, str]], copied: int) -> Iterator[tuple[int, str | None]]:
    """Every number from the newest down to 1, with the database's text where there is one."""
    expected: int | None = None
    for number, text in kept:
        for missing in range(copied if expected is None else expected, number, -1):
            yield missing, None
        yield number, text
        expected = number - 1
    for missing in range(copied if expected is None else expected, 0, -1):
        yield missing, None


def _holding(texts: Iterable[str | None], number: int, following: Anchor | None, key: OKPKey) -> Iterator[Anchor]:
    """Those of several texts of one number that hold."""
    for text in texts:
        try:
            anchor = Anchor.read(text or "")
        except ValueError:
            continue
        linked = following is not None and anchor.digest == following.previous
        if anchor.number == number and (linked or (following is None and is_signed(anchor, key))):
            yield anchor
