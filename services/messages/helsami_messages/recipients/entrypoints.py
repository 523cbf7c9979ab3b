"""Recipients on the bus: what record systems tell of care teams, and whom a citizen may write to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from helsami_kernel import Event, access_limits, journal, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.errors import load
from helsami_kernel.store import OpenStore
from helsami_messages.recipients import schemas
from helsami_messages.recipients.fhir import CARE_TEAM, care_team
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_messages.recipients.reach import Reach
from helsami_sdk.organisations import Organisations

NONE_RECORDED: Final = {"code": "none_recorded"}

Json = dict[str, Any]


class Recipients:
    """Part of messages: whom a citizen may write to."""

    store: OpenStore[Any, Any]
    rules: Organisations
    ids: Pseudonyms
    clock: Callable[[], datetime]

    @rpc(scope="journal:write", answers=journal.ReceiveOutcome)
    def receive(self, command: Json, access: AccessToken) -> Json:
        """Keep what a record system says of who treats a citizen, with an outcome for each entry."""
        delivery, citizen = journal.delivered_about_someone(command, access)
        read = partial(care_team, self.ids, self.rules[delivery.organisation].manifest)
        with self.store.transaction(owner=citizen) as tx:
            journal.take_turns(tx)  # who writes at the same time does so before, and is followed, or after
            answer = journal.take(delivery, {CARE_TEAM: read}, partial(tx.keep_teams, delivery.organisation))
            for told, _ in access_limits.changed(tx, {}):  # whose a thread is, it stays
                tx.announce(Event.of("access_limit_changed", subject=tx.owner, data=told))
            return answer

    @rpc(scope="messages:act", answers=schemas.Recipients)
    def recipients(self, question: Json, access: AccessToken) -> Json:
        """Everybody this reader may write to now, of the units that treat the citizen (R78); never a free directory."""
        load(schemas.Nothing, question)
        reads = self.store.reading(subject_of(access))
        reach = Reach(self.rules, self.ids, access, self.clock(), reads.notes)
        contacts = reach.among(reads.relations())
        return {
            "recipients": [schemas.shown(recipient, one, access) for recipient, one in contacts.items()],
            "absences": [] if contacts else [NONE_RECORDED],
            "notice": schemas.NOT_URGENT,
        }
