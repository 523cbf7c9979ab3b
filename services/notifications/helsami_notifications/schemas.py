"""The events that are heard: of each the one field that is used, whatever else its producer tells."""

from typing import Any, Final

from marshmallow import Schema, fields, validate

from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.database import Event
from helsami_kernel.errors import FieldProblem, Malformed, load
from helsami_notifications.domain import (
    ADDRESS_CHANGED,
    APPOINTMENT_CANCELLED,
    APPOINTMENT_CHANGED,
    APPOINTMENT_SCHEDULED,
    CAPACITY_DECIDED,
    CAPACITY_LAPSED,
    CAPACITY_REVIEW_DUE,
    CHECK_IN_OPENED,
    CHILD_TURNED_16,
    CHILD_TURNING_16_SOON,
    EVENT_REMINDER_DUE,
    GRANT_ACCEPTED,
    GRANT_CHANGED,
    GRANT_ENDED,
    GRANT_EXPIRING,
    GRANT_OFFERED,
    GUARDIANSHIP_CHANGED,
    LETTER_ISSUED,
    MESSAGE_ANSWERED,
    MESSAGE_WRITTEN,
    OFFER_ENDS,
    OFFER_MADE,
    PROTECTION_CHANGED,
    REFERRAL_STATUS_CHANGED,
    REMINDER_DUE,
    REPRESENTATION_ENDED,
    REPRESENTATIVE_APPROVED,
    REPRESENTATIVE_REMOVED,
    REQUEST_ANSWERED,
    REQUEST_EXPIRED,
    RESPONSIBILITY_CHANGED,
    RESULT_RELEASED,
    SHIELDING_DECIDED,
    SHIELDING_ENDED,
    SHIELDING_REQUESTED,
    SLOT_BOOKED,
    STAY_CANCELLED,
    STAY_ENDED,
    STAY_PLANNED,
    SUMMARY_PUBLISHED,
    TURNED_16,
    TURNING_16_SOON,
    News,
    Notice,
    Subject,
)

AN_ID: Final = validate.Length(min=1, max=60)
LONGEST_ORIGIN: Final = 20_000


class OfItem(Schema):
    """What says, sealed, whose the item is; what was told before that was said does not."""

    origin = fields.String(load_default=None, validate=validate.Length(max=LONGEST_ORIGIN))


class SlotBooked(OfItem):
    """A citizen has taken a slot."""

    appointment = fields.String(required=True, validate=AN_ID)


class Limited(OfItem):
    """What says from whom the item that it is about is hidden; what was told before that was said does not."""

    access_limit = fields.Enum(AccessLimit, by_value=True, load_default=None)


class AppointmentScheduled(SlotBooked, Limited):
    """A record system has given a citizen an appointment."""


class AppointmentChanged(SlotBooked, Limited):
    """An appointment has another time, place or clinician."""


class AppointmentCancelled(SlotBooked, Limited):
    """An appointment will not take place."""


class RequestAnswered(SlotBooked):
    """A request about an appointment was accepted or declined."""


class RequestExpired(SlotBooked):
    """A request about an appointment was not answered in time."""


class ReminderDue(SlotBooked):
    """The day before an appointment has come."""


class CheckInOpened(SlotBooked):
    """A citizen can check in for an appointment."""


class EventReminderDue(Schema):
    """The time has come to remind a citizen of an event of their own."""

    event = fields.String(required=True, validate=AN_ID)


class OfferMade(OfItem):
    """A citizen who waits may have an earlier time."""

    offer = fields.String(required=True, validate=AN_ID)
    appointment = fields.String(load_default=None, validate=AN_ID)


class OfferEnded(OfferMade):
    """An offer has ended, and how."""

    state = fields.String(required=True, validate=validate.Length(min=1, max=20))


class OfGrant(Schema):
    """A grant was offered, accepted, changed or ended, or soon will."""

    grant = fields.String(required=True, validate=AN_ID)


class OfApplication(Schema):
    """An application to act for an adult was decided, or not in time, or is soon to be looked at anew."""

    application = fields.String(required=True, validate=AN_ID)


class OfRepresentation(Schema):
    """Somebody may act for somebody because it was decided, or may no longer."""

    representation = fields.String(required=True, validate=AN_ID)


class OfShield(Schema):
    """A citizen hides something, an organisation has had its word on that, or it is hidden no longer."""

    shield = fields.String(required=True, validate=AN_ID)


class ShieldStands(OfShield):
    """How what a citizen hides stands by now."""

    state = fields.String(required=True, validate=validate.Length(min=1, max=20))


class ResultReleased(Limited):
    """A citizen may see a result."""

    result = fields.String(required=True, validate=AN_ID)
    linked = fields.List(fields.String(validate=AN_ID), load_default=list)


class ResultLinked(Schema):
    """A result is hidden with others as well."""

    result = fields.String(required=True, validate=AN_ID)
    linked = fields.List(fields.String(validate=AN_ID), required=True)


class SummaryPublished(Limited):
    """What was written of a visit can be read."""

    visit = fields.String(required=True, validate=AN_ID)


class StayTold(Limited):
    """A stay in an institution is planned, over, or called off."""

    stay = fields.String(required=True, validate=AN_ID)


class ReferralStatusChanged(Limited):
    """A referral has come further."""

    referral = fields.String(required=True, validate=AN_ID)


class LetterIssued(Limited):
    """A letter can be read."""

    letter = fields.String(required=True, validate=AN_ID)
    appointment = fields.String(load_default=None, allow_none=True, validate=AN_ID)


