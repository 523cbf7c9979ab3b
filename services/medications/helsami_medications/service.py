"""Medications on the bus."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final

from helsami_kernel import Clock, OrganisationRules, Store, contributes, journal, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.database import Reads
from helsami_kernel.decisions import explained
from helsami_kernel.errors import load
from helsami_kernel.pages import PageQuery
from helsami_kernel.sections import Section
from helsami_kernel.shieldable import Shieldable
from helsami_medications import fhir, storage

AT_HOME: Final = 5


class MedicationsService(Shieldable):
    """Owns the list of medicines."""

    name = "medications"
    shieldable: ClassVar[Mapping[str, Section]] = {"medication": storage.LIST}

    store = Store(Reads, storage.Writes)
    rules = OrganisationRules()
    clock = Clock()

    @rpc(scope="journal:write", answers=journal.ReceiveOutcome)
    def receive(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Keep what an organisation's record system says of one citizen's medicines, with an outcome for each entry."""
        delivery, citizen = journal.delivered_about_someone(command, access)
        with self.store.transaction(citizen) as tx:
            keep = partial(tx.keep, citizen, delivery.organisation)
            return journal.take(delivery, dict.fromkeys(fhir.TYPES, fhir.medicine), keep)

    @rpc(scope="medications:read")
    def page(self, query: object, access: AccessToken) -> bytes:
        """A page of the list, the newest first (R42, R43)."""
        return self._section(access, **load(PageQuery, query))

    @contributes("home", "medications", scope="medications:read")
    def for_home(self, question: object, access: AccessToken) -> bytes:  # noqa: ARG002  the view asks everybody the same
        """The newest of the list."""
        return self._section(access, AT_HOME, None)

    @contributes("decisions", "medications", scope="organisations:manage")
    def explain(self, question: object, access: AccessToken) -> bytes:
        """Why a medicine was not shown."""
        return explained(self.store.decisions, question, access)

    def _section(self, access: AccessToken, limit: int, cursor: str | None) -> bytes:
        reads = self.store.reading(access.subject)
        return storage.LIST.finished(reads, self.rules, access, self.clock(), limit, cursor)
