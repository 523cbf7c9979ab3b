"""Messages on the bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from helsami_kernel import Clock, FromKeys, OrganisationRules, Store, contributes
from helsami_kernel.access import AccessToken
from helsami_kernel.decisions import explained
from helsami_kernel.sections import Section
from helsami_kernel.shieldable import Shieldable
from helsami_kernel.store import OpenStore
from helsami_messages.inboxes.entrypoints import Inboxes
from helsami_messages.recipients.entrypoints import Recipients
from helsami_messages.recipients.pseudonyms import SECRET, Pseudonyms
from helsami_messages.recipients.storage import SECTION as TEAMS
from helsami_messages.threads.entrypoints import Threads
from helsami_messages.threads.storage import SECTION, Reads, Writes
from helsami_messages.ways.entrypoints import Ways
from helsami_sdk.organisations import Organisations


class MessagesService(Recipients, Threads, Ways, Inboxes, Shieldable):
    """Owns what citizens and those who treat them write to each other, and where it lies."""

    name = "messages"
    shieldable: ClassVar[Mapping[str, Section]] = {"care-team": TEAMS, "thread": SECTION}

    store: OpenStore[Reads, Writes] = Store(Reads, Writes, tells_of_items=True)
    rules: Organisations = OrganisationRules()
    ids: Pseudonyms = FromKeys(lambda keys: Pseudonyms(keys.secret(SECRET)))
    clock: Callable[[], datetime] = Clock()

    @contributes("decisions", "messages", scope="organisations:manage")
    def explain(self, question: Any, access: AccessToken) -> bytes:
        """Why somebody could not be written to, and why a message lies where it does."""
        return explained(self.store.decisions, question, access)
