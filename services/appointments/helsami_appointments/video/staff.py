"""What staff do with video: set it up and take it back, make rooms for groups and for themselves, and join."""

from __future__ import annotations

import secrets
from typing import Any

from helsami_appointments import schemas as appointments
from helsami_appointments.booked import Writes, known_of
from helsami_appointments.changes import to_come
from helsami_appointments.domain import Known, Span
from helsami_appointments.slots.opening import HORIZON
from helsami_appointments.video import schemas, storage
from helsami_appointments.video.domain import IN_PERSON, VIDEO, VIRTUAL, Room
from helsami_appointments.video.doors import Doors, provided
from helsami_appointments.video.entrypoints import Videos
from helsami_appointments.video.switching import check_can_be, switch
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, load
from helsami_kernel.staff import key_of_staff, organisation_of

Json = dict[str, Any]


class StaffVideos(Videos):
    """Part of appointments: consultations by video, as staff set them up and join them (R33, R34)."""

    @rpc(scope="organisations:manage", answers=appointments.Appointment)
    def set_up_video(self, command: Json, access: AccessToken) -> Json:
        """
        Let a citizen's appointment with this organisation take place by video; staff need nobody's leave.

        Raises NotFound("appointment-not-found"), also for another organisation's; Conflict and Refused as
        `order_video`, but by no rule.
        """
        return self._switched_by_staff(VIDEO, command, access)

    @rpc(scope="organisations:manage", answers=appointments.Appointment)
    def take_video_back(self, command: Json, access: AccessToken) -> Json:
        """Let a citizen's appointment take place in person again. Raises as `set_up_video`."""
        return self._switched_by_staff(IN_PERSON, command, access)

    def _switched_by_staff(self, way: str, command: Json, access: AccessToken) -> Json:
        wish = load(schemas.CitizensAppointment, command)
        organisation = organisation_of(access)
        with self.store.transaction(owner=wish["citizen"]) as tx:
            if (done := tx.once(key_of_staff(access), {"staff": [organisation, way, wish["appointment"]]})) is not None:
                return dict(done)
            known = to_come(known_of(tx.appointment_with(organisation, wish["appointment"])), self.clock())
            check_can_be(known, way, self.conferences, self.rules)
            shown = switch(tx, known, way)
            self.followed(tx)
            return dict(tx.remember(shown))

    @rpc(scope="organisations:manage", answers=schemas.Joined)
    def join_video_for_staff(self, question: Json, access: AccessToken) -> Json:
        """A moderator's link into the room of a citizen's appointment, while its door is open; as `join_video`."""
        wanted = load(schemas.CitizensAppointment, question)
        with self.store.transaction(owner=wanted["citizen"]) as tx:
            known = known_of(tx.appointment_with(organisation_of(access), wanted["appointment"]))
            kept = storage.kept_in(tx, known.id)
        return schemas.joined(*self._doors(access).of_appointment(known, kept))

    @rpc(scope="organisations:manage", answers=schemas.RoomShown)
    def open_group(self, command: Json, access: AccessToken) -> Json:
        """
        Let several citizens' appointments at the same time take place in one room by video; none learns of another.

        All are looked at before any is changed. Each is then changed by itself: one that has become impossible
        meanwhile is refused, the others stay in the room, and the same command again (same idempotency key) goes on.
        Raises NotFound("appointment-not-found") where any is another organisation's; Conflict `different-times`, and as
        `set_up_video`.
        """
        wish = load(schemas.OpenGroup, command)
        organisation = organisation_of(access)
        provided(self.conferences.of(organisation), self.rules[organisation])
        members = [self._member(organisation, one) for one in wish["appointments"]]
        spans = {known.appointment.span for known in members}
        if len({known.id for known in members}) < len(members):
            raise Malformed("malformed", FieldProblem("appointments", "each appointment once"))
        if len(spans) > 1:
            raise Conflict("different-times")
        room = self._opened(organisation, schemas.GROUP, spans.pop(), [known.id for known in members], access)
        for one in wish["appointments"]:
            with self.store.transaction(owner=one["citizen"]) as tx:
                self._bring_in(tx, known_of(tx.appointment_with(organisation, one["appointment"])), room)
        return schemas.room_shown(room, room.standing(self.clock()))

    @rpc(scope="organisations:manage", answers=schemas.RoomShown)
    def open_meeting(self, command: Json, access: AccessToken) -> Json:
        """Make a room for staff alone. Raises Malformed, Conflict("meeting-past"), Refused("video-not-set-up")."""
        wish = load(schemas.OpenMeeting, command)
        organisation = organisation_of(access)
        provided(self.conferences.of(organisation), self.rules[organisation])
        if wish["ends_at"] <= self.clock():
            raise Conflict("meeting-past")
        if wish["starts_at"] > self.clock() + HORIZON:
            raise Malformed("malformed", FieldProblem("starts_at", "a time within two years"))
        room = self._opened(organisation, schemas.STAFF, Span(wish["starts_at"], wish["ends_at"]), [], access)
        return schemas.room_shown(room, room.standing(self.clock()))

    @rpc(scope="organisations:manage", answers=schemas.JoinedRoom)
    def join_room(self, question: Json, access: AccessToken) -> Json:
        """A moderator's link into a room of the organisation, while its door is open. Raises NotFound, Refused."""
        wanted = load(schemas.OneRoom, question)
        with self.store.transaction(owner=None) as tx:
            room = storage.room(tx, organisation_of(access), wanted["room"])
        standing, link = self._doors(access).of_room(room)
        return {**schemas.room_shown(room, standing), **schemas.joined(standing, link)}

    @rpc(scope="organisations:manage", answers=schemas.RoomShown)
    def end_room(self, command: Json, access: AccessToken) -> Json:
        """
        Let nobody meet in a room any longer; again is the same. Raises NotFound("room-not-found").

        Appointments that shared it are held by video still, each in a room of its own.
        """
        wish = load(schemas.OneRoom, command)
        with self.store.transaction(owner=None) as tx:
            storage.room(tx, organisation_of(access), wish["room"])
            storage.end_room(tx, wish["room"])
            room = storage.room(tx, organisation_of(access), wish["room"])
        return schemas.room_shown(room, room.standing(self.clock()))

    def _member(self, organisation: str, one: Json) -> Known:
        with self.store.transaction(owner=one["citizen"]) as tx:
            return to_come(known_of(tx.appointment_with(organisation, one["appointment"])), self.clock())

    def _bring_in(self, tx: Writes, known: Known, room: Room) -> None:
        """Let an appointment be held in a room, unless it is already."""
        to_come(known, self.clock())
        if known.appointment.span != room.span:
            raise Conflict("different-times")
        if known.appointment.setting != VIRTUAL:
            switch(tx, known, VIDEO, room.id)
            self.followed(tx)
        elif storage.kept_in(tx, known.id).room != room.id:
            storage.share(tx, known, room.id)

    def _opened(self, organisation: str, kind: str, span: Span, members: list[str], access: AccessToken) -> Room:
        room = Room(storage.new_room_id(organisation, access.idempotency_key), organisation, kind, span)
        asked = {"kind": kind, "members": sorted(members), "starts_at": span.starts_at, "ends_at": span.ends_at}
        with self.store.transaction(owner=None) as tx:
            return storage.open_room(tx, room, asked)

    def _doors(self, access: AccessToken) -> Doors:
        rules = self.rules[organisation_of(access)]
        nobody_else = secrets.token_hex(16)  # staff of an organisation share its login, and no link
        return Doors(self.conferences, rules, nobody_else, self.clock(), moderator=True)
