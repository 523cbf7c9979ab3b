"""Asking where a message goes, and laying it there (R79, R81)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from helsami_kernel.access import AccessToken
from helsami_kernel.notes import note_all
from helsami_messages.recipients.domain import Relation
from helsami_messages.threads.domain import Thread
from helsami_messages.ways.domain import Lying, Stops, stops_of
from helsami_messages.ways.hours import after_working_hours
from helsami_messages.ways.storage import Writes
from helsami_sdk.hooks import ROUTE_MESSAGE
from helsami_sdk.questions import MessageQuestion
from helsami_sdk.rules import Rules

USUAL_AGE: Final = "16+"


def send(
    tx: Writes, rules: Mapping[str, Rules], thread: Thread, message: str, team: Iterable[Relation], access: AccessToken
) -> None:
    """
    Lay a citizen's message where its organisation says, with all the stops that it has said.

    `team` are those the citizen has to do with: colleagues may stand in. A way is never empty (`Route`), and ends in
    the duty inbox: there is no message that nobody is to read.
    """
    decided = rules[thread.organisation].decided(ROUTE_MESSAGE, _question(tx.now, rules, thread, team, access))
    note_all(tx, decided, message)
    stop, *ahead = stops_of(decided.answer)
    tx.lay(
        Lying(
            message=message,
            owner=str(tx.owner),
            thread=thread.id,
            organisation=thread.organisation,
            stop=stop,
            ahead=tuple(ahead),
            written_at=tx.now,
            arrived_at=tx.now,
            due_at=due_at(rules, thread.organisation, tx.now, stop.unopened_hours),
        )
    )


def go_on(tx: Writes, rules: Mapping[str, Rules], lying: Lying, stops: Stops) -> Lying:
    """Let a message lie at the first of these stops from now on, and its clock begin anew; the message as it lies."""
    stop, *ahead = stops
    due = due_at(rules, lying.organisation, tx.now, stop.unopened_hours)
    moved = lying.at(stop, tuple(ahead), tx.now, due)
    tx.move(lying, moved)
    return moved


def due_at(rules: Mapping[str, Rules], organisation: str, now: datetime, hours: int) -> datetime:
    """When so many working hours of an organisation have passed, paused or not: its people work all the same."""
    return after_working_hours(now, hours, rules[organisation].manifest.hours)


def _question(
    now: datetime, rules: Mapping[str, Rules], thread: Thread, team: Iterable[Relation], access: AccessToken
) -> MessageQuestion:
    """Ask about somebody who treats the citizen now, else about the unit: a reply may come when they have left."""
    there = {
        one.employee
        for one in team
        if (one.organisation, one.unit) == (thread.organisation, thread.unit) and one.employee and one.holds(now)
    }
    return MessageQuestion(
        unit=thread.unit,
        inboxes=rules[thread.organisation].manifest.inboxes,
        asked_at=now,
        employee=thread.employee if thread.employee in there else "",
        colleagues=frozenset(there - {thread.employee}),
        actor=access.basis,
        age_band=access.age_band or USUAL_AGE,
    )
