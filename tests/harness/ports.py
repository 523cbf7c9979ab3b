"""Finds ports that stay ours while a server is down."""

from __future__ import annotations

import errno
import random
import socket

# Below the ephemeral range: a client that reconnects must not be given the port of a server that is down for a moment.
LOWEST_PORT, HIGHEST_PORT = 20_000, 31_999
ATTEMPTS = 200

_reserved: list[socket.socket] = []


def reserve_port() -> int:
    """
    Return a TCP port on 127.0.0.1 that nobody listens on and no other test run is given while this process lives.

    Raises OSError when none is found.
    """
    for port in random.sample(range(LOWEST_PORT, HIGHEST_PORT + 1), ATTEMPTS):
        if (claim := _claim(port)) is not None:
            _reserved.append(claim)
            return port
    raise OSError(errno.EADDRINUSE, "no free port on 127.0.0.1")


def _claim(port: int) -> socket.socket | None:
    # A name in Linux's abstract socket namespace is the lock: taken at once or not at all, given back when we die.
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0helsami-port-{port}")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    return claim
