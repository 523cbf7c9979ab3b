"""Referrals on the bus: what record systems say of them, and what citizens read (R32)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from helsami_appointments import kept
from helsami_appointments.booked import plausible
from helsami_appointments.changes import CATEGORY as APPOINTMENTS
from helsami_appointments.changes import Changes
from helsami_appointments.domain import Known
from helsami_appointments.referrals import fhir, schemas, storage
from helsami_appointments.referrals.domain import Referral, ReferralStatusChanged
from helsami_appointments.referrals.models import REFERRALS
from helsami_appointments.schemas import placed
from helsami_kernel import Event, journal, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.database import Writes
from helsami_kernel.errors import NotFound, load
from helsami_kernel.fhir import within
from helsami_kernel.items import Item, Withdrawn, item_id
from helsami_kernel.journal import Delivery, Entry
from helsami_kernel.news import TellsNews
from helsami_kernel.origins import Origin
from helsami_kernel.pages import PageQuery
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

PARTIES: Final = ("sender", "receiver")
"""What of a referral says where somebody at a protected address is treated (K24)."""

Json = dict[str, Any]


class Referrals(Changes, TellsNews):
    """Part of appointments: a citizen's referrals."""

    store: OpenStore[Any, Any]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:read")
    def referrals(self, question: Json, access: AccessToken) -> bytes:
        """A page of referrals, the newest first. Raises Forbidden."""
        wanted = load(PageQuery, question)
        kept.check_reads_records(access)
        reads = self.store.reading(subject_of(access))
        page = storage.SECTION.finished(reads, self.rules, access, self.clock(), **wanted)
        return kept.without(page, *PARTIES) if access.protected else page

    @rpc(scope="appointments:read", answers=schemas.ShownReferral)
    def referral(self, question: Json, access: AccessToken) -> Json:
        """
        A referral, with the appointments it has led to that this reader may see.

        Raises NotFound("referral-not-found"), also for what is somebody else's or not shown to this reader.
        """
        wanted = load(schemas.OneReferral, question)
        kept.check_reads_records(access)
        reads = self.store.reading(subject_of(access))
        row = storage.one(reads, plausible(wanted["referral"]))
        if row is None or not Showing(storage.CATEGORY, self.rules, access, reads.notes).may_show(row):
            raise NotFound("referral-not-found")
        showing = Showing(APPOINTMENTS, self.rules, access, reads.notes)
        found = [orjson.loads(one.body) for one in storage.led_to(reads, row.id) if showing.may_show(one)]
        hidden = dict.fromkeys(PARTIES) if access.protected else {}
        return {**orjson.loads(row.body), **hidden, "appointments": [placed(one, access) for one in found]}

    def particulars(self, reads: Any, known: Known, access: AccessToken) -> Json:
        """The id of the referral that an appointment is based on, where this reader may see that."""
        row = storage.base_of(reads, known.id)
        showing = Showing(storage.CATEGORY, self.rules, access, reads.notes)
        shown = row is not None and showing.may_show(row)
        return {**super().particulars(reads, known, access), "referral": row.id if row and shown else None}

    def take_referrals(self, tx: Writes, delivery: Delivery) -> Json:
        """Keep what a delivery says of referrals, and tell of a status that is new; an outcome for each entry."""

        def keep(read: list[tuple[Entry, Referral | None]]) -> list[str]:
            told = [_told(tx, delivery.organisation, entry, referral) for entry, referral in read]
            outcomes = kept.keep(tx, REFERRALS, told)
            both = zip(told, (referral for _, referral in read), strict=True)
            self._tell_of_referrals(tx, {item.id: (item, one) for item, one in both if isinstance(item, Item) and one})
            return outcomes

        return journal.take(delivery, {"ServiceRequest": kept.read_about_a_citizen(tx, fhir.referral)}, keep)

    def _tell_of_referrals(self, tx: Writes, referrals: Mapping[str, tuple[Item, Referral]]) -> None:
        """Tell of each whose status its citizen does not know and may read."""
        for its, told in kept.told_of(tx, REFERRALS, referrals).items():
            item, referral = referrals[its]
            if told == referral.status:
                continue
            kept.remember_told(tx, REFERRALS, its, str(referral.status))
            if referral.is_news_since(told, tx.now):
                data = schemas.ReferralStatusChanged().dump(ReferralStatusChanged(its, referral.access_limit))
                event = Event.of("referral_status_changed", subject=tx.owner, data=data)
                self.tell(tx, event, Origin.of_item(item, storage.CATEGORY))


def take_base(tx: Writes, organisation: str, entry: Entry) -> bool:
    """Keep which referral an Appointment is based on; whether that is new. It was read and kept before."""
    if tx.owner is None:
        return False
    key = fhir.based_on(entry)
    referral = None if key is None else item_id(tx.owner, organisation, f"ServiceRequest|{key}")
    return storage.link(tx, organisation, entry.key, referral)


def _told(tx: Writes, organisation: str, entry: Entry, referral: Referral | None) -> Item | Withdrawn:
    if referral is None or tx.owner is None:
        return Withdrawn(organisation, entry.item_key)
    return Item(
        owner=tx.owner,
        organisation=organisation,
        key=entry.item_key,
        occurred_at=referral.authored_at,
        kind="document",
        body=schemas.body(referral),
        access_limit=referral.access_limit,
        within=within(entry.resource, tx.owner, organisation),
    )
