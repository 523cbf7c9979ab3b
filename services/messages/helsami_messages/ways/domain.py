"""Where a message lies, and the stops that it still has before it if nobody opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from helsami_sdk.answers import Route, Stop

DUTY: Final = "duty"  # the inbox that every organisation has (helsami_sdk.questions.DUTY_INBOX)
INBOX: Final = "inbox"
EMPLOYEE: Final = "employee"
STOPS: Final = (EMPLOYEE, INBOX, DUTY)
UNOPENED: Final = "unopened"
OPENED: Final = "opened"

Stops = tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Lying:
    """
    A message that lies at a stop since `arrived_at`, unopened at most until `due_at`, with the stops that come after.

    `hop` counts how often it has moved on. `opened_at` and `answered_at` are None until that has happened.
    """

    message: str
    owner: str
    thread: str
    organisation: str
    stop: Stop
    ahead: Stops
    written_at: datetime
    arrived_at: datetime
    due_at: datetime
    hop: int = 0
    opened_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def where(self) -> str:
        """One of STOPS."""
        if self.stop.employee:
            return EMPLOYEE
        return DUTY if self.stop.inbox == DUTY else INBOX

    def lies_at(self, inbox: str, employee: str) -> bool:
        """Whether this is where it lies."""
        return (self.stop.inbox, self.stop.employee) == (inbox, employee)

    def at(self, stop: Stop, ahead: Stops, now: datetime, due_at: datetime) -> Lying:
        """The message as it lies at another stop from now on, unopened."""
        return replace(self, stop=stop, ahead=ahead, arrived_at=now, due_at=due_at, hop=self.hop + 1, opened_at=None)


def stops_of(route: Route) -> Stops:
    """The stops of a way; the last is always the duty inbox, where a message stays until somebody opens it (K25)."""
    return _ending_on_duty(route.stops)


def forwarded(lying: Lying, inbox: str, employee: str) -> Stops:
    """The stops of a message that staff send elsewhere: there, then what was still before it, without coming back."""
    stop = Stop(inbox, employee, lying.stop.unopened_hours)
    rest = [one for one in lying.ahead if (one.inbox, one.employee) != (inbox, employee)]
    return _ending_on_duty((stop, *rest))


def _ending_on_duty(stops: Sequence[Stop]) -> Stops:
    last = () if stops[-1].inbox == DUTY else (Stop(inbox=DUTY),)
    return (*stops, *last)
