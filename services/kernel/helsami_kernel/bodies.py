"""Bodies of HTTP requests, read by the connection itself: within a time, a length, and what there is memory for."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import eventlet

from helsami_kernel import metrics
from helsami_kernel.errors import FieldProblem, Malformed, Refusal, Unavailable

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

BODY_WITHIN = 30
BODIES_AT_MOST: Final = 64 * 1024 * 1024
"""Bytes of long bodies that a process holds at once: three of the longest, whoever sends them."""
NOT_COUNTED: Final = 64 * 1024
"""What each body may hold beside that: commands get in while others fill the room with documents."""
PIECE: Final = 64 * 1024
BODY: Final = "helsami.body"
TAKEN: Final = "helsami.body.taken"


class TooLarge(Refusal):
    """The body is longer than the route takes."""


class TooSlow(Refusal):
    """The body did not come in time."""


class NoRoom(Unavailable):
    """Others are sending so much that this body would have to be held beyond what the process has memory for."""

    code = "too-much-at-once"


class Room:
    """How many bytes of bodies may be in memory, and how many are; they stay until their request is answered."""

    def __init__(self, at_most: int = BODIES_AT_MOST) -> None:
        self._at_most = at_most
        self.taken = 0

    def take(self, request: Request, held: int) -> None:
        """Count a body of which so many bytes are held. Raises NoRoom."""
        more = max(0, held - NOT_COUNTED) - request.environ.get(TAKEN, 0)
        if more <= 0:
            return
        if self.taken + more > self._at_most:
            raise NoRoom("http")
        request.environ[TAKEN] = request.environ.get(TAKEN, 0) + more
        self._become(self.taken + more)

    def give_back(self, request: Request) -> None:
        """Count a request's body no longer."""
        self._become(self.taken - request.environ.pop(TAKEN, 0))

    def _become(self, taken: int) -> None:
        self.taken = taken
        metrics.HTTP_BODY_BYTES.set(taken)


def has_body(request: Request) -> bool:
    """Has the sender said that a body follows?"""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def read_body(request: Request, at_most: int, room: Room) -> None:
    """
    Read and keep the body.

    Raises TooLarge before or as soon as it is, TooSlow, Malformed for one cut short, and NoRoom.
    """
    declared = request.content_length
    if declared is not None and declared > at_most:
        raise _too_large(at_most)
    with eventlet.Timeout(BODY_WITHIN, False):
        body = _read(request, at_most, room)
        if declared is not None and len(body) < declared:
            raise Malformed("body-cut-short")
        request.environ[BODY] = body
        return
    raise TooSlow("body-too-slow")


def body_of(request: Request) -> bytes:
    """The body that was read."""
    body: bytes = request.environ.get(BODY, b"")
    return body


def was_read(request: Request) -> bool:
    """Has a body been read to its end?"""
    return BODY in request.environ


def _read(request: Request, at_most: int, room: Room) -> bytes:
    """All of a body, piece by piece: what is held is counted, not what somebody says that they will send."""
    source, held = request.environ["wsgi.input"], BytesIO()
    try:
        while piece := source.read(min(PIECE, at_most + 1 - held.tell())):
            held.write(piece)
            if held.tell() > at_most:
                raise _too_large(at_most)
            room.take(request, held.tell())
    except (OSError, ValueError):  # the peer is gone, or its chunks are none
        raise Malformed("body-cut-short") from None
    return held.getvalue()


def _too_large(at_most: int) -> TooLarge:
    return TooLarge("body-too-large", FieldProblem("body", f"at most {at_most} bytes"))
