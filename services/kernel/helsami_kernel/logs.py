"""
One JSON line for each thing worth telling, made of named fields alone.

Nothing free gets in: a field not listed here does not exist, a library's record keeps its logger, level and exception
class, and an exception its class and place in the code. The redaction of numbers is a net below that, not the rule.
"""

import base64
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, TextIO

import orjson
from eventlet import greenpool
from eventlet.hubs import get_hub

from helsami_kernel import tracing
from helsami_kernel.clock import written

FIELDS: Final = (
    "time",
    "level",
    "service",
    "entrypoint",
    "kind",
    "outcome",
    "ms",
    "trace",
    "code",
    "event",
    "about",
    "organisation",
    "hook",
    "reason",
    "count",
    "logger",
    "error",
    "where",
)
"""Every field a line may have, in the order they are written."""

OWN: Final = frozenset({"time", "level", "trace"})
"""Fields whose values are made here; the digits of a trace id are nobody's."""

LEVELS: Final = ("info", "warning")
"""From where on a process may be told to write; faults are always written."""

NO_NEWS: Final = "duplicate"
"""The outcome of what was already done; its metric counts it, and a start may bring thousands."""

LONGEST_VALUE: Final = 120
REDACTED_REMEMBERED: Final = 1024
"""Most lines are made of the same few names."""

REDACTED: Final = "[number]"

# Eleven digits or more, each as itself or percent-encoded, one separator allowed between any two: no check digit is
# asked for, since from 2032 it takes other values (reliability, section 3.7).
_NUMBER: Final = re.compile(r"(?:\d|%3\d)(?:(?:[ .+\-]|%20|%2[BDE])?(?:\d|%3\d)){10,}", re.IGNORECASE)
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{15,}")
_HIDDEN: Final = re.compile(rb"\d(?:[ .\-]?\d){10}")

_stream: TextIO | None = None
_least = LEVELS[0]


def start(stream: TextIO | None = None) -> None:
    """Write to a stream (standard error) from now on, and take over all that would print an exception's text."""
    global _stream  # noqa: PLW0603  one process, one log
    _stream = stream or sys.stderr
    root = logging.getLogger()
    root.handlers = [_LibraryRecords(logging.WARNING)]
    root.setLevel(logging.WARNING)
    logging.getLogger("nameko.containers").addFilter(_is_news)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False
    sys.excepthook = lambda kind, error, trace: _stray("process", kind, error, trace)
    sys.unraisablehook = lambda stray: _stray("finalizer", stray.exc_type, stray.exc_value, stray.exc_traceback)
    threading.excepthook = lambda stray: _stray("thread", stray.exc_type, stray.exc_value, stray.exc_traceback)
    _watch_greenlets(get_hub())


def write_from(level: str) -> None:
    """Write nothing below this one of LEVELS from now on."""
    global _least  # noqa: PLW0603  one process, one log
    _least = level


def entrypoint(
    service: str, name: str, kind: str, outcome: str, seconds: float, failure: BaseException | None = None
) -> None:
    """Tell that an entrypoint is done; `failure` is a fault, which a refusal is not."""
    if outcome == NO_NEWS:
        return
    _write(
        "info" if failure is None else "error",
        {"service": service, "entrypoint": name, "kind": kind, "outcome": outcome, "ms": round(seconds * 1000, 2)},
        failure,
    )


def incident(  # noqa: PLR0913  the fields of the line
    code: str,
    *,
    service: str | None = None,
    event: str | None = None,
    about: str | None = None,
    organisation: str | None = None,
    hook: str | None = None,
    kind: str | None = None,
    reason: str | None = None,
    count: int | None = None,
    failure: BaseException | None = None,
) -> None:
    """Tell of something that ought not to happen, by a kebab-case code; `about` is an opaque id of ours."""
    facts = {"code": code, "service": service, "event": event, "about": about, "organisation": organisation}
    _write("warning", facts | {"hook": hook, "kind": kind, "reason": reason, "count": count}, failure)


