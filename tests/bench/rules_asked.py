"""Asks organisations' rules in a process of its own, cooperative as a service is, and prints what it took as JSON."""

# ruff: noqa: I001

from __future__ import annotations

from helsami_kernel import cooperative  # noqa: F401  before whatever is not of the standard library

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Final

import eventlet

from bench import usage
from helsami_sdk import BookingQuestion, ResultQuestion, SharingQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.discovery import import_here
from helsami_sdk.host import Host, Limits
from helsami_sdk.organisations import load_organisations
from helsami_sdk.rules import Rules

NOW: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
SLOTS: Final = 20
WARM_UP: Final = 500
ROUNDS: Final = 5
ROUND_SECONDS: Final = 4.0
HOSTILE_EVERY: Final = 0.01


def main(task: str, executor: str, *told: str) -> dict[str, Any]:
    """Do a task with the rules `inline`, in a `host`, or in one that is `relentless` and quarantines nothing."""
    if executor == "inline":
        return TASKS[task](import_here, *told)
    host = Host(limits=Limits(failures=sys.maxsize) if executor == "relentless" else None)
    try:
        return TASKS[task](host.load, *told)
    finally:
        host.close()


def _load(load: Any) -> dict[str, Any]:
    """How long it takes to load what is installed, and what memory it holds then, a plugin host's processes with it."""
    before = usage.own_mib(os.getpid())
    began, busy = time.perf_counter(), time.process_time()
    organisations = load_organisations(load=load)
    told = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - busy}
    return {**told, "number": len(organisations), "mib": usage.own_mib(os.getpid()) - before}


def _ask(load: Any, questions: str, *asked: str) -> dict[str, Any]:
    """Microseconds a question, asked of each organisation in turn; `quiet` is the p99 of the quietest tenth of them."""
    organisations = load_organisations(load=load)
    rules = [organisations[one] for one in asked]
    list(_microseconds(rules, WARM_UP))
    took = list(_microseconds(rules, int(questions)))
    tenth = len(took) // 10
    tenths = [_spread(took[start : start + tenth]) for start in range(0, tenth * 10, tenth)]
    return {**_spread(took), "quiet": min(one["p99"] for one in tenths)}


def _storm(load: Any, hostile: str, *asked: str) -> dict[str, Any]:
    """The p99 (microseconds) of others, in turn alone and while somebody asks a hostile one over and over."""
    organisations = load_organisations(load=load)
    rules = [organisations[one] for one in asked]
    list(_microseconds(rules, WARM_UP))
    rounds = []
    for _ in range(ROUNDS):
        calm = _round(rules)
        asking = eventlet.spawn(_ask_for_ever, organisations[hostile])
        storm = _round(rules)
        asking.kill()
        rounds.append({"calm": calm, "storm": storm})
    return {"rounds": rounds}


def _ask_for_ever(rules: Rules) -> None:
    while True:
        rules.decide_booking(BookingQuestion("book", "vaccination", NOW, NOW))
        eventlet.sleep(HOSTILE_EVERY)


def _round(rules: Sequence[Rules]) -> dict[str, float]:
    until = time.monotonic() + ROUND_SECONDS
    took: list[float] = []
    while time.monotonic() < until:
        took.extend(_microseconds(rules, 100))
    return _spread(took)


def _microseconds(rules: Sequence[Rules], questions: int) -> Iterator[float]:
    """What each question took: all four hooks of today's services to each organisation in turn, none a second time."""
    turns = cycle([(one, ask) for one in rules for ask in _asks()])
    for number in range(questions):
        one, ask = next(turns)
        began = time.perf_counter()
        ask(one, number)
        yield (time.perf_counter() - began) * 1e6
        eventlet.sleep(0)


def _asks() -> list[Callable[[Rules, int], object]]:
    moments = time.monotonic_ns()  # so that a question of a later round is new as well
    booking = BookingQuestion("book", "vaccination", NOW + timedelta(days=3), NOW, actor="grant")
    days = [NOW + timedelta(days=1 + place) for place in range(SLOTS)]
    slots = SlotsQuestion(tuple(SlotChoice(f"slot-{day:%d}", day, "vaccination") for day in days), NOW)
    return [
        lambda rules, number: rules.decide_booking(replace(booking, starts_at=booking.starts_at + timedelta(number))),
        lambda rules, _number: rules.restrict_slots(slots),
        lambda rules, number: rules.classify_result(ResultQuestion(f"{moments}-{number}", category="laboratory")),
        lambda rules, number: rules.restrict_sharing(SharingQuestion("note", visit_type=f"{moments}-{number}")),
    ]


def _spread(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[len(ordered) * 99 // 100], "questions": len(ordered)}


TASKS: Final[dict[str, Callable[..., dict[str, Any]]]] = {"load": _load, "ask": _ask, "storm": _storm}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
