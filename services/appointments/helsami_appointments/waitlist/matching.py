"""Who is offered a time that came free: as its organisation's terms and ranking say, in waves (R24, R27, R28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from helsami_appointments.domain import Appointment, Slot
from helsami_appointments.waitlist.domain import Entry, in_time, quiet_ends
from helsami_appointments.waitlist.storage import Writes
from helsami_kernel.clock import OSLO
from helsami_kernel.notes import note_all
from helsami_sdk.answers import WaitlistTerms
from helsami_sdk.decisions import Decided
from helsami_sdk.hooks import CHOOSE_WAITLIST_TERMS, RANK_WAITLIST, RESTRICT_SLOTS
from helsami_sdk.questions import RankingQuestion, SlotChoice, SlotsQuestion, Waiting, WaitlistQuestion
from helsami_sdk.rules import Rules

BY_THEMSELVES: Final = "self"


class Matching:
    """One look at a slot, in one transaction."""

    def __init__(self, rules: Mapping[str, Rules], tx: Writes) -> None:
        self._rules = rules
        self._tx = tx

    def run(self, slot_id: str, round_id: str) -> list[str]:
        """
        End the slot's offers that have expired and, when none is left, make the next wave; returns its offers' ids.

        A slot that somebody has taken, that is too near, or for which its organisation has no waitlist, is not offered;
        in its quiet hours it is offered when they end.
        """
        slot = self._tx.slot_in_turn(slot_id)
        if not self._tx.expire(slot_id) or not slot.free or slot.organisation not in self._rules:
            return []
        terms = self._terms(slot)
        if not terms.enabled or not in_time(slot.span.starts_at, self._tx.now, terms.least_lead_time):
            return []
        if terms.quiet is not None and (over := quiet_ends(terms.quiet.since, terms.quiet.until, self._tx.now, OSLO)):
            self._tx.promise_match(slot_id, round_id, over)
            return []
        waiting = self._offered_to(slot, self._tx.candidates(slot, terms.match, round_id))
        wave = self._ranked(slot, waiting)[: terms.batch]
        return self._tx.offer(slot, wave, round_id, terms.offer_life)

    def _terms(self, slot: Slot) -> WaitlistTerms:
        decided = terms_of(self._rules[slot.organisation], slot, self._tx)
        note_all(self._tx, decided, slot.id)
        return decided.answer

    def _offered_to(self, slot: Slot, waiting: Sequence[Entry]) -> list[Entry]:
        """Those who might have found the slot themselves: what is not offered to people of their age is not here."""
        choice = SlotChoice(slot.id, slot.span.starts_at, slot.meeting.visit_type, slot.meeting.unit)
        allowed = set()
        for band in sorted({one.age_band for one in waiting}):
            question = SlotsQuestion((choice,), self._tx.now, BY_THEMSELVES, band)
            decided = self._rules[slot.organisation].decided(RESTRICT_SLOTS, question)
            for decision, slot_id in decided.about_slots([slot.id]):
                self._tx.note(decision, slot_id)
            if slot.id in decided.answer:
                allowed.add(band)
        return [one for one in waiting if one.age_band in allowed]

    def _ranked(self, slot: Slot, waiting: Sequence[Entry]) -> list[Entry]:
        if not waiting:
            return []
        anonymous = tuple(Waiting(one.id, one.joined_at, one.facts.starts_at, one.priority) for one in waiting)
        about = (slot.meeting.visit_type, slot.span.starts_at, self._tx.now, slot.meeting.unit)
        decided = self._rules[slot.organisation].decided(RANK_WAITLIST, RankingQuestion(anonymous, *about))
        note_all(self._tx, decided, slot.id)
        by_id = {one.id: one for one in waiting}
        return [by_id[each] for each in decided.answer]


def terms_of(rules: Rules, meeting: Slot | Appointment, tx: Writes) -> Decided[WaitlistTerms]:
    """On what terms an organisation offers a time, or something earlier than an appointment."""
    about = meeting.meeting
    question = WaitlistQuestion(about.visit_type, meeting.span.starts_at, tx.now, about.unit)
    return rules.decided(CHOOSE_WAITLIST_TERMS, question)
