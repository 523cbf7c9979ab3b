"""
Photos as they are taken in: PNG or JPEG, of bounded size, by what is in them and not by what they are called.

What is no part of the picture is left out: a telephone writes into a photo where and when it was taken.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from helsami_kernel.errors import FieldProblem, Malformed

LARGEST: Final = 512 * 1024
LONGEST_SIDE: Final = 2048
EXPECTED: Final = f"a PNG or JPEG of at most {LARGEST // 1024} KiB and {LONGEST_SIDE} pixels a side"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC: Final = b"\xff\xd8"
# Of PNG: the picture, its palette, its transparency and how its colours are meant.
PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT"})
# Of JPEG, what frames and decodes the picture; of the applications' own segments JFIF's and Adobe's, which say how its
# colours are meant, where there is nothing else in them. EXIF, XMP, comments and thumbnails are not among them.
FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
JPEG_KEPT: Final = FRAMES | {0xC4, 0xDB, 0xDD}
COLOURS: Final = {0xE0: (b"JFIF\0", 18), 0xEE: (b"Adobe", 16)}
"""By marker, how such a segment begins, and how long it is without a thumbnail."""
END: Final = 0xD9
SCAN: Final = 0xDA
RESTARTS: Final = frozenset(range(0xD0, 0xD8))


class _NoPicture(Exception):
    """The bytes are no picture of that kind."""


def picture(body: bytes) -> tuple[str, bytes]:
    """The media type of a photo, and the photo with nothing in it but the picture. Raises Malformed."""
    try:
        if 0 < len(body) <= LARGEST:
            if body.startswith(PNG_MAGIC):
                return PNG, PNG_MAGIC + b"".join(_png(body))
            if body.startswith(JPEG_MAGIC):
                return JPEG, JPEG_MAGIC + b"".join(_jpeg(body))
    except (_NoPicture, struct.error, IndexError):
        pass
    raise Malformed("photo-form", FieldProblem("photo", EXPECTED))


def _png(body: bytes) -> Iterator[bytes]:
    place = len(PNG_MAGIC)
    names: list[bytes] = []
    while not names or names[-1] != b"IEND":
        length, name = struct.unpack_from(">I4s", body, place)
        whole = body[place : place + 12 + length]
        (check,) = struct.unpack_from(">I", whole, 8 + length)
        if zlib.crc32(whole[4 : 8 + length]) != check or (not names and name != b"IHDR"):
            raise _NoPicture
        if name == b"IHDR":
            _check_sides(*struct.unpack_from(">II", whole, 8))
        if name in PNG_KEPT:
            yield whole
        names.append(name)
        place += len(whole)
    if b"IDAT" not in names or names.count(b"IHDR") != 1:
        raise _NoPicture


def _jpeg(body: bytes) -> Iterator[bytes]:
    place, framed, scanned = len(JPEG_MAGIC), False, False
    while body[place] == 0xFF:  # noqa: PLR2004  what every marker begins with
        marker = body[place + 1]
        if marker == END and scanned:
            yield bytes((0xFF, END))
            return
        (length,) = struct.unpack_from(">H", body, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(body):  # noqa: PLR2004  a length counts its own two bytes
            raise _NoPicture
        if marker in FRAMES:
            _check_sides(*struct.unpack_from(">HH", body, place + 5))
            framed = True
        if marker == SCAN:
            if not framed:
                raise _NoPicture
            end, scanned = _end_of_scan(body, end), True
        if marker in JPEG_KEPT or marker == SCAN or _is_of_colours(marker, body[place:end]):
            yield body[place:end]
        place = end
    raise _NoPicture


def _is_of_colours(marker: int, segment: bytes) -> bool:
    beginning, length = COLOURS.get(marker, (b"", 0))
    return len(segment) == length and segment[4:].startswith(beginning)


def _end_of_scan(body: bytes, place: int) -> int:
    """Where the coded picture ends: at a marker that is neither a stuffed byte nor a restart. Raises _NoPicture."""
    while (place := body.find(b"\xff", place)) >= 0:
        following = body[place + 1]
        if following != 0 and following not in RESTARTS:
            return place
        place += 2
    raise _NoPicture


def _check_sides(one: int, other: int) -> None:
    if not (0 < one <= LONGEST_SIDE and 0 < other <= LONGEST_SIDE):
        raise _NoPicture
