"""The HTTP shell: methods as entrypoints, with limits on connections, heads, bodies and time (reliability.md 1.12)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
from eventlet import wsgi
from eventlet.event import Event
from nameko.containers import WorkerContext
from nameko.extensions import SharedExtension
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import FieldProblem, Malformed, Refusal, Unavailable

CONNECTIONS_AT_MOST = 512
REQUESTS_AT_MOST = 256
HEAD_WITHIN = 10
BODY_WITHIN = 30
ANSWER_WITHIN = 150
IDLE_AT_MOST = 30
URL_AT_MOST = 4096
BODY_AT_MOST = 1024 * 1024
BACKLOG = 512
ACCEPT_AGAIN_AFTER = 0.1
NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
BODY = "helsami.body"
CLOSE = "helsami.close"
UNCLEAR = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

OnFailure = Callable[[BaseException, Request], Response]


class TooLarge(Refusal):
    """The body is longer than the route takes."""


class TooSlow(Refusal):
    """The body did not come in time."""


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

    def get_environ(self) -> dict[str, Any]:
        """WSGI's, and a way to close the connection after the answer."""
        environ: dict[str, Any] = super().get_environ()
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
        self.close_connection = True


class HttpServer(SharedExtension):  # type: ignore[misc]
    """A service's HTTP port."""

    def __init__(self) -> None:
        self._routes = Map()
        self._connections = 0
        self._requests = 0
        self._listener: Any = None

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
        if has_body(request) and BODY not in environ:
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
        """Run the method in a worker, and wait for it."""
        try:
            read_body(request, self.body_at_most)  # by the connection itself: a slow sender must not hold a worker
        except Refusal as refusal:
            return self.on_failure(refusal, request)
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
        return response if response is not None else self.on_failure(failure or Unavailable(self.service_name), request)

    def _prepare(self, request: Request, worker_ctx: WorkerContext) -> tuple[Any, ...]:
        return (request, *worker_ctx.data["arguments"].values())


http: Callable[..., Decorator] = Http.decorator


def has_body(request: Request) -> bool:
    """Has the sender said that a body follows?"""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def read_body(request: Request, at_most: int) -> None:
    """Read and keep the body; TooLarge before or as soon as it is, TooSlow, or Malformed for one cut short."""
    declared = request.content_length
    if declared is not None and declared > at_most:
        raise TooLarge("body-too-large", FieldProblem("body", f"at most {at_most} bytes"))
    if not has_body(request):
        return
    body = b""
    with eventlet.Timeout(BODY_WITHIN, False):
        try:
            body = request.environ["wsgi.input"].read(at_most + 1)
        except OSError:
            raise Malformed("body-cut-short") from None
        if len(body) > at_most:
            raise TooLarge("body-too-large", FieldProblem("body", f"at most {at_most} bytes"))
        if declared is not None and len(body) < declared:
            raise Malformed("body-cut-short")
        request.environ[BODY] = body
        return
    raise TooSlow("body-too-slow")


def body_of(request: Request) -> bytes:
    """The body that was read."""
    body: bytes = request.environ.get(BODY, b"")
    return body
