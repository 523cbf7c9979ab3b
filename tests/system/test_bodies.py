"""Nothing is read for strangers: every route that takes a body refuses them by its head alone."""

import re
import socket
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

import pytest

from helsami_gateway.service import GatewayService
from helsami_kernel.describe import entrypoints
from helsami_kernel.http import Http

OPEN = ("/dev/", "/api/v1/logout")
"""Whoever looks around in demo data has no login, and whoever logs out may have none any longer."""
BY_ADDRESS = "/calendar/"
"""A link that nobody sends anything to."""
ROUTES = [(route.verb, route.path) for route in entrypoints(GatewayService, Http)]
LOGINS = [
    b"",
    b"Cookie: __Host-helsami=forged\r\n",
    b"Authorization: Bearer forged\r\n",
    *(
        b"Cookie: __Host-helsami=%s....\r\n" % urlsafe_b64encode(header).rstrip(b"=")
        for header in (b'{"alg":"dir","enc":[]}', b'{"alg":"dir","enc":"A256GCM","crit":5}')
    ),
]


def answer_to(demo, head):
    """What is answered to a head alone, of a request whose body never comes."""
    door = urlsplit(demo.url)
    with socket.create_connection((door.hostname, door.port), timeout=5) as client:
        client.sendall(head + b"\r\n")
        told = b""
        while part := client.recv(4096):
            told += part
    return told


@pytest.mark.parametrize("login", LOGINS, ids=["none", "cookie", "token", "cipher", "critical"])
def test_no_route_waits_for_the_body_of_a_stranger(demo, login):
    waited = []
    for verb, path in ROUTES:
        if path.startswith(OPEN):
            continue
        address = re.sub("<[^>]+>", "x", path).encode()
        head = b"%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n" % (verb.encode(), address)
        told = answer_to(demo, head + login)
        refused = b"not-found" if path.startswith(BY_ADDRESS) else b"login-needed"
        if refused not in told or b"connection: close" not in told.lower():
            waited.append((verb, path, told[:60]))

    assert len(ROUTES) > 100
    assert waited == []


def test_what_is_refused_names_the_login_that_is_missing(demo):
    told = answer_to(demo, b"POST /api/v1/capacity-applications HTTP/1.1\r\nHost: x\r\nContent-Length: 15000000\r\n")

    assert b"www-authenticate: cookie" in told.lower()
    assert b"application/problem+json" in told
    assert told.endswith(b'"status":401,"code":"login-needed"}')


def test_a_logout_takes_no_long_body_from_anybody(demo):
    told = answer_to(demo, b"POST /api/v1/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\n")

    assert b" 413 " in told[:20]


def test_a_logout_holds_no_chunk_length_that_never_ends(demo):
    head = b"POST /api/v1/logout HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    told = answer_to(demo, head + b"f" * 2_000_000)

    assert b" 400 " in told[:20]
    assert b"application/problem+json" in told
