"""Whom one citizen may write to at one moment, as each organisation says (R78, K22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Final

from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.clock import OSLO
from helsami_kernel.delegation import Delegation
from helsami_kernel.errors import FieldProblem, NotFound, Refused
from helsami_kernel.notes import Notes, note_all
from helsami_kernel.showing import Showing
from helsami_messages.limits import holding
from helsami_messages.recipients.domain import Contact, Relation
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_sdk.hooks import LIST_RECIPIENTS
from helsami_sdk.questions import Recipient, RecipientsQuestion
from helsami_sdk.rules import Rules

CATEGORY: Final = "messages"
TO_ACT: Final = "messages:act"


class Reach:
    """What the organisations say, at one moment, to one who writes."""

    def __init__(
        self, rules: Mapping[str, Rules], ids: Pseudonyms, access: AccessToken, now: datetime, notes: Notes
    ) -> None:
        """`notes` takes the decisions."""
        self._rules = rules
        self._ids = ids
        self._access = access
        self._citizen = subject_of(access)
        self._delegation = Delegation(rules, access)
        self._showing = Showing(CATEGORY, rules, access)
        self._now = now
        self._notes = notes

    def those_of(self, relations: Iterable[Relation]) -> dict[str, Relation]:
        """The relations that hold for who writes, by the recipient's id; those of one organisation are together."""
        theirs = filter(self._is_theirs, holding(relations, self._now))
        ordered = sorted(theirs, key=lambda one: (one.organisation, one.unit, one.name))
        known: dict[str, Relation] = {}
        for one in ordered:
            known.setdefault(self._ids.recipient(self._citizen, one), one)
        return known

    def among(self, relations: Iterable[Relation]) -> dict[str, Contact]:
        """Those who may be written to, by their id; each organisation is asked about its own."""
        found: dict[str, Contact] = {}
        for organisation, these in groupby(self.those_of(relations).values(), key=lambda one: one.organisation):
            if self._delegation.holds(organisation, TO_ACT):
                found |= self._asked(organisation, list(these))
        return found

    def contact(self, relations: Iterable[Relation], recipient: str) -> Contact:
        """
        The one who is to be written to.

        Raises NotFound("recipient-not-found"), the same for what is missing, somebody else's, over, or not to be
        written to, and Refused("not-delegated") for whom the organisation lets write nothing on another's behalf (R93).
        """
        known = self.those_of(relations)
        if recipient not in known:
            raise NotFound("recipient-not-found")
        organisation = known[recipient].organisation
        self.check_delegated(organisation, known[recipient].unit)
        contacts = self.among(one for one in known.values() if one.organisation == organisation)
        if recipient not in contacts:
            raise NotFound("recipient-not-found")
        return contacts[recipient]

    def check_delegated(self, organisation: str, unit: str) -> None:
        """Refuse whom the organisation lets write nothing on another's behalf: Refused("not-delegated") (R93)."""
        if not self._delegation.holds(organisation, TO_ACT):
            note_all(self._notes, self._delegation.decided(organisation))
            # A number leads to a place (K24); with none, the answer is the same wherever somebody is treated.
            phone = "" if self._access.protected else self._rules[organisation].manifest.phone_of(unit)
            raise Refused("not-delegated", FieldProblem("way", "phone"), FieldProblem("phone", phone))

    def _is_theirs(self, relation: Relation) -> bool:
        """Is it with an organisation that is live, and hidden from who writes by neither its citizen nor its source?"""
        if relation.team in self._access.hidden:
            return False
        starts = self._rules[relation.organisation].history_starts(CATEGORY)
        if starts is not None and starts > self._now.astimezone(OSLO).date():
            return False
        return not self._showing.is_kept_out(relation.access_limit)

    def _asked(self, organisation: str, relations: list[Relation]) -> dict[str, Contact]:
        by_id = {self._ids.recipient(self._citizen, one): one for one in relations}
        recipients = tuple(Recipient(named, one.kind, one.unit, one.role) for named, one in by_id.items())
        asked = RecipientsQuestion(recipients, self._now, self._access.basis, self._access.age_band or "16+")
        decided = self._rules[organisation].decided(LIST_RECIPIENTS, asked)
        note_all(self._notes, decided)
        return {terms.id: Contact(by_id[terms.id], terms) for terms in decided.answer.reachable}
