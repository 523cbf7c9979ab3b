"""Free times as one citizen may see them: those that the organisations offer to somebody like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from helsami_appointments.domain import Appointment, Slot
from helsami_appointments.receiving.flags import narrowed
from helsami_appointments.storage import Reads
from helsami_kernel.access import AccessToken
from helsami_kernel.delegation import Delegation
from helsami_kernel.errors import Conflict, FieldProblem, NotFound, Refused
from helsami_kernel.notes import Notes, note_all
from helsami_kernel.pages import Cursor
from helsami_sdk.answers import BookingDecision, Tier
from helsami_sdk.decisions import Decided
from helsami_sdk.hooks import DECIDE_BOOKING, RESTRICT_SLOTS
from helsami_sdk.questions import BookingQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.rules import Rules

LOOKED_AT_ONCE: Final = 200
MOST_LOOKS: Final = 10
"""A page may end early, with a cursor to go on from, rather than read for ever what nobody offers."""

TO_ACT: Final = "appointments:act"
NOT_DELEGATED: Final = "not-delegated"


class Offers:
    """What the organisations say, at one moment, to one reader."""

    def __init__(self, rules: Mapping[str, Rules], access: AccessToken, now: datetime, notes: Notes) -> None:
        """`notes` takes the decisions, each with the id of the slot that it is about."""
        self._rules = rules
        self._notes = notes
        self._actor = access.basis
        self._age_band = access.age_band or "16+"
        self._delegation = Delegation(rules, access)
        self._now = now

    def decided(self, action: str, meeting: Slot | Appointment) -> Decided[BookingDecision]:
        """
        How this reader may do one of ACTIONS to a free time or an appointment (R20, R21).

        It is not noted, since of a booking it is about what the booking becomes. Whoever may do nothing here on the
        citizen's behalf is left the phone (R93). The flags of an appointment's record system may narrow it.
        """
        if not self._delegation.holds(meeting.organisation, TO_ACT):
            limit = self._delegation.decided(meeting.organisation).decision
            return Decided(BookingDecision.phone(NOT_DELEGATED), limit)
        question = BookingQuestion(
            action=action,
            visit_type=meeting.meeting.visit_type,
            starts_at=meeting.span.starts_at,
            asked_at=self._now,
            unit=meeting.meeting.unit,
            actor=self._actor,
            age_band=self._age_band,
        )
        decided = self._rules[meeting.organisation].decided(DECIDE_BOOKING, question)
        flags = meeting.flags if isinstance(meeting, Appointment) else None
        return decided._replace(answer=narrowed(action, decided.answer, flags))

    def told(self, action: str, meeting: Slot | Appointment, about: str) -> BookingDecision:
        """As `decided`, for whoever looks at what can be done: what they cannot do directly is noted about this id."""
        decided = self.decided(action, meeting)
        if decided.answer.tier is not Tier.DIRECT:
            note_all(self._notes, decided, about)
        return decided.answer

    def agree(self, action: str, meeting: Slot | Appointment, about: str) -> Decided[BookingDecision]:
        """
        What lets this reader do it directly; Refused with the organisation's reason and the next way otherwise.

        A refusal is noted about this id.
        """
        decided = self.decided(action, meeting)
        if decided.answer.tier is not Tier.DIRECT:
            note_all(self._notes, decided, about)
            raise refused(decided.answer, self._rules[meeting.organisation].manifest.phone_of(meeting.meeting.unit))
        return decided

    def check_free(self, slot: Slot) -> None:
        """
        Refuse a slot that nobody can take: Conflict `slot-past` or `slot-taken`.

        An organisation that is not connected has none, as far as anybody may know: NotFound.
        """
        if slot.organisation not in self._rules:
            raise NotFound("slot-not-found")
        if slot.span.starts_at <= self._now:
            raise Conflict("slot-past")
        if not slot.free:
            raise Conflict("slot-taken")

    def check_offered(self, slot: Slot) -> None:
        """Refuse a slot that its organisation does not offer to this reader: Refused("slot-not-offered")."""
        if not self.among([slot]):
            raise Refused("slot-not-offered")

    def among(self, slots: list[Slot]) -> list[Slot]:
        """Those of the slots that are offered, in their order; of an organisation that is closed, none."""
        offered = set(self._offered(slots))
        return [slot for slot in slots if slot.id in offered]

    def _offered(self, slots: list[Slot]) -> Iterator[str]:
        for organisation, own in groupby(sorted(slots, key=_organisation), _organisation):
            if not self._delegation.lets_read(organisation, "appointments"):
                continue
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
            free = reads.free_times(search, place, LOOKED_AT_ONCE, self._now)
            found += self.among(free)
            if len(found) > search["limit"]:
                page = found[: search["limit"]]
                return page, str(_place(page[-1]))
            if len(free) < LOOKED_AT_ONCE:
                return found, None
            place = _place(free[-1])
        return found, str(place)


def refused(decision: BookingDecision, phone: str) -> Refused:
    """The refusal of what is not direct: its reason, the next way that there is, and the number to phone."""
    return Refused(decision.reason, FieldProblem("way", decision.tier.value), FieldProblem("phone", phone))


def acts_for(access: AccessToken) -> str | None:
    """Who acts for the citizen that a token is about; None where they do themselves."""
    return access.actor if access.on_behalf else None


def _organisation(slot: Slot) -> str:
    return slot.organisation


def _place(slot: Slot) -> Cursor:
    return Cursor(slot.span.starts_at, slot.id)
