"""What somebody who acts for another may do towards each organisation: no more than it lets representatives do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from helsami_kernel.access import AccessToken
from helsami_sdk.decisions import Decided, Decision
from helsami_sdk.hooks import LIMIT_DELEGATION
from helsami_sdk.questions import SCOPES, DelegationQuestion
from helsami_sdk.rules import Rules

OF_A_RECORD: Final = "records:read"
READING: Final[Mapping[str, str]] = {
    "appointments": "appointments:read",
    "corona_results": "results:read",
    "medications": "medications:read",
    "messages": "messages:read",
    "results": "results:read",
}
"""The scope it takes to read items of a category, where it is not that of the record."""


class Delegation:
    """One reader's scopes towards each organisation (R93, R98, K3): each is asked once."""

    def __init__(self, rules: Mapping[str, Rules], access: AccessToken) -> None:
        """`access` is the reader's token; citizens themselves are limited by nothing here."""
        self._rules = rules
        self._access = access
        self._decided: dict[str, Decided[frozenset[str]]] = {}

    def lets_read(self, organisation: str, category: str) -> bool:
        """Whether the organisation's items of a go-live category may be shown to this reader."""
        return self.holds(organisation, READING.get(category, OF_A_RECORD))

    def holds(self, organisation: str, scope: str) -> bool:
        """Whether the reader may use one of SCOPES towards the organisation."""
        return not self._access.on_behalf or scope in self.decided(organisation).answer

    def decided(self, organisation: str) -> Decided[frozenset[str]]:
        """What a representative holds towards the organisation, and why."""
        if organisation not in self._decided:
            rules = self._rules[organisation]
            question = DelegationQuestion(
                basis=self._access.basis,
                scopes=self._access.scopes & SCOPES,
                age_band=self._access.age_band or "16+",
                organisation_kind=rules.manifest.kind,
            )
            self._decided[organisation] = rules.decided(LIMIT_DELEGATION, question)
        return self._decided[organisation]

    @property
    def decisions(self) -> list[Decision]:
        """All that was decided, to be kept."""
        return [decision for one in self._decided.values() for decision in reversed(one.decisions)]
