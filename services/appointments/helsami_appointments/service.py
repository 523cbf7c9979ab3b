"""Where the bus meets appointments: translates, asks the organisations, stores and announces."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from helsami_appointments import kept, schemas, storage
from helsami_appointments.booked import known_of
from helsami_appointments.calendar.entrypoints import Calendar
from helsami_appointments.care import Care
from helsami_appointments.changes import origin_of
from helsami_appointments.domain import SlotBooked
from helsami_appointments.holds import Holds
from helsami_appointments.offers import Offers, acts_for
from helsami_appointments.receiving.entrypoints import Receiving
from helsami_appointments.receiving.reading import again_where_overlapping, read_appointment, read_schedule, read_slot
from helsami_appointments.receiving.schemas import Taken
from helsami_appointments.requests.entrypoints import Requests
from helsami_appointments.slots.entrypoints import Slots
from helsami_appointments.store import Reads, Writes
from helsami_appointments.video.providers import Conferences, conferences_of
from helsami_appointments.video.staff import StaffVideos
from helsami_appointments.visits.domain import Task
from helsami_appointments.visits.fhir import task
from helsami_appointments.visits.staff import StaffVisits
from helsami_appointments.visits.storage import TASK
from helsami_appointments.waitlist.staff import StaffWaitlist
from helsami_kernel import Clock, Event, FromSettings, OrganisationRules, Store, contributes, journal, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.decisions import explained
from helsami_kernel.errors import load
from helsami_kernel.journal import Entry, Unreadable
from helsami_kernel.notes import note_all
from helsami_kernel.pages import Cursor
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

AT_HOME: Final = 5

Json = dict[str, Any]


class AppointmentsService(
    StaffVideos, StaffVisits, StaffWaitlist, Requests, Receiving, Care, Holds, Slots, Calendar
):
    """Owns schedules and slots, and who has taken them."""

    name = "appointments"

    store: OpenStore[Reads, Writes] = Store(Reads, Writes, tells_of_items=True)
    rules: Organisations = OrganisationRules()
    clock: Callable[[], datetime] = Clock()
    conferences: Conferences = FromSettings(conferences_of)

    @rpc(scope="appointments:act", answers=schemas.Appointment)
    def book(self, command: Json, access: AccessToken) -> Json:
        """
        Take a slot for the citizen, if the organisation that offers it agrees (R20, R22).

        Raises NotFound("slot-not-found"), Conflict `slot-past`, `slot-taken` or `appointment-overlaps`, and Refused
        with the organisation's reason where it does not let this reader book directly, or wait for an earlier time as
        well (R23). A refusal changes and tells nothing.
        """
        wish = load(schemas.Book, command)
        citizen = subject_of(access)
        with self.store.transaction(owner=citizen) as tx:
            if (done := tx.once(access.idempotency_key, {"book": wish})) is not None:
                return dict(done)
            tx.acts = acts_for(access)
            slot = tx.slot(str(wish["slot"]))
            tx.is_unseen = self.unseen_by(access)
            offers = Offers(self.rules, access, self.clock(), tx)
            offers.check_free(slot)
            decided = offers.agree("book", slot, slot.id)
            offers.check_offered(slot)
            taken = tx.book(slot.book())
            note_all(tx, decided, taken["id"])
            if wish["waitlist"]:
                self.enter(tx, known_of(tx.appointment_row(taken["id"])), access)
            told = schemas.SlotBooked().dump(SlotBooked(appointment=taken["id"]))
            tx.announce(Event.of("slot_booked", subject=citizen, data=told), of=origin_of(tx, taken["id"]))
            self.followed(tx)
            return dict(tx.remember(schemas.placed(taken, access)))

    @rpc(scope="appointments:read", answers=schemas.Slots)
    def slots(self, question: Json, access: AccessToken) -> Json:
        """Future free times that the organisations offer this reader, soonest first (R20); `schemas.Search`."""
        search = load(schemas.Search, question)
        reads = self.store.reading(subject_of(access))
        reads.acts = acts_for(access)
        page, following = Offers(self.rules, access, self.clock(), self.store.decisions).page(reads, search)
        return {"slots": [schemas.slot_shown(slot) for slot in page], "next": following}

    @contributes("home", "appointments", scope="appointments:read")
    def for_home(self, _question: Json, access: AccessToken) -> bytes:
        """The next appointments (R18)."""
        reads = self.store.reading(subject_of(access))
        return kept.placed(storage.SECTION.soonest_first(reads, self.rules, access, self.clock(), AT_HOME), access)

    @rpc(scope="appointments:read")
    def page(self, question: Json, access: AccessToken) -> bytes:
        """A page of what is to come, soonest first, or of what has been, newest first (R18, R19, R29, R30)."""
        wanted = load(schemas.PageQuestion, question)
        reads, now = self.store.reading(subject_of(access)), self.clock()
        read = (reads, self.rules, access, now, wanted["limit"])
        if wanted["when"] == schemas.UPCOMING:
            return kept.placed(storage.SECTION.soonest_first(*read, wanted["cursor"]), access)
        return kept.placed(storage.SECTION.finished(*read, wanted["cursor"] or str(Cursor(now, ""))), access)

    @rpc(scope="journal:write", answers=Taken)
    def receive(self, command: Json, access: AccessToken) -> Json:
        """Take what a record system tells of times, appointments and care, each entry with an outcome of its own."""
        delivery = journal.delivered(command, access)
        manifest = self.rules[delivery.organisation].manifest
        with self.store.transaction(owner=delivery.citizen) as tx:
            readers: dict[str, Callable[[Entry], Any]] = {
                "Schedule": partial(read_schedule, manifest),
                "Slot": partial(read_slot, tx, delivery.organisation),
                "Appointment": partial(read_appointment, tx, manifest),
                TASK: partial(read_task, tx, delivery.organisation),
            }
            keep = partial(self.keep_with_links, tx, delivery.organisation)
            # One by one, in their order: a slot stands on its schedule, and an appointment on its slot.
            alone = [replace(delivery, entries=(entry,)) for entry in delivery.entries]

            def take(place: int) -> Json:
                return dict(journal.take(alone[place], readers, keep)["outcomes"][0])

            care = self.take_care(tx, delivery)
            outcomes = [care[place] if place in care else take(place) for place in range(len(alone))]
            outcomes = self.take_bases(tx, delivery, again_where_overlapping(outcomes, take))
            self.followed(tx)
            return {"outcomes": outcomes, "named": self.other_ids(tx, delivery)}

    @contributes("decisions", "appointments", scope="organisations:manage")
    def explain(self, question: Json, access: AccessToken) -> bytes:
        """Why a time was not offered or not booked, and an appointment not shown."""
        return explained(self.store.decisions, question, access)


def read_task(tx: Writes, organisation: str, entry: Entry) -> Task | None:
    """Read what a citizen is to do before an appointment; None to take it back. Raises Unreadable, Unsupported."""
    if tx.owner is None:
        raise Unreadable("no-citizen", "Task.for")
    return task(entry, partial(tx.appointment_called, organisation))
