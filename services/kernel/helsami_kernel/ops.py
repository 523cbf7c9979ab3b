"""
What a process answers to those who run it: is it alive, is it ready, what does it count; and who ends it if it hangs.

All of it runs on native threads with native sockets, so that it answers while the hub is busy or blocked. Nothing here
may touch green code: whoever knows something sets a flag, and these threads read it.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

# Importing eventlet patches nothing yet. `prometheus_client` must be imported before it does: its locks must be
# native, or a scrape can deadlock with the hub.
from eventlet.patcher import original
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

# The standard library's own modules, whatever is patched.
_socket: Final[Any] = original("socket")
_threading: Final[Any] = original("threading")
_time: Final[Any] = original("time")

BEAT_WITHIN: Final = 5.0
CHECKED_FOR: Final = 2.0
ANSWER_WITHIN: Final = 2.0
THREADS: Final = 4
BACKLOG: Final = 16
LONGEST_REQUEST: Final = 8192
SWITCH_INTERVAL: Final = 0.001
HUNG: Final = 70  # EX_SOFTWARE of sysexits.h

PLAIN: Final = "text/plain; charset=utf-8"
REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}

Answer = tuple[int, str, bytes]


class Ops:
    """The ops port: `/livez`, `/readyz` and `/metrics`."""

    def __init__(self, host: str, port: int) -> None:
        """Bind the port, 0 for any; raises `OSError` when it is taken."""
        self._listener = _socket.create_server((host, port), backlog=BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._checks: dict[str, Callable[[], bool]] = {}
        self._failing: tuple[float, list[str]] = (float("-inf"), [])
        self._beat: float = _time.monotonic()
        self._draining = False

    def start(self) -> None:
        """Begin to answer."""
        # So long does a thread wait for the interpreter while another computes; an answer takes it several times.
        sys.setswitchinterval(SWITCH_INTERVAL)
        for _ in range(THREADS):
            _threading.Thread(target=self._accept, name="ops", daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(_socket.SHUT_RDWR)  # closing alone does not wake who waits in accept
        self._listener.close()

    def register_check(self, name: str, check: Callable[[], bool]) -> None:
        """Add a condition of being ready: a flag somebody else sets, since a native thread asks and must not wait."""
        self._checks[name] = check

    def beat(self) -> None:
        """Show that the hub turns; without one every few seconds the process counts as dead."""
        self._beat = _time.monotonic()

    def drain(self) -> None:
        """Be no longer ready: the process stops."""
        self._draining = True

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._listener.fileno() < 0:
                    return
                _time.sleep(0.1)  # out of descriptors: a probe will come again
                continue
            self._serve(connection)

    def _serve(self, connection: Any) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(ANSWER_WITHIN)
            connection.sendall(_response(self._answer(_request_line(connection))))

    def _answer(self, line: bytes) -> Answer:
        match line.split(b" "):
            case [b"GET", target, _]:
                return self._answer_to(target.partition(b"?")[0])
            case [_, _, _]:
                return 405, PLAIN, b"only GET\n"
        return 400, PLAIN, b"not a request\n"

    def _answer_to(self, path: bytes) -> Answer:
        if path == b"/livez":
            alive = _time.monotonic() - self._beat < BEAT_WITHIN
            return (200, PLAIN, b"alive\n") if alive else (503, PLAIN, b"the hub does not turn\n")
        if path == b"/readyz":
            failing = ["draining"] if self._draining else self._checked()
            body = json.dumps({"ready": not failing, "failing": failing}).encode()
            return 503 if failing else 200, "application/json", body
        if path == b"/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        return 404, PLAIN, b"/livez /readyz /metrics\n"

    def _checked(self) -> list[str]:
        now = _time.monotonic()
        checked_at, failing = self._failing
        if now - checked_at > CHECKED_FOR:
            failing = failing_of(self._checks) if self._checks else ["starting"]
            self._failing = (now, failing)
        return failing


class Watchdog:
    """Ends the process when it has not ended by itself in time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def start(self) -> None:
        """Begin to count; there is no way back."""
        _threading.Thread(target=self._bite, name="watchdog", daemon=True).start()

    def _bite(self) -> None:
        _time.sleep(self._seconds)
        with contextlib.suppress(OSError):
            os.write(2, b'{"level":"error","code":"stop-took-too-long"}\n')
        os._exit(HUNG)


def failing_of(checks: Mapping[str, Callable[[], bool]]) -> list[str]:
    """Return the names of the checks that fail; one that raises does."""
    return [name for name, check in list(checks.items()) if not _holds(check)]


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except Exception:  # noqa: BLE001  whatever it is, it is not a yes
        return False


def _request_line(connection: Any) -> bytes:
    """Read a request's head to its end, and return its first line."""
    head = b""
    deadline = _time.monotonic() + ANSWER_WITHIN
    while b"\r\n\r\n" not in head and len(head) < LONGEST_REQUEST and _time.monotonic() < deadline:
        received = connection.recv(LONGEST_REQUEST)
        if not received:
            break
        head += received
    return head.partition(b"\r\n")[0]


def _response(answer: Answer) -> bytes:
    status, kind, body = answer
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + body
