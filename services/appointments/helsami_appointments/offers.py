"""Free times as one citizen may see them: those that the organisations offer to somebody like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from helsami_appointments.domain import Slot
from helsami_appointments.storage import Reads
from helsami_kernel.access import AccessToken
from helsami_kernel.notes import Notes
from helsami_kernel.pages import Cursor
from helsami_sdk.answers import BookingDecision
from helsami_sdk.decisions import Decided
from helsami_sdk.hooks import DECIDE_BOOKING, RESTRICT_SLOTS
from helsami_sdk.questions import BookingQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.rules import Rules

LOOKED_AT_ONCE: Final = 200
MOST_LOOKS: Final = 10
"""A page may end early, with a cursor to go on from, rather than read for ever what nobody offers."""


class Offers:
    """What the organisations say, at one moment, to one reader."""

    def __init__(self, rules: Mapping[str, Rules], access: AccessToken, now: datetime, notes: Notes) -> None:
        """`notes` takes the decisions, each with the id of the slot that it is about."""
        self._rules = rules
        self._notes = notes
        self._actor = access.basis
        self._age_band = access.age_band or "16+"
        self._now = now

    def decided(self, slot: Slot) -> Decided[BookingDecision]:
        """How this reader may book the slot (R20); it is not noted, since it is about what the booking becomes."""
        question = BookingQuestion(
            action="book",
            visit_type=slot.meeting.visit_type,
            starts_at=slot.span.starts_at,
            asked_at=self._now,
            unit=slot.meeting.unit,
            actor=self._actor,
            age_band=self._age_band,
        )
        return self._rules[slot.organisation].decided(DECIDE_BOOKING, question)

    def among(self, slots: list[Slot]) -> list[Slot]:
        """Those of the slots that are offered, in their order; of an organisation that is closed, none."""
        offered = set(self._offered(slots))
        return [slot for slot in slots if slot.id in offered]

    def _offered(self, slots: list[Slot]) -> Iterator[str]:
        for organisation, own in groupby(sorted(slots, key=_organisation), _organisation):
            choices = tuple(
                SlotChoice(slot.id, slot.span.starts_at, slot.meeting.visit_type, slot.meeting.unit) for slot in own
            )
            question = SlotsQuestion(choices, self._now, self._actor, self._age_band)
            decided = self._rules[organisation].decided(RESTRICT_SLOTS, question)
            for decision, slot_id in decided.about_slots(choice.id for choice in choices):
                self._notes.note(decision, slot_id)
            yield from decided.answer

    def page(self, reads: Reads, search: Mapping[str, Any]) -> tuple[list[Slot], str | None]:
        """A page of what is offered, soonest first, and where the next one begins; `search` as in schemas.Search."""
        place = Cursor.read(search["cursor"], Cursor(max(search["since"] or self._now, self._now), ""))
        found: list[Slot] = []
        for _ in range(MOST_LOOKS):
            free = reads.free_times(search, place, LOOKED_AT_ONCE)
            found += self.among(free)
            if len(found) > search["limit"]:
                page = found[: search["limit"]]
                return page, str(_place(page[-1]))
            if len(free) < LOOKED_AT_ONCE:
                return found, None
            place = _place(free[-1])
        return found, str(place)


def _organisation(slot: Slot) -> str:
    return slot.organisation


def _place(slot: Slot) -> Cursor:
    return Cursor(slot.span.starts_at, slot.id)
