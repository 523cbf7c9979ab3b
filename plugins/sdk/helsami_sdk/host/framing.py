"""Messages between a service and a child: four bytes that say how long, and JSON."""

import struct
import time
from socket import socket

_LENGTH = struct.Struct(">I")
_CHUNK = 65_536


class TooLong(Exception):
    """The other side began a message that is longer than it may be."""


def send(channel: socket, content: bytes, until: float | None = None) -> None:
    """Send one message; raises TimeoutError when it is not gone by then (monotonic seconds), OSError."""
    if until is not None:
        channel.settimeout(max(until - time.monotonic(), 0.001))
    channel.sendall(_LENGTH.pack(len(content)) + content)


def receive(channel: socket, longest: int, until: float | None = None) -> bytes:
    """
    Receive one message, and no more than that.

    Raises TimeoutError when it is not there by `until` (monotonic seconds), TooLong, EOFError, OSError, and ValueError
    when something follows it that nobody asked for.
    """
    got = bytearray()
    while True:
        if len(got) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(got)
            if length > longest:
                raise TooLong
            if len(got) > _LENGTH.size + length:
                raise ValueError("a message that nobody asked for")
            if len(got) == _LENGTH.size + length:
                return bytes(got[_LENGTH.size :])
        chunk = _received(channel, until)
        if not chunk:
            raise EOFError
        got += chunk


def _received(channel: socket, until: float | None) -> bytes:
    if until is None:
        return channel.recv(_CHUNK)
    left = until - time.monotonic()
    if left > 0:
        channel.settimeout(left)
        try:
            return channel.recv(_CHUNK)
        except TimeoutError:
            pass
    # A hub that was busy elsewhere looks at its clock before it looks at what has come meanwhile.
    channel.settimeout(0.0)
    try:
        return channel.recv(_CHUNK)
    except BlockingIOError:
        raise TimeoutError from None
