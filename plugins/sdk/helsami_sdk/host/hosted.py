"""One organisation's rules.py as its service sees it: asked over a channel, stopped when it is late, started again."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol

from helsami_sdk import codec
from helsami_sdk.discovery import NotLoaded
from helsami_sdk.executors import HookFailed, Hosted, whereabouts
from helsami_sdk.hooks import HOOKS
from helsami_sdk.host import framing
from helsami_sdk.host.limits import Limits
from helsami_sdk.host.program import Program
from helsami_sdk.host.quarantine import Quarantine

HOST: Final = "host"
_PLACE: Final = re.compile(r"\w{1,80}( at [\w.<> -]{1,80}:\d{1,7})?")
_NO_ANSWER: Final = re.compile(r"not an answer: \w{1,80}")
_UNPRINTABLE: Final = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\uffff]+")
_LONGEST_REFUSAL: Final = 400
_NOT_ITS_FAULT: Final = frozenset({"busy", "starting", "not-a-question"})
_COSTLY: Final = frozenset({"late", "died", "too-long", "garbled"})

Told = Callable[[str, str, str], None]
"""Hears a hook (or `host`), what became of it, and why."""


class Children(Protocol):
    """Starts and kills processes."""

    def start(self, channel: socket.socket) -> int:
        """Start a child on its end of a channel, and number it; raises OSError."""

    def kill(self, number: int) -> None:
        """Kill a child, if it still lives."""


class HostedRules(Hosted):
    """
    The rules of one rules.py in a child of their own.

    One question at a time; whoever waits for another's answer waits within the same deadline. Whatever interrupts a
    caller in its wait costs the child its life, as its answer could be taken for the next one's.
    """

    def __init__(self, layer: str, program: Program, children: Children, limits: Limits, told: Told) -> None:
        """Start a child for a program."""
        self.walls: list[str] = []
        self._layer = layer
        self._children = children
        self._limits = limits
        self._told = told
        self._program = codec.compact({"program": program.tell(), "memory": limits.memory})
        self._quarantines = {
            hook: Quarantine(limits.failures, limits.quarantine, partial(self._tell_quarantine, hook)) for hook in HOOKS
        }
        self._hooks: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._number = 0
        self._asked = 0
        self._ready = False
        self._settled = False
        self._closed = False
        self._deaths = 0
        self._not_before = 0.0
        self._start()

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks that the rules implement, once they are settled."""
        return self._hooks

    def settle(self) -> None:
        """Wait until the rules are loaded; raises NotLoaded and closes them when they do not."""
        try:
            with self._lock:
                self._awake(self._must_be_ready)
        except HookFailed as failure:
            self.close()
            refused = failure.reason == "refused"
            raise NotLoaded(failure.detail if refused else f"{self._layer} did not start: {failure.reason}") from None
        self._settled = True

    def ask(self, hook: str, question: object) -> object:
        """The rules' answer to one question, checked; raises HookFailed."""
        quarantine = self._quarantines[hook]
        if quarantine.holds:
            raise self._failure("quarantined")
        try:
            answer = self._exchange(hook, question, time.monotonic() + self._limits.deadline)
        except HookFailed as failure:
            if failure.reason not in _NOT_ITS_FAULT:
                quarantine.failed(costly=failure.reason in _COSTLY)
            raise
        quarantine.answered()
        return answer

    def close(self) -> None:
        """End the child, when it has answered what it was asked, or was late."""
        self._closed = True
        waited = self._lock.acquire(timeout=self._limits.deadline)
        self._children.kill(self._number)
        if waited:
            self._hang_up()
            self._lock.release()
        for quarantine in self._quarantines.values():
            quarantine.release()

    def _exchange(self, hook: str, question: object, until: float) -> object:
        if not self._lock.acquire(timeout=max(until - time.monotonic(), 0.0)):
            raise self._failure("busy")
        try:
            channel = self._awake(until)
            reply = self._replied(channel, self._written(hook, question), until)
            return self._understood(reply, hook, question)
        finally:
            self._lock.release()

    def _written(self, hook: str, question: object) -> bytes:
        try:
            written = codec.write(question, codec.question_kind(hook))
        except ValueError as error:
            raise self._failure("not-a-question", whereabouts(error)) from None
        self._asked += 1
        return codec.compact({"hook": hook, "number": self._asked, "question": written})

    def _replied(self, channel: socket.socket, content: bytes, until: float) -> dict[str, Any]:
        """What the child says to this; raises HookFailed after the child is gone."""
        with self._lost_when_it_fails():
            framing.send(channel, content, until)
            reply = _table(framing.receive(channel, self._limits.answer + len(content), until), "number")
            if reply["number"] != self._asked:
                raise ValueError("an answer to another question")
        self._deaths = 0
        return reply

    def _understood(self, reply: dict[str, Any], hook: str, question: object) -> object:
        if "failed" in reply:
            raise self._failure("raised", _matching(_PLACE, reply["failed"]))
        if "answer" not in reply:
            raise self._failure("invalid", _matching(_NO_ANSWER, reply.get("invalid")), "invalid")
        try:
            answer = codec.read(reply["answer"], codec.answer_kind(hook))
        except ValueError:
            raise self._failure("invalid", "not an answer", "invalid") from None
        if answer is not None and not HOOKS[hook].accepts(question, answer):
            raise self._failure("invalid", f"not an answer: {type(answer).__name__}", "invalid")
        return answer

    def _awake(self, until: float) -> socket.socket:
        """The channel to a child that has loaded the rules; raises HookFailed."""
        if self._channel is None:
            if self._closed or time.monotonic() < self._not_before:
                raise self._failure("starting")
            self._start()
        channel = self._channel
        if channel is None:
            raise self._failure("starting")
        if not self._ready:
            self._greet(channel, until)
        return channel

    def _greet(self, channel: socket.socket, until: float) -> None:
        """Hear that the child has loaded the rules; it may need longer than one question does."""
        with self._lost_when_it_fails():
            try:
                said = framing.receive(channel, self._limits.answer, until)
            except TimeoutError:
                if time.monotonic() < self._must_be_ready:
                    raise self._failure("starting") from None
                raise
            told = _table(said)
            refused = _text(told.get("refused", ""))
            hooks, walls = _texts(told.get("hooks", [])), _texts(told.get("walls", []))
        if "refused" in told:
            raise self._lose("refused", _UNPRINTABLE.sub(" ", refused)[:_LONGEST_REFUSAL])
        self._hooks = frozenset(HOOKS).intersection(hooks)
        self.walls = walls
        self._ready = True

    @contextmanager
    def _lost_when_it_fails(self) -> Iterator[None]:
        """Let the child go when what it says cannot be understood, or is not waited for."""
        try:
            yield
        except HookFailed:
            raise
        except (EOFError, OSError, ValueError, framing.TooLong) as error:
            raise self._lose(_reason(error)) from None
        except BaseException:
            self._lose("interrupted")
            raise

    def _start(self) -> None:
        """Start a child and give it the program; what goes wrong shows when it is asked."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._must_be_ready = time.monotonic() + self._limits.start
        self._ready = False
        try:
            self._number = self._children.start(theirs)
            framing.send(ours, self._program, self._must_be_ready)
        except OSError:
            ours.close()
        else:
            self._channel = ours
        finally:
            theirs.close()

    def _lose(self, reason: str, detail: str = "") -> HookFailed:
        """Kill the child, start another unless it is the second in a row, and say what the question failed of."""
        self._children.kill(self._number)
        self._hang_up()
        if self._settled and not self._closed:
            self._told(HOST, "restarted", reason)
            pause = self._limits.pause(self._deaths)
            self._deaths += 1
            self._not_before = time.monotonic() + pause
            if not pause:
                self._start()
        return self._failure(reason, detail)

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _tell_quarantine(self, hook: str, became: str) -> None:
        self._told(hook, became, self._layer)

    def _failure(self, reason: str, detail: str = "", outcome: str = "failed") -> HookFailed:
        return HookFailed(self._layer, detail or reason, outcome, reason)


def _table(content: bytes, *keys: str) -> dict[str, Any]:
    told = codec.parse(content)
    if type(told) is not dict or not told.keys() >= set(keys):
        raise ValueError("expected a table")
    return told


def _texts(said: object) -> list[str]:
    if type(said) is not list:
        raise ValueError("expected a list")
    return [_text(each) for each in said]


def _text(said: object) -> str:
    if type(said) is not str:
        raise ValueError("expected a text")
    return said


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "late"
    if isinstance(error, framing.TooLong):
        return "too-long"
    return "died" if isinstance(error, EOFError | OSError) else "garbled"


def _matching(pattern: re.Pattern[str], said: object) -> str:
    """What a child says of itself, if it has the form of that; it could say anything, a question's text among it."""
    return said if isinstance(said, str) and pattern.fullmatch(said) else "of a form that is not told"
