"""Which request this is part of: the W3C Trace Context header `traceparent`, handed on over the bus."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
NO_TRACE: Final = "0" * 32
NO_SPAN: Final = "0" * 16


@dataclass(frozen=True, slots=True)
class Trace:
    """One step of a request: the request's id (32 hex digits), the step's (16), and the flags (2)."""

    trace_id: str
    span_id: str
    flags: str = "00"

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> "Trace":
        """Return the next step of the same request."""
        return Trace(self.trace_id, secrets.token_hex(8), self.flags)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def parse(text: object) -> Trace | None:
    """Read a `traceparent`; None for whatever is not one, since a broken trace must never break a request."""
    found = FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    # Version 00 ends here; later ones may go on after a hyphen. ff is no version.
    if version == "ff" or (version == "00" and more) or trace_id == NO_TRACE or span_id == NO_SPAN:
        return None
    return Trace(trace_id, span_id, flags)


def new() -> Trace:
    """Begin a request of its own."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))


def current() -> str | None:
    """Return the `traceparent` of the step that runs now, if any."""
    trace = _current.get()
    return None if trace is None else str(trace)


def trace_id() -> str | None:
    """Return the id of the request that is being served, if any: 32 hex digits."""
    trace = _current.get()
    return None if trace is None else trace.trace_id


def child() -> str:
    """Return a `traceparent` for a message that this step sends."""
    trace = _current.get()
    return str(new() if trace is None else trace.child())


@contextmanager
def continued(traceparent: object) -> Iterator[Trace]:
    """Serve a message as a step of the request that sent it; without a valid `traceparent`, of a new one."""
    sender = parse(traceparent)
    trace = new() if sender is None else sender.child()
    before = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(before)
