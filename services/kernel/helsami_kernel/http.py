"""The HTTP shell: methods as entrypoints, with limits on connections, heads, bodies and time (reliability.md 1.12)."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
from eventlet import wsgi
from eventlet.event import Event
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider, SharedExtension
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helsami_kernel.bodies import BODY_WITHIN, Room, ShortLines, has_body, read_body, was_read
from helsami_kernel.config import Settings
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Unavailable

CONNECTIONS_AT_MOST = 512
REQUESTS_AT_MOST = 256
HEAD_WITHIN = 10
ANSWER_WITHIN = 150
IDLE_AT_MOST = 30
URL_AT_MOST = 4096
BODY_AT_MOST = 1024 * 1024
LINGERS = 3
AT_ONCE = 64 * 1024
BACKLOG = 512
ACCEPT_AGAIN_AFTER = 0.1
NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
CLOSE = "helsami.close"
UNCLEAR = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

OnFailure = Callable[[BaseException, Request], Response]
Admit = Callable[[Request], str | None]
"""Raises what refuses a sender; else says under what name what they send is counted, None for nobody's."""


class Protocol(wsgi.HttpProtocol):  # type: ignore[misc]
    """One connection; a head that trickles in, or that leaves open where the body ends, is cut off."""

    def _read_request_line(self) -> Any:
        with eventlet.Timeout(IDLE_AT_MOST, False):
            return super()._read_request_line()
        return b""

    def parse_request(self) -> bool:
        """Read the headers, within HEAD_WITHIN seconds in all."""
        with eventlet.Timeout(HEAD_WITHIN, False):
            return bool(super().parse_request()) and self._ends_clearly()
        return self._cut_off(TOO_SLOW)

    _leaves_unread = False

    def finish(self) -> None:
        """
        Close the connection; before that, where something was not read, say so and let it run past for a while.

        The kernel resets a connection that is closed over unread bytes, and the sender may then never see the answer.
        """
        if self._leaves_unread:
            with eventlet.Timeout(LINGERS, False):
                self._let_run_past()
        super().finish()

    def get_environ(self) -> dict[str, Any]:
        """WSGI's, with a way to close the connection after the answer, and a body whose chunks say short how long."""
        environ: dict[str, Any] = super().get_environ()
        environ["wsgi.input"].rfile = ShortLines(self.rfile)
        environ[CLOSE] = self._close_after
        return environ

    def _ends_clearly(self) -> bool:
        """Would everybody on the way agree on where this request ends? If not, one could be smuggled in another."""
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        clear = all(length.isascii() and length.isdigit() for length in lengths) and set(encodings) <= {"chunked"}
        return (clear and len(lengths) + len(encodings) <= 1) or self._cut_off(UNCLEAR)

    def _cut_off(self, answer: bytes) -> bool:
        self.wfile.write(answer)
        self.close_connection = True
        return False

    def _close_after(self) -> None:
        self.close_connection = self._leaves_unread = True

    def _let_run_past(self) -> None:
        try:
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(AT_ONCE):
                pass
        except OSError:
            return  # gone already


