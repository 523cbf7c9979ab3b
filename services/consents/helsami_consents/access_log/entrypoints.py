"""The access log on the bus: what citizens read of it, what is delivered to it, and what vouches for it (R67)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from prometheus_client import Gauge

from helsami_consents.access_log import export, fhir, schemas, shown
from helsami_consents.access_log.anchors import AnchorFile, Signer
from helsami_consents.access_log.domain import (
    ALLOWED,
    HERE,
    REPRESENTATIVE,
    STAFF,
    SYSTEM,
    Access,
    Entry,
    source_of,
    written_kinds,
)
from helsami_consents.access_log.storage import ANCHORS_A_COPY, PROMISE
from helsami_consents.register import Register
from helsami_kernel import Obligation, fulfils, journal, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden, Refused, load
from helsami_kernel.journal import NotTaken, Unreadable
from helsami_kernel.store import OpenStore

Json = dict[str, Any]

ANCHORED_AT: Final = Gauge(
    "helsami_access_log_anchored_timestamp_seconds", "When this process last anchored the access log."
)
ANCHOR_NUMBER: Final = Gauge(
    "helsami_access_log_anchor_number", "The last anchor that this process knows of, in each place.", ["place"]
)


class AccessLog(Register):
    """Part of consents: who has looked at what is about a citizen."""

    store: OpenStore[Any, Any]
    clock: Callable[[], datetime]
    sealing: bytes
    signer: Signer
    copies: AnchorFile

    @rpc(scope="access-log:read")
    def access_log(self, command: Json, access: AccessToken) -> bytes:
        """
        Who has looked, and who was refused, newest first, as a finished section (R67, R89).

        Raises Malformed, Forbidden for anybody but the person, and Refused("protected-address") where somebody at one
        would filter by organisation.
        """
        page = load(schemas.Page, command)
        entries, reader = self._read(page, access)
        return shown.finished(entries, page["limit"], self.clock(), reader)

    @rpc(scope="access-log:read")
    def export_access_log(self, command: Json, access: AccessToken) -> bytes:
        """The same as `access_log`, as a FHIR R4 Bundle of AuditEvents; raises the same."""
        page = load(schemas.Export, command)
        entries, reader = self._read(page, access)
        asked = {name: str(told) for name, told in command.items() if told is not None and name != "path"}
        return export.bundle(entries, page["limit"], reader, page["path"], asked)

    @rpc(scope="access-log:write", answers=schemas.Logged)
    def log_access(self, command: Json, access: AccessToken) -> Json:  # noqa: ARG002  the gateway speaks for itself
        """Log that a system of the portal looks, before it does (K13)."""
        told = load(schemas.SystemAccess, command)
        subject, once = told["subject"], told["once"]
        with self.store.transaction(subject) as tx:
            looked = Access(
                at=tx.now,
                actor=told["actor"],
                basis=SYSTEM,
                purpose=told["purpose"],
                outcome=ALLOWED,
                reason=SYSTEM,
                kinds=written_kinds(told["kinds"]),
                source=None if once is None else source_of(HERE, subject, once),
            )
            heads = tx.heads_of([subject])
            if looked.source is not None and tx.known([looked.source]):
                return {"new": False}
            tx.log_all({subject: [looked]}, heads, self.sealing)
        return {"new": True}

    @rpc(scope="access-log:write", answers=schemas.LoggedStaff)
    def log_staff_access(self, command: Json, access: AccessToken) -> Json:  # noqa: ARG002  the gateway's word for staff
        """
        Log that an organisation's staff see a list with something of these citizens, before they do.

        Once a day for each citizen, organisation and list: what waits for an answer is looked at often.
        """
        told = load(schemas.StaffAccess, command)
        with self.store.transaction(None) as tx:
            seen = Access(
                at=tx.now,
                actor=told["organisation"],
                basis=STAFF,
                purpose=told["purpose"],
                outcome=ALLOWED,
                reason=told["shown"],
                organisation=told["organisation"],
                kinds=written_kinds(told["kinds"]),
            )
            return {"new": tx.log_staff_once_a_day(seen, told["subjects"], self.sealing)}

    @rpc(scope="journal:write", answers=schemas.AuditOutcomes)
    def receive(self, command: Json, access: AccessToken) -> Json:
        """
        Take AuditEvents from a record system, about one citizen or several, each with an outcome of its own.

        One that is known by its key stays as it is. Told otherwise than before, it is refused: nothing is changed here.
        """
        if access.organisation is None:
            raise Forbidden("no-organisation")
        delivery = load(schemas.AuditEvents, command)
        now, outcomes = self.clock(), {}
        read: list[tuple[int, str, Access]] = []
        for place, told in enumerate(delivery["entries"]):
            entry = journal.Entry(**{name: told[name] for name in ("index", "type", "key", "resource")})
            try:
                subject = told["citizen"] or delivery["citizen"]
                read.append((place, subject, self._taken(entry, access.organisation, subject, now)))
            except NotTaken as reason:
                outcomes[place] = {"outcome": reason.outcome, "code": reason.code, "path": reason.path}
        outcomes |= self._kept(read)
        return {
            "outcomes": [{"index": told["index"], **outcomes[place]} for place, told in enumerate(delivery["entries"])]
        }

    @fulfils(PROMISE)
    def anchor_access_log(self, promised: Obligation) -> None:  # noqa: ARG002  all that is fresh, whoever promised
        """Sign how far every chain has come since the last anchor, and copy it to where no database is."""
        with self.store.transaction(None) as tx:
            anchor = tx.anchor(self.signer)
        ANCHORED_AT.set(self.clock().timestamp())
        ANCHOR_NUMBER.labels("database").set(anchor.number)
        self._copy()
        ANCHOR_NUMBER.labels("file").set(self.copies.last)

    def _copy(self) -> None:
        more = True
        while more:
            with self.store.transaction(None) as tx:
                following = tx.anchors_after(self.copies.last)
            self.copies.add(following)
            more = len(following) == ANCHORS_A_COPY

    def _read(self, page: Mapping[str, Any], access: AccessToken) -> tuple[list[Entry], shown.Reader]:
        """The links of a page, one more where there are more, and what of them may be told."""
        me = _oneself(access)
        wanted, before = page["wanted"], shown.place_of(page["cursor"])
        if wanted.organisation and (access.protected or self._is_protected(me)):
            raise Refused("protected-address")
        entries = self.store.reading(me).log(wanted, before, page["limit"] + 1)
        actors = {entry.access.actor for entry in entries if entry.access.role == REPRESENTATIVE}
        people = self.names(me, *actors) if entries else {}
        # While the register is away nobody can know that no place must be told.
        free = access.protected or me not in people or people[me].protected
        return entries, shown.Reader(people, location_free=free)

    def _is_protected(self, citizen: str) -> bool:
        person = self.people(citizen).get(citizen)
        return person is None or person.protected

    def _taken(self, entry: journal.Entry, organisation: str, subject: str | None, now: datetime) -> Access:
        if entry.type != "AuditEvent":
            raise journal.Unsupported("type", entry.type)
        if subject is None:
            raise Unreadable("no-citizen", "AuditEvent.entity")
        return fhir.access(entry, organisation, subject, now, self.sealing)

    def _kept(self, read: list[tuple[int, str, Access]]) -> dict[int, Json]:
        """Log what is new of this, all in one transaction, and tell what became of each by its place."""
        outcomes: dict[int, Json] = {}
        if not read:
            return outcomes
        with self.store.transaction(None) as tx:
            heads = tx.heads_of(sorted({subject for _, subject, _ in read}))
            known = {source: one.access for source, one in tx.known([one.source for _, _, one in read]).items()}
            new: dict[str, list[Access]] = {}
            for place, subject, one in read:
                before = known.setdefault(one.source, one)
                if before is one:
                    new.setdefault(subject, []).append(one)
                    outcomes[place] = {"outcome": journal.STORED}
                else:
                    outcomes[place] = {"outcome": journal.UNCHANGED} if before == one else dict(CHANGED)
            tx.log_all(new, heads, self.sealing)
        return outcomes


CHANGED: Final[Json] = {
    "outcome": journal.REFUSED,
    "code": "logged-otherwise",
    "path": "AuditEvent",
    "status": HTTPStatus.CONFLICT.value,
}


def _oneself(access: AccessToken) -> str:
    """The citizen, who alone reads who has looked: no representative does, parents of children included (K23)."""
    if access.basis != "self" or access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject
