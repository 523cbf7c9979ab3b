"""Who is offered a time that came free: as its organisation's terms and ranking say, in waves (R24, R27, R28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from helsami_appointments.domain import Appointment, Slot
from helsami_appointments.waitlist.domain import Entry, in_time, quiet_ends
from helsami_appointments.waitlist.offering import MOST_RANKED
from helsami_appointments.waitlist.storage import Writes
from helsami_kernel.clock import OSLO
from helsami_kernel.notes import note_all
from helsami_sdk.answers import WaitlistTerms
from helsami_sdk.decisions import SAFE_DEFAULT, Decided
from helsami_sdk.hooks import CHOOSE_WAITLIST_TERMS, RANK_WAITLIST, RESTRICT_SLOTS
from helsami_sdk.questions import RankingQuestion, SlotChoice, SlotsQuestion, Waiting, WaitlistQuestion
from helsami_sdk.rules import REGION, Rules

BY_THEMSELVES: Final = "self"
BY_TIME: Final = frozenset({REGION, SAFE_DEFAULT})
"""Who ranks by the time of joining, as the database does: the region, and whatever stands in for rules that fail."""

MOST_LOOKS: Final = 10
"""So often MOST_RANKED people are ranked for a wave; the next wave looks at others, without those of this one."""


class Matching:
    """One look at a slot, in one transaction."""

    def __init__(self, rules: Mapping[str, Rules], tx: Writes) -> None:
        self._rules = rules
        self._tx = tx
        self._asked_for: dict[str, bool] = {}

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
        return self._tx.offer(slot, self._wave(slot, terms, round_id), round_id, terms.offer_life)

    def _wave(self, slot: Slot, terms: WaitlistTerms, round_id: str) -> list[Entry]:
        """
        Whom of all who wait for a slot its organisation offers it first.

        They are ranked some at a time, the first so far among them, so that whoever is first of all comes out. Where
        nobody ranks but by time, those who came first are enough.
        """
        wave: list[Entry] = []
        after: Entry | None = None
        for _ in range(MOST_LOOKS):
            waiting = self._tx.candidates(slot, terms.match, round_id, after)
            wave, layer = self._ranked(slot, [*wave, *self._offered_to(slot, waiting)])
            wave = wave[: terms.batch]
            if len(waiting) < MOST_RANKED or (layer in BY_TIME and len(wave) == terms.batch):
                break
            after = waiting[-1]
        return wave

    def _terms(self, slot: Slot) -> WaitlistTerms:
        decided = terms_of(self._rules[slot.organisation], slot, self._tx)
        note_all(self._tx, decided, slot.id)
        return decided.answer

    def _offered_to(self, slot: Slot, waiting: Sequence[Entry]) -> list[Entry]:
        """Those who might have found the slot themselves: what is not offered to people of their age is not here."""
        for band in sorted({one.age_band for one in waiting} - self._asked_for.keys()):
            self._asked_for[band] = self._is_offered(slot, band)
        return [one for one in waiting if self._asked_for[one.age_band]]

    def _is_offered(self, slot: Slot, band: str) -> bool:
        choice = SlotChoice(slot.id, slot.span.starts_at, slot.meeting.visit_type, slot.meeting.unit)
        question = SlotsQuestion((choice,), self._tx.now, BY_THEMSELVES, band)
        decided = self._rules[slot.organisation].decided(RESTRICT_SLOTS, question)
        for decision, slot_id in decided.about_slots([slot.id]):
            self._tx.note(decision, slot_id)
        return slot.id in decided.answer

    def _ranked(self, slot: Slot, waiting: Sequence[Entry]) -> tuple[list[Entry], str]:
        """Those who wait in their organisation's order, and the layer of its rules whose order it is."""
        if not waiting:
            return [], REGION
        anonymous = tuple(Waiting(one.id, one.joined_at, one.facts.starts_at, one.priority) for one in waiting)
        about = (slot.meeting.visit_type, slot.span.starts_at, self._tx.now, slot.meeting.unit)
        decided = self._rules[slot.organisation].decided(RANK_WAITLIST, RankingQuestion(anonymous, *about))
        note_all(self._tx, decided, slot.id)
        by_id = {one.id: one for one in waiting}
        return [by_id[each] for each in decided.answer], decided.decision.layer


def terms_of(rules: Rules, meeting: Slot | Appointment, tx: Writes) -> Decided[WaitlistTerms]:
    """On what terms an organisation offers a time, or something earlier than an appointment."""
    about = meeting.meeting
    question = WaitlistQuestion(about.visit_type, meeting.span.starts_at, tx.now, about.unit)
    return rules.decided(CHOOSE_WAITLIST_TERMS, question)
