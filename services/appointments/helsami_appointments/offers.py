"""Free times as one citizen may see them: those that the organisations offer to somebody like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from helsami_appointments.domain import Slot
from helsami_appointments.storage import Reads
from helsami_kernel.access import AccessToken
from helsami_kernel.pages import Cursor
from helsami_sdk.answers import BookingDecision
from helsami_sdk.questions import BookingQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.rules import Rules

LOOKED_AT_ONCE: Final = 200
MOST_LOOKS: Final = 10
"""A page may end early, with a cursor to go on from, rather than read for ever what nobody offers."""


class Offers:
    """What the organisations say, at one moment, to one reader."""

    def __init__(self, rules: Mapping[str, Rules], access: AccessToken, now: datetime) -> None:
        self._rules = rules
        self._actor = access.basis
        self._age_band = access.age_band or "16+"
        self._now = now

    def decision(self, slot: Slot) -> BookingDecision:
        """How this reader may book the slot (R20)."""
        question = BookingQuestion(
            action="book",
            visit_type=slot.meeting.visit_type,
            starts_at=slot.span.starts_at,
            asked_at=self._now,
            unit=slot.meeting.unit,
            actor=self._actor,
            age_band=self._age_band,
        )
        return self._rules[slot.organisation].decide_booking(question)

    def among(self, slots: list[Slot]) -> list[Slot]:
        """Those of the slots that are offered, in their order; of an organisation that is closed, none."""
        offered = set(self._offered(slots))
        return [slot for slot in slots if slot.id in offered]

    def _offered(self, slots: list[Slot]) -> Iterator[str]:
        for organisation, own in groupby(sorted(slots, key=_organisation), _organisation):
            choices = (
                SlotChoice(slot.id, slot.span.starts_at, slot.meeting.visit_type, slot.meeting.unit) for slot in own
            )
            question = SlotsQuestion(tuple(choices), self._now, self._actor, self._age_band)
            yield from self._rules[organisation].restrict_slots(question)

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
