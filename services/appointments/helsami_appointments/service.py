"""Where the bus meets appointments: translates, asks the organisations, stores and announces."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_appointments import fhir, schemas, storage
from helsami_appointments.domain import Slot, SlotBooked
from helsami_appointments.offers import Offers
from helsami_kernel import Clock, Event, OrganisationRules, Store, contributes, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refused, load
from helsami_kernel.sections import Cursor
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import Tier
from helsami_sdk.rules import Organisations

AT_HOME: Final = 5

Json = dict[str, Any]


class AppointmentsService:
    """Owns schedules and slots, and who has taken them."""

    name = "appointments"

    store: OpenStore[storage.Reads, storage.Writes] = Store(storage.Reads, storage.Writes)
    rules: Organisations = OrganisationRules()
    clock: Callable[[], datetime] = Clock()

    @rpc(scope="appointments:act", answers=schemas.Appointment)
    def book(self, command: Json, access: AccessToken) -> Json:
        """
        Take a slot for the citizen, if the organisation that offers it agrees (R20, R22).

        Raises NotFound("slot-not-found"), Conflict `slot-taken` or `appointment-overlaps`, and Refused with the
        organisation's reason where it does not let this reader book directly. A refusal changes and tells nothing.
        """
        wish = load(schemas.BookSlot, command)
        citizen = subject_of(access)
        with self.store.transaction(owner=citizen) as tx:
            if (done := tx.once(access.idempotency_key, {"book": wish})) is not None:
                return dict(done)
            slot = tx.slot(str(wish["slot"]))
            self._agree(slot, access)
            booked = tx.book(slot.book())
            told = schemas.SlotBooked().dump(SlotBooked(appointment=booked["id"]))
            tx.announce(Event.of("slot_booked", subject=citizen, data=told))
            return dict(tx.remember(booked))

    @rpc(scope="appointments:read", answers=schemas.Slots)
    def slots(self, question: Json, access: AccessToken) -> Json:
        """Future free times that the organisations offer this reader, soonest first (R20); `schemas.Search`."""
        search = load(schemas.Search, question)
        reads = self.store.reading(subject_of(access))
        page, following = Offers(self.rules, access, self.clock()).page(reads, search)
        return {"slots": [slot.shown() for slot in page], "next": following}

    @contributes("home", "appointments", scope="appointments:read")
    def for_home(self, _question: Json, access: AccessToken) -> bytes:
        """The next appointments (R18)."""
        reads = self.store.reading(subject_of(access))
        return storage.SECTION.soonest_first(reads, self.rules, access, self.clock(), AT_HOME)

    @rpc(scope="appointments:read")
    def page(self, question: Json, access: AccessToken) -> bytes:
        """A page of what is to come, soonest first, or of what has been, newest first (R18, R19, R29, R30)."""
        wanted = load(schemas.PageQuestion, question)
        reads, now = self.store.reading(subject_of(access)), self.clock()
        if wanted["when"] == schemas.UPCOMING:
            return storage.SECTION.soonest_first(reads, self.rules, access, now, wanted["limit"], wanted["cursor"])
        cursor = wanted["cursor"] or str(Cursor(now, ""))
        return storage.SECTION.finished(reads, self.rules, access, now, wanted["limit"], cursor)

    @rpc(scope="journal:write", answers=schemas.Outcomes)
    def receive(self, command: Json, access: AccessToken) -> Json:
        """Take schedules, slots and appointments from the record system of the token's organisation, each by itself."""
        delivery = load(schemas.Delivery, command)
        if access.organisation is None:
            raise Forbidden("not-permitted")
        with self.store.transaction(owner=delivery["citizen"]) as tx:
            return {"outcomes": [receive_entry(tx, entry, access.organisation) for entry in delivery["entries"]]}

    def _agree(self, slot: Slot, access: AccessToken) -> None:
        """Ask the slot's organisation; one that is not connected has no slots as far as anybody may know."""
        if slot.organisation not in self.rules:
            raise NotFound("slot-not-found")
        if not slot.free:
            raise Conflict("slot-taken")
        offers = Offers(self.rules, access, self.clock())
        decision = offers.decision(slot)
        if decision.tier is not Tier.DIRECT:
            raise Refused(decision.reason)
        if not offers.among([slot]):
            raise Refused("slot-not-offered")


def subject_of(access: AccessToken) -> str:
    """The citizen that a token is about. Raises Forbidden."""
    if access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject


def receive_entry(tx: storage.Writes, entry: Json, organisation: str) -> Json:
    """What became of one entry of a delivery: stored, unchanged, not supported, or refused with code and path."""
    kind, key, resource = entry["type"], entry["key"], entry["resource"]
    try:
        match kind:
            case "Schedule":
                outcome = tx.keep_schedule(organisation, fhir.schedule(key, resource, organisation))
            case "Slot":
                outcome = receive_slot(tx, key, resource, organisation)
            case "Appointment":
                outcome = receive_appointment(tx, key, resource, organisation)
            case _:
                outcome = "not supported"
    except fhir.Unreadable as reason:
        return {"index": entry["index"], "outcome": "refused", "code": reason.code, "path": reason.path}
    return {"index": entry["index"], "outcome": outcome}


def receive_slot(tx: storage.Writes, key: str, resource: Json, organisation: str) -> str:
    """Keep a slot, once its schedule is known: without it nobody knows whose time it is."""
    opening = fhir.opening(key, resource)
    if not tx.has_schedule(organisation, opening.schedule):
        raise fhir.Unreadable("schedule-not-found", "Slot.schedule")
    return tx.keep_slot(organisation, opening)


def receive_appointment(tx: storage.Writes, key: str, resource: Json, organisation: str) -> str:
    """Keep a citizen's appointment as told, or take it back when it was entered in error."""
    if tx.owner is None:
        raise fhir.Unreadable("citizen-missing", "Appointment.participant")
    if fhir.was_in_error(resource):
        return tx.withdraw(organisation, key)
    slot = tx.named_slot(organisation, fhir.slot_key(resource))
    return tx.receive(fhir.appointment(resource, organisation, slot), key)