class HttpServer(SharedExtension):  # type: ignore[misc]
    """A service's HTTP port."""

    def __init__(self) -> None:
        self._routes = Map()
        self._connections = 0
        self._requests = 0
        self._listener: Any = None
        self.room = Room()
        self.admit: Admit = everybody

    def register(self, entrypoint: Http) -> None:
        """Serve this route."""
        self._routes.add(Rule(entrypoint.path, methods=[entrypoint.verb], endpoint=entrypoint))

    def start(self) -> None:
        """Listen on the host and port of the settings."""
        settings = self.container.config["settings"]
        self._listener = eventlet.listen((settings.host, settings.port), backlog=BACKLOG)
        self._server = wsgi.Server(
            self._listener,
            self._listener.getsockname(),
            self._answer,
            log=logging.getLogger("helsami.http"),
            protocol=Protocol,
            keepalive=IDLE_AT_MOST,
            log_output=False,
            url_length_limit=URL_AT_MOST,
            debug=False,
            socket_timeout=BODY_WITHIN,
        )
        self.container.spawn_managed_thread(self._accept)

    def close(self) -> None:
        """Take no more connections."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        """An error of one accept (no descriptors left, a peer gone) must not end the loop."""
        while (listener := self._listener) is not None:
            try:
                connection, address = listener.accept()
            except OSError:
                eventlet.sleep(ACCEPT_AGAIN_AFTER)
                continue
            if self._connections >= CONNECTIONS_AT_MOST:
                eventlet.spawn_n(refuse, connection)
            else:
                self._connections += 1
                eventlet.spawn_n(self._serve, connection, address)

    def _serve(self, connection: Any, address: Any) -> None:
        try:
            self._server.process_request([address, connection, wsgi.STATE_IDLE])
        except (OSError, ValueError):
            connection.close()  # the peer is gone, or spoke something else than HTTP
        finally:
            self._connections -= 1

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self._requests += 1
        try:
            response = self._response(request)
        finally:
            self._requests -= 1
            self.room.give_back(request)
        if has_body(request) and not was_read(request):
            environ[CLOSE]()  # nobody reads the rest of what was not wanted
        return response(environ, start_response)

    def _response(self, request: Request) -> Response:
        first: Http = next(iter(self._routes.iter_rules())).endpoint
        if self._requests > REQUESTS_AT_MOST:
            return first.on_failure(Unavailable("gateway"), request)
        try:
            entrypoint, arguments = self._routes.bind_to_environ(request.environ).match()
        except HTTPException as unmatched:
            return first.on_failure(unmatched, request)
        response: Response = entrypoint.answer(request, arguments)
        return response


def refuse(connection: Any) -> None:
    """Say that there is no room, to one who may not be listening."""
    with eventlet.Timeout(1, False):
        try:
            connection.sendall(NO_ROOM)
        except OSError:
            pass
        finally:
            connection.close()


def everybody(request: Request) -> None:
    """Take a body from anybody, as nobody's: for a service that names no admission."""


class Admission(DependencyProvider):  # type: ignore[misc]  # nameko carries no types
    """Says who may send a body at all, before any of it is read: made from the settings, raises what refuses others."""

    server = HttpServer()

    def __init__(self, make: Callable[[Settings], Admit]) -> None:
        self._make = make

    def setup(self) -> None:
        """Stand at the service's HTTP port. Raises `KeysUnusable`."""
        self.server.admit = self._make(self.container.config["settings"])


class Http(KernelEntrypoint):
    """A method that answers a request: (request, **path arguments) to a werkzeug Response."""

    kind = "http"
    server = HttpServer()

    def __init__(
        self, verb: str, path: str, on_failure: OnFailure, body_at_most: int = BODY_AT_MOST, **kwargs: Any
    ) -> None:
        self.verb = verb
        self.path = path
        self.on_failure = on_failure
        self.body_at_most = body_at_most
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Register with the service's server."""
        self.server.register(self)

    def stop(self) -> None:
        """Take no more connections."""
        self.server.close()

    def answer(self, request: Request, arguments: dict[str, Any]) -> Response:
        """Run the method in a worker, and wait for the whole answer: nothing streams past a logout or a revocation."""
        began = time.perf_counter()
        try:
            if has_body(request):
                who = self.server.admit(request)  # nothing is read for a stranger
                # By the connection itself: a slow sender must not hold a worker.
                read_body(request, self.body_at_most, self.server.room, who)
        except Exception as unfit:  # noqa: BLE001  what nobody foresaw is answered as anything else is
            self.note(unfit, time.perf_counter() - began)
            return self.on_failure(unfit, request)
        answered = Event()

        def settle(result: Response | None, failure: BaseException | None) -> None:
            answered.send((result, failure))

        work = Work(partial(self._prepare, request), settle, lambda: settle(None, Unavailable(self.service_name)))
        data = {"arguments": arguments}  # a trace of our own: the digits of a client's are not to be trusted in a log
        self.container.dispatch(self, data, work)
        response: Response | None = None
        failure: BaseException | None = Unavailable(self.service_name)
        with eventlet.Timeout(ANSWER_WITHIN, False):
            response, failure = answered.wait()
        if response is not None and not response.is_sequence:
            failure = TypeError("an answer in pieces would go on after the right to it has ended")
        elif response is not None:
            return response
        return self.on_failure(failure or Unavailable(self.service_name), request)

    def _prepare(self, request: Request, worker_ctx: WorkerContext) -> tuple[Any, ...]:
        return (request, *worker_ctx.data["arguments"].values())


http: Callable[..., Decorator] = Http.decorator
