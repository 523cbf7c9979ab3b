"""Bodies of HTTP requests, read by the connection itself: within a time, a length, and what there is memory for."""

from __future__ import annotations

from collections import Counter
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

import eventlet

from helsami_kernel import metrics
from helsami_kernel.errors import FieldProblem, Malformed, Refusal, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedIOBase

    from werkzeug.wrappers import Request

BODY_WITHIN = 30
BODIES_AT_MOST: Final = 64 * 1024 * 1024
"""Bytes of long bodies that a process holds at once: three of the longest, whoever sends them."""
ONES_AT_MOST: Final = BODIES_AT_MOST // 3
"""How many of them one sender has: one of the longest, so that nobody takes the room of all."""
NOT_COUNTED: Final = 64 * 1024
"""What each body may hold beside that: commands get in while others fill the room with documents."""
PIECE: Final = 64 * 1024
LONGEST_LINE: Final = 4096
"""Of what stands between a body's chunks: a length and what is added to it, or a trailer."""
BODY: Final = "helsami.body"
TAKEN: Final = "helsami.body.taken"
WHOSE: Final = "helsami.body.whose"


class TooLarge(Refusal):
    """The body is longer than the route takes."""


class TooSlow(Refusal):
    """The body did not come in time."""


class NoRoom(Unavailable):
    """Others are sending so much that this body would have to be held beyond what the process has memory for."""

    code = "too-much-at-once"


class ShortLines:
    """What a connection sends: pieces of any length, and lines that are not held until somebody ends them."""

    def __init__(self, source: BufferedIOBase) -> None:
        self.read = source.read
        self._readline = source.readline

    def readline(self) -> bytes:
        """Return the next line. Raises OSError for one that is too long."""
        line = self._readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            raise OSError("a line between chunks is too long")
        return line


class Room:
    """How many bytes of bodies may be in memory, and how many are; they stay until their request is answered."""

    def __init__(self, at_most: int = BODIES_AT_MOST, ones_at_most: int = ONES_AT_MOST) -> None:
        self._at_most = at_most
        self._ones_at_most = ones_at_most
        self._of: Counter[str] = Counter()
        self.taken = 0

    def take(self, request: Request, held: int, who: str | None = None) -> None:
        """Count a body of which so many bytes are held, sent by whom. Raises NoRoom."""
        more = max(0, held - NOT_COUNTED) - request.environ.get(TAKEN, 0)
        if more <= 0:
            return
        if self.taken + more > self._at_most or (who is not None and self._of[who] + more > self._ones_at_most):
            raise NoRoom("http")
        request.environ[TAKEN] = request.environ.get(TAKEN, 0) + more
        request.environ[WHOSE] = who
        self._become(more, who)

    def give_back(self, request: Request) -> None:
        """Count a request's body no longer."""
        self._become(-request.environ.pop(TAKEN, 0), request.environ.pop(WHOSE, None))

    def _become(self, more: int, who: str | None) -> None:
        self.taken += more
        metrics.HTTP_BODY_BYTES.set(self.taken)
        if who is not None:
            self._of[who] += more
            if not self._of[who]:
                del self._of[who]


def has_body(request: Request) -> bool:
    """Has the sender said that a body follows?"""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def read_body(request: Request, at_most: int, room: Room, who: str | None = None) -> None:
    """
    Read and keep the body of whoever sends it.

    Raises TooLarge before or as soon as it is, TooSlow, Malformed for one cut short, and NoRoom.
    """
    declared = request.content_length
    if declared is not None and declared > at_most:
        raise _too_large(at_most)
    with eventlet.Timeout(BODY_WITHIN, False):
        body = _read(request, at_most, partial(room.take, request, who=who))
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


def _read(request: Request, at_most: int, count: Callable[[int], None]) -> bytes:
    """All of a body, piece by piece: what is held is counted, not what somebody says that they will send."""
    source, held = request.environ["wsgi.input"], BytesIO()
    try:
        while piece := source.read(min(PIECE, at_most + 1 - held.tell())):
            held.write(piece)
            if held.tell() > at_most:
                raise _too_large(at_most)
            count(held.tell())
    except (OSError, ValueError):  # the peer is gone, or its chunks are none
        raise Malformed("body-cut-short") from None
    return held.getvalue()


def _too_large(at_most: int) -> TooLarge:
    return TooLarge("body-too-large", FieldProblem("body", f"at most {at_most} bytes"))