class OfThread(Limited):
    """Staff have written in a thread, or begun one."""

    thread = fields.String(required=True, validate=AN_ID)


class AccessLimitChanged(OfItem):
    """From whom an item is hidden."""

    item = fields.String(required=True, validate=AN_ID)
    access_limit = fields.Enum(AccessLimit, by_value=True, required=True)


class OfChild(Schema):
    """Something has changed, or soon will, between a child and who has parental responsibility for it."""

    child = fields.String(required=True, validate=AN_ID)


class OfWard(Schema):
    """Who is an adult's guardian, or in what, is otherwise."""

    ward = fields.String(required=True, validate=AN_ID)


class OfCitizen(Schema):
    """The population register says something else of a citizen."""

    citizen = fields.String(required=True, validate=AN_ID)


HEARD: Final[dict[News, type[Schema]]] = {
    SLOT_BOOKED: SlotBooked,
    APPOINTMENT_SCHEDULED: AppointmentScheduled,
    APPOINTMENT_CHANGED: AppointmentChanged,
    APPOINTMENT_CANCELLED: AppointmentCancelled,
    REQUEST_ANSWERED: RequestAnswered,
    REQUEST_EXPIRED: RequestExpired,
    REMINDER_DUE: ReminderDue,
    CHECK_IN_OPENED: CheckInOpened,
    EVENT_REMINDER_DUE: EventReminderDue,
    OFFER_MADE: OfferMade,
    **dict.fromkeys(OFFER_ENDS.values(), OfferEnded),
    **dict.fromkeys((GRANT_OFFERED, GRANT_ACCEPTED, GRANT_CHANGED, GRANT_ENDED, GRANT_EXPIRING), OfGrant),
    **dict.fromkeys((CAPACITY_DECIDED, CAPACITY_REVIEW_DUE, CAPACITY_LAPSED), OfApplication),
    **dict.fromkeys((REPRESENTATION_ENDED, REPRESENTATIVE_APPROVED, REPRESENTATIVE_REMOVED), OfRepresentation),
    **dict.fromkeys((SHIELDING_REQUESTED, SHIELDING_DECIDED, SHIELDING_ENDED), OfShield),
    RESULT_RELEASED: ResultReleased,
    SUMMARY_PUBLISHED: SummaryPublished,
    **dict.fromkeys((STAY_PLANNED, STAY_ENDED, STAY_CANCELLED), StayTold),
    REFERRAL_STATUS_CHANGED: ReferralStatusChanged,
    LETTER_ISSUED: LetterIssued,
    **dict.fromkeys((MESSAGE_ANSWERED, MESSAGE_WRITTEN), OfThread),
    **dict.fromkeys((RESPONSIBILITY_CHANGED, TURNING_16_SOON, CHILD_TURNING_16_SOON), OfChild),
    **dict.fromkeys((TURNED_16, CHILD_TURNED_16), OfChild),
    GUARDIANSHIP_CHANGED: OfWard,
    **dict.fromkeys((ADDRESS_CHANGED, PROTECTION_CHANGED), OfCitizen),
}


def notice(news: News, event: Event) -> tuple[str, Notice]:
    """Whom an event concerns, and what to tell them. Raises Malformed."""
    used = _used(HEARD[news](), event)
    of = (used.get(Subject.APPOINTMENT) or "") if news.about is Subject.OFFER else ""
    within = (used.get(Subject.APPOINTMENT) or "") if news.about is Subject.LETTER else ""
    told = (used.get("access_limit"), within, tuple(used.get("linked", ())), used.get("origin"))
    return whose(event), Notice(news, used[news.about], of, *told)


def limited(event: Event) -> tuple[str, str, AccessLimit, str | None]:
    """Whose item is hidden from whom: the citizen, its id, the limit, and whose it is. Raises Malformed."""
    used = _used(AccessLimitChanged(), event)
    return whose(event), used["item"], used["access_limit"], used["origin"]


def linked(event: Event) -> tuple[str, str, list[str]]:
    """Whose result is hidden with what else: the citizen, its id, and those of the others. Raises Malformed."""
    used = _used(ResultLinked(), event)
    return whose(event), used["result"], used["linked"]


def end_of_offer(event: Event) -> News | None:
    """What to tell of the end of an offer, if anything. Raises Malformed."""
    return OFFER_ENDS.get(_used(OfferEnded(), event)["state"])


def answer_awaited(event: Event) -> News | None:
    """What to tell of something that was hidden: that an organisation has its word, if it has. Raises Malformed."""
    return SHIELDING_REQUESTED if _used(ShieldStands(), event)["state"] in {"awaiting", "requested"} else None


def end_of_shield(event: Event) -> News | None:
    """What to tell of something that is hidden no longer: nothing to who has wished it so. Raises Malformed."""
    return SHIELDING_ENDED if _used(ShieldStands(), event)["state"] == "ended" else None


def of_oneself(event: Event, own: News, other: News) -> News:
    """What to tell the child itself, or whoever has responsibility for it. Raises Malformed."""
    return own if _used(OfChild(), event)["child"] == event.subject else other


def whose(event: Event) -> str:
    """Whom an event concerns that says nothing else. Raises Malformed."""
    if event.subject is None:
        raise Malformed("malformed", FieldProblem("subject", "the id of a citizen"))
    return event.subject


def _used(schema: Schema, event: Event) -> dict[str, Any]:
    used: dict[str, Any] = load(schema, {name: event.data[name] for name in schema.fields if name in event.data})
    return used
