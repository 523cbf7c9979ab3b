"""Where the bus meets schedules and slots: one free time for a citizen, and for staff what their organisation opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_appointments.actions import Desk, of_slot
from helsami_appointments.booked import plausible
from helsami_appointments.offers import Offers, acts_for
from helsami_appointments.schemas import OneSlot, actions_shown, slot_shown
from helsami_appointments.slots import schemas
from helsami_appointments.slots.storage import Own, name_of_staff
from helsami_appointments.slots.wanted import check_apart, wanted_of
from helsami_appointments.waitlist.storage import Reads, Writes
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.clock import written
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed, NotFound, load
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import organisation_of
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

NO_UNITS: Final = "no unit: the organisation's manifest has none"

Json = dict[str, Any]


class Slots:
    """Part of appointments: schedules and slots."""

    store: OpenStore[Reads, Writes]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:read", answers=schemas.ShownSlot)
    def slot(self, question: Json, access: AccessToken) -> Json:
        """
        A free time that this reader is offered, and what can be done with it (R21).

        Raises NotFound("slot-not-found"), for what is taken, over or not offered to them as for what is not there.
        """
        wanted = load(OneSlot, question)
        now = self.clock()
        reads = self.store.reading(subject_of(access))
        reads.acts = acts_for(access)
        found, own_until = reads.one_slot(plausible(wanted["slot"]), now)
        offers = Offers(self.rules, access, now, self.store.decisions)
        if found.organisation not in self.rules or not found.free or found.span.starts_at <= now:
            raise NotFound("slot-not-found")
        if not offers.among([found]):
            raise NotFound("slot-not-found")
        desk = Desk.of(self.rules[found.organisation].manifest, found.meeting.unit)
        resolved = of_slot(lambda action: offers.told(action, found, found.id), desk)
        held_until = None if own_until is None else written(own_until)
        return {**slot_shown(found), "held_until": held_until, "actions": actions_shown(resolved)}

    @rpc(scope="organisations:manage", answers=schemas.ScheduleShown)
    def open_schedule(self, command: Json, access: AccessToken) -> Json:
        """
        Open a schedule, under which slots are published.

        Raises Forbidden("unknown-organisation"), and Malformed for a unit that the organisation's manifest does not
        have.
        """
        wish = load(schemas.OpenSchedule, command)
        organisation = self._checked(access, wish["unit"])
        with self.store.transaction(owner=name_of_staff(organisation)) as tx:
            if (done := tx.once(access.idempotency_key, {"open_schedule": wish})) is not None:
                return dict(done)
            opened = Own(tx, organisation).open_schedule(schemas.meeting_of(wish), active=wish["active"])
            return dict(tx.remember(schemas.schedule_shown(opened)))

    @rpc(scope="organisations:manage", answers=schemas.ScheduleShown)
    def change_schedule(self, command: Json, access: AccessToken) -> Json:
        """
        Describe a schedule anew, close it (`active` false) or open it again.

        Free times follow, offers of them are made anew; appointments stay as they were booked. Raises as
        `open_schedule`, NotFound("schedule-not-found"), and Conflict("kept-by-record-system").
        """
        wish = load(schemas.ChangeSchedule, command)
        organisation = self._checked(access, wish["unit"])
        with self.store.transaction(owner=name_of_staff(organisation)) as tx:
            if (done := tx.once(access.idempotency_key, {"change_schedule": wish})) is not None:
                return dict(done)
            meeting = schemas.meeting_of(wish)
            changed = Own(tx, organisation).change_schedule(wish["schedule"], meeting, active=wish["active"])
            return dict(tx.remember(schemas.schedule_shown(changed)))

    @rpc(scope="organisations:manage", answers=schemas.SchedulesShown)
    def own_schedules(self, question: Json, access: AccessToken) -> Json:
        """A page of the organisation's schedules, those of its record systems too."""
        wanted = load(schemas.Schedules, question)
        with self.store.transaction(owner=None) as tx:
            found = Own(tx, organisation_of(access)).schedules(wanted["cursor"] or "", wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        following = page[-1].id if len(found) > len(page) else None
        return {"schedules": [schemas.schedule_shown(row) for row in page], "next": following}

    @rpc(scope="organisations:manage", answers=schemas.Published)
    def publish_slots(self, command: Json, access: AccessToken) -> Json:
        """
        Open slots under a schedule, all of them or none; who waits for such a time is offered it.

        Raises NotFound("schedule-not-found"); Malformed; Conflict `slot-past` or `slot-overlaps`, naming each; Refused
        `no-such-local-time` or `too-many-slots`.
        """
        wish = load(schemas.Publish, command)
        organisation = organisation_of(access)
        with self.store.transaction(owner=name_of_staff(organisation)) as tx:
            if (done := tx.once(access.idempotency_key, {"publish_slots": command})) is not None:
                return dict(done)
            wanted, skipped = wanted_of(wish, tx.now)
            own, schedule = Own(tx, organisation), plausible(wish["schedule"])
            check_apart(wanted, own.taken_times(schedule, wanted))
            return dict(tx.remember(schemas.published_shown(schedule, own.publish(schedule, wanted), skipped)))

    @rpc(scope="organisations:manage", answers=schemas.OwnSlotsShown)
    def own_slots(self, question: Json, access: AccessToken) -> Json:
        """
        A page of the organisation's slots in order of time, from now on where nothing else is asked.

        Says whether each is taken, and nothing of by whom. Raises NotFound("schedule-not-found").
        """
        wanted = load(schemas.OwnSlots, question)
        start = Cursor.read(wanted["cursor"], Cursor(wanted["since"] or self.clock(), ""))
        with self.store.transaction(owner=None) as tx:
            own = Own(tx, organisation_of(access))
            found = own.slots(wanted["schedule"], start, wanted["until"], wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        following = str(Cursor(page[-1].starts_at, page[-1].id)) if len(found) > len(page) else None
        return {"slots": [schemas.own_slot_shown(row) for row in page], "next": following}

    @rpc(scope="organisations:manage", answers=schemas.Withdrawn)
    def withdraw_slot(self, command: Json, access: AccessToken) -> Json:
        """Take a free slot back. Raises as `Own.withdraw` does."""
        wish = load(OneSlot, command)
        organisation = organisation_of(access)
        with self.store.transaction(owner=name_of_staff(organisation)) as tx:
            if (done := tx.once(access.idempotency_key, {"withdraw_slot": wish})) is not None:
                return dict(done)
            Own(tx, organisation).withdraw(wish["slot"])
            return dict(tx.remember({"id": wish["slot"]}))

    def _checked(self, access: AccessToken, unit: str) -> str:
        organisation = organisation_of(access)
        if organisation not in self.rules:
            raise Forbidden("unknown-organisation")
        units = self.rules[organisation].manifest.units
        if unit and unit not in units:
            expected = f"one of {', '.join(sorted(units))}" if units else NO_UNITS
            raise Malformed("malformed", FieldProblem("unit", expected))
        return organisation