def fact(
    code: str,
    *,
    service: str | None = None,
    organisation: str | None = None,
    reason: str | None = None,
    count: int | None = None,
) -> None:
    """Tell of something that happens as it should, such as a start."""
    facts = {"code": code, "service": service, "organisation": organisation, "reason": reason, "count": count}
    _write("info", facts, None)


@lru_cache(REDACTED_REMEMBERED)
def redacted(text: str) -> str:
    """Return a text without numbers that may be a national identity number, plain, percent-encoded or in base64."""
    return _ENCODED.sub(_unless_it_hides_a_number, _NUMBER.sub(REDACTED, text))


def place(trace: TracebackType | None) -> str | None:
    """Return where an exception was raised, as `folder/file.py:line`: in our own code when it passed through it."""
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if "helsami_" in frame.filename]
    if not frames:
        return None
    frame = (own or frames)[-1]
    return _short(frame.filename, frame.lineno)


def _is_news(record: logging.LogRecord) -> bool:
    """At every stop Nameko warns, twice for each, of threads that are meant to run until then."""
    return record.funcName != "_kill_managed_threads"


class _LibraryRecords(logging.Handler):
    """What the libraries below us have to say, without the words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's logger, level and place in the code, and the exception's class."""
        error = record.exc_info[1] if record.exc_info else None
        _write(
            record.levelname.lower(), {"logger": record.name, "where": _short(record.pathname, record.lineno)}, error
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        """Say that a record could not be written: logging's own way prints the message and its arguments."""
        _write("error", {"logger": record.name, "code": "log-record-broken"}, None)


class _PoolTraceback:
    """Stands for the `traceback` module where a green pool would print what a greenlet left uncaught."""

    def print_exc(self) -> None:
        """Write a line about the exception that is being handled."""
        _stray("greenlet", *sys.exc_info())


def _watch_greenlets(hub: Any) -> None:
    """Take over what eventlet prints of exceptions that nobody caught: whole tracebacks, texts and all."""

    def lost_descriptor(descriptor: int, raised: tuple[Any, Any, Any]) -> None:
        _stray("greenlet", *raised)
        hub.remove_descriptor(descriptor)

    hub.squelch_exception = lost_descriptor
    hub.squelch_timer_exception = lambda _, raised: _stray("greenlet", *raised)
    hub.squelch_generic_exception = lambda raised: _stray("greenlet", *raised)
    greenpool.traceback = _PoolTraceback()


def _stray(where: str, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
    _write("error", {"code": "uncaught", "reason": where}, error, trace)


def _write(
    level: str, facts: dict[str, Any], failure: BaseException | None, trace: TracebackType | None = None
) -> None:
    if _stream is None or (level in LEVELS and LEVELS.index(level) < LEVELS.index(_least)):
        return
    line = facts | {
        "time": written(datetime.now(UTC), "milliseconds"),
        "level": level,
        "trace": tracing.trace_id(),
    }
    if failure is not None:
        line["error"] = f"{type(failure).__module__}.{type(failure).__qualname__}"
        line["where"] = place(trace or failure.__traceback__)
    told = {name: _told(name, line[name]) for name in FIELDS if line.get(name) is not None}
    try:
        _stream.write(orjson.dumps(told).decode() + "\n")
        _stream.flush()
    except (OSError, ValueError):
        return  # nobody reads the log any more: no reason to fail a citizen's request


def _short(path: str, line: int | None) -> str:
    """Return a place in the code without the folders of this machine above it."""
    return "/".join(path.split("/")[-2:]) + f":{line}"


def _told(name: str, value: object) -> object:
    if name in OWN or isinstance(value, int | float):
        return value
    return redacted(str(value)[:LONGEST_VALUE])


def _unless_it_hides_a_number(token: re.Match[str]) -> str:
    """Decode a token from each of its first four places, since what stands before a code may belong to its alphabet."""
    text = token.group().replace("-", "+").replace("_", "/")
    for offset in range(4):
        whole = text[offset : len(text) - ((len(text) - offset) % 4 == 1)]
        if _HIDDEN.search(base64.b64decode(whole + "=" * (-len(whole) % 4))):
            return REDACTED
    return token.group()
