"""What front ends get, as the description tells it; the owners of the data make it."""

from __future__ import annotations

from typing import Final, cast

from marshmallow import INCLUDE, Schema, fields, validate

from helsami_gateway import texts
from helsami_gateway.schemas import GRANT_AREAS, GRANT_LEVELS, ORGANISATION_STATES

ABSENCES: Final = tuple(texts.catalogue("en")["absence"])
CODES: Final = tuple(sorted(texts.catalogue("en")["problem"].keys() - {"other"}))

OFFER_STATES: Final = ("open", "accepted", "declined", "expired", "too_late", "withdrawn")
AS_WRITTEN: Final = r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?)?)?$"


def nullable(description: str = "") -> fields.String:
    """A text that may be unknown, and is then null."""
    told = {"description": description} if description else {}
    return fields.String(required=True, allow_none=True, metadata=told)


def one_of(*words: str) -> fields.String:
    """One of these words."""
    return fields.String(required=True, metadata={"enum": list(words)})


def moment(*, allow_none: bool = False) -> fields.AwareDateTime:
    """A time in UTC."""
    return fields.AwareDateTime(required=True, allow_none=allow_none)


def as_written(*, allow_none: bool = False) -> fields.String:
    """A time in UTC, or a year, a month or a day where nothing more precise was written."""
    told = {"description": "2026, 2026-10, 2026-10-17 or a time in UTC", "pattern": AS_WRITTEN}
    return fields.String(required=True, allow_none=allow_none, metadata=told)


class Absence(Schema):
    """Why something may be missing: a code, and what belongs to it."""

    code = one_of(*ABSENCES)
    organisation = fields.String(metadata={"description": "left out where it would tell of a protected address"})
    date = fields.Date(metadata={"description": "with before_go_live: the first day that is shown"})
    kind = fields.String(metadata={"description": "with hidden_by_rule: a key of the texts under `reason`"})


class Item(Schema):
    """One thing, from one organisation; `at` is when it counts from in lists."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    at = moment()


class Coded(Item):
    """A thing with a name and a code; `system` says whose code it is."""

    name = fields.String(required=True)
    system = fields.String(required=True)
    code = fields.String(required=True)


class Section(Schema):
    """A section: as of when, and why something may not be there."""

    as_of = moment(allow_none=True)
    status = one_of("ok", "unavailable")
    absences = fields.List(fields.Nested(Absence), required=True)
    next = nullable("the cursor of the next page; null on the last")


def section(item: type[Schema], plural: str) -> type[Schema]:
    """A section of these items."""
    items = fields.List(fields.Nested(item), required=True)
    return cast("type[Schema]", type(plural, (Section,), {"__doc__": f"A page of {plural.lower()}.", "items": items}))


class Attachment(Schema):
    """What is enclosed with a letter: it is fetched by its number."""

    number = fields.Integer(required=True)
    title = nullable()
    content_type = one_of("application/pdf", "image/jpeg", "image/png")
    size = fields.Integer(required=True, metadata={"description": "in bytes"})


class LetterNamed(Schema):
    """What names a letter."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    written_at = as_written()
    attachments = fields.List(fields.Nested(Attachment), required=True)


LettersNamed: Final = section(LetterNamed, "LettersNamed")


class Appointment(Item):
    """An appointment."""

    kind = nullable()
    unit = nullable()
    place = nullable()
    clinician = nullable()
    setting = nullable("virtual for a consultation by video; outpatient, inpatient, emergency, home; null if unknown")
    starts_at = moment()
    ends_at = moment()
    window = fields.Boolean(
        required=True, metadata={"description": "it is to be within these times, and no time is agreed yet"}
    )
    status = one_of("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow")
    cancelled_because = nullable("service, citizen, on-behalf, not-home, no-show or other; null where it is not said")
    instructions = nullable("what the citizen is to do before, as plain text")


class Hold(Schema):
    """Until when a free time is kept for whoever asked."""

    slot = fields.String(required=True)
    held_until = moment()


class Way(Schema):
    """
    One way to do something.

    `reason` is a key of `problem` in the texts; `opens` and `closes` are when the phone is answered on working days in
    Oslo; `flag` is Helsenorge's code of it.
    """

    way = one_of("direct", "request", "phone")
    reason = fields.String(required=True)
    deadline = fields.AwareDateTime(required=True, allow_none=True)
    phone = fields.String(required=True)
    opens = fields.String(required=True, metadata={"example": "08:00"})
    closes = fields.String(required=True, metadata={"example": "15:00"})
    flag = nullable()


class Action(Schema):
    """What may be done, and how: at least one way, the easiest first, the phone last."""

    action = one_of("book", "change", "cancel", "join-waitlist", "video", "in-person")
    ways = fields.List(fields.Nested(Way), required=True, validate=validate.Length(min=1))


class Request(Schema):
    """What was asked about an appointment, and what has become of it; `reason` is a key of `problem` in the texts."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    appointment = fields.String(required=True)
    action = one_of("change", "cancel", "join-waitlist", "video", "in-person")
    wish = fields.String(required=True)
    state = one_of("asked", "accepted", "declined", "expired", "withdrawn")
    asked_at = moment()
    expires_at = moment()
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = nullable()


class Requests(Schema):
    """A page of what waits for an organisation's answer, the oldest first."""

    requests = fields.List(fields.Nested(Request), required=True)
    next = nullable()


class Video(Schema):
    """How the door of a consultation by video stands, and when it opens and closes."""

    state = one_of("none", "not_open", "open", "closed")
    opens_at = moment(allow_none=True)
    closes_at = moment(allow_none=True)


class Payment(Schema):
    """What is to be known of paying; `message` is a key of the texts, as `group.key`."""

    message = one_of("payment.video-as-in-person")


class AppointmentWithActions(Appointment):
    """An appointment, all that can be done with it, and what was asked about it."""

    actions = fields.List(fields.Nested(Action), required=True)
    requests = fields.List(fields.Nested(Request), required=True)
    video = fields.Nested(Video, required=True, allow_none=True, metadata={"description": "null where it is in person"})
    payment = fields.Nested(Payment, required=True, allow_none=True)
    referral = nullable("the id of the referral that it is based on")
    letters = fields.Nested(LettersNamed, required=True)


class Medication(Coded):
    """A medicine."""

    status = one_of("active", "ended")
    since = as_written()
    dosage = nullable()
    prescriber = nullable()


class Value(Schema):
    """What was measured; `value` is the number as it was written, `text` what was said instead of one or about it."""

    name = fields.String(required=True)
    code = fields.String(required=True)
    value = nullable()
    unit = nullable()
    text = nullable()


class Result(Coded):
    """A released result."""

    taken_at = as_written()
    status = one_of("final", "amended", "corrected", "appended")
    values = fields.List(fields.Nested(Value), required=True)
    conclusion = nullable()


class Document(Item):
    """Something written."""

    title = fields.String(required=True)
    text = fields.String(required=True)
    written_at = as_written()


class Visit(Item):
    """A visit, and what was written about it."""

    kind = one_of("outpatient", "inpatient", "emergency", "home", "virtual", "nursing-home", "other")
    name = fields.String(required=True)
    place = nullable("null for somebody at a protected address")
    clinician = nullable()
    starts_at = as_written()
    ends_at = as_written(allow_none=True)
    notes = fields.List(fields.Nested(Document), required=True)


class Condition(Coded):
    """An illness or a complaint."""

    status = one_of("active", "ended")
    since = as_written()


class Allergy(Coded):
    """An allergy."""

    status = one_of("active", "ended")
    criticality = nullable()
    reactions = fields.List(fields.String(), required=True)


class Vaccine(Coded):
    """A vaccine that was given."""

    given_at = as_written()


class About(Schema):
    """What a notice is about; it is found in the section of its type."""

    type = fields.String(required=True)
    id = fields.String(required=True)


class Notice(Item):
    """Something new; the message is a key of the texts."""

    message = fields.String(required=True)
    about = fields.Nested(About, required=True)


Appointments: Final = section(Appointment, "Appointments")
Medications: Final = section(Medication, "Medications")
Results: Final = section(Result, "Results")
Visits: Final = section(Visit, "Visits")
Conditions: Final = section(Condition, "Conditions")
Allergies: Final = section(Allergy, "Allergies")
Vaccines: Final = section(Vaccine, "Vaccines")
Documents: Final = section(Document, "Documents")
Notices: Final = section(Notice, "Notices")
RECORDS: Final = (Visits, Conditions, Allergies, Vaccines, Documents)


class HomeSections(Schema):
    """The sections of the home view; a service that joins the view adds its own."""

    appointments = fields.Nested(Appointments)
    medications = fields.Nested(Medications)
    results = fields.Nested(Results)
    visits = fields.Nested(Visits)
    conditions = fields.Nested(Conditions)
    allergies = fields.Nested(Allergies)
    vaccines = fields.Nested(Vaccines)
    notices = fields.Nested(Notices)

    class Meta:
        """What joins later is not described here."""

        unknown = INCLUDE


class Home(Schema):
    """The home view."""

    view = one_of("home")
    as_of = moment()
    sections = fields.Nested(HomeSections, required=True)


class Slot(Schema):
    """A free time."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    visit_type = nullable()
    kind = nullable()
    unit = nullable()
    place = nullable()
    clinician = nullable()
    clinician_id = nullable("by which free times with the same clinician are found")
    starts_at = moment()
    ends_at = moment()


class Slots(Schema):
    """A page of free times."""

    slots = fields.List(fields.Nested(Slot), required=True)
    next = nullable("the cursor of the next page; null on the last")


class Waiting(Schema):
    """An appointment that somebody waits to have earlier, and since when."""

    appointment = fields.String(required=True)
    since = moment()


class WaitingList(Schema):
    """All of them, first come first."""

    waiting = fields.List(fields.Nested(Waiting), required=True)


class Left(Schema):
    """An appointment that nobody waits to have earlier any longer."""

    appointment = fields.String(required=True)


class Offer(Schema):
    """An earlier time for an appointment; others may hold an offer for the same one."""

    id = fields.String(required=True)
    appointment = fields.String(required=True)
    state = one_of(*OFFER_STATES)
    offered_at = moment()
    expires_at = moment()
    slot = fields.Nested(Slot, required=True)


class Offers(Schema):
    """What one was offered, newest first."""

    offers = fields.List(fields.Nested(Offer), required=True)


class Declined(Schema):
    """An offer that was declined."""

    id = fields.String(required=True)
    state = one_of("declined")


class OfferForStaff(Offer):
    """An offer to somebody who is not digital."""

    record_key = nullable("what the record system calls the appointment")


class OffersForStaff(Schema):
    """Open offers, the first to expire first."""

    offers = fields.List(fields.Nested(OfferForStaff), required=True)


class WaitlistOutcome(Schema):
    """How many offers stand so."""

    state = one_of(*OFFER_STATES)
    age_band = one_of("0-11", "12-15", "16+")
    digital = fields.Boolean(required=True)
    count = fields.Integer(required=True)


class Outcomes(Schema):
    """How an organisation's offers stand."""

    outcomes = fields.List(fields.Nested(WaitlistOutcome), required=True)


def named() -> fields.Dict:
    """A name in each language."""
    return fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Unit(Schema):
    """A part of an organisation."""

    id = fields.String(required=True)
    names = named()
    phone = fields.String(required=True)


class Organisation(Schema):
    """An organisation that has joined; `go_live` is the first day shown by category, null where everything is."""

    id = fields.String(required=True)
    names = named()
    kind = fields.String(required=True)
    parent = nullable()
    phone = fields.String(required=True)
    state = one_of("live", "closed")
    units = fields.List(fields.Nested(Unit), required=True)
    go_live = fields.Dict(keys=fields.String(), values=fields.Date(allow_none=True), required=True)


class Organisations(Schema):
    """All of them."""

    organisations = fields.List(fields.Nested(Organisation), required=True)


class StateChange(Schema):
    """An organisation entered a state; `who` is an organisation's or the region's login."""

    state = one_of(*ORGANISATION_STATES)
    since = moment()
    who = fields.String(required=True)
    why = fields.String(required=True)


class Standing(Schema):
    """Where an organisation stands; `problem` says why its rules do not load, and is null where they do."""

    id = fields.String(required=True)
    names = named()
    kind = fields.String(required=True)
    parent = nullable()
    state = one_of(*ORGANISATION_STATES)
    since = moment(allow_none=True)
    who = nullable()
    why = nullable()
    problem = nullable()


class Standings(Schema):
    """Where organisations stand."""

    organisations = fields.List(fields.Nested(Standing), required=True)


class StandingWithHistory(Standing):
    """Where an organisation stands, the states it may enter next, and its history, newest first."""

    steps = fields.List(one_of(*ORGANISATION_STATES), required=True)
    history = fields.List(fields.Nested(StateChange), required=True)


class Words(Schema):
    """What a reason means to a citizen; null where it has no words."""

    nb = nullable()
    nn = nullable()
    en = nullable()


class Decision(Schema):
    """What an organisation's rules decided; `about` is the id of what it was about, or empty."""

    id = fields.String(required=True)
    decided_at = moment()
    last_at = moment()
    times = fields.Integer(required=True)
    service = fields.String(required=True)
    hook = fields.String(required=True)
    asked = fields.String(required=True, metadata={"description": "what the hook asks, in plain words"})
    organisation = fields.String(required=True)
    layer = fields.String(
        required=True, metadata={"description": "whose answer held: a file of a plugin, region, or safe default"}
    )
    version = fields.String(required=True, metadata={"description": "the plugin's"})
    outcome = fields.String(required=True)
    reason = fields.String(required=True, metadata={"description": "a code, or empty"})
    words = fields.Nested(Words, required=True)
    question_hash = fields.String(required=True, metadata={"description": "the SHA-256 of the question, as JSON"})
    about = fields.String(required=True)
    shadow = fields.Boolean(required=True, metadata={"description": "what would have been decided, and was not"})


class Decisions(Schema):
    """Decisions, the newest first; `unavailable` are the services that did not answer and may know more."""

    decisions = fields.List(fields.Nested(Decision), required=True)
    unavailable = fields.List(fields.String(), required=True)


class Grant(Schema):
    """
    A grant; `citizen` and `name` are its other side, `code` is of Volven 7611, and `version` counts every change.

    Of `basis` `capacity`: what staff have granted somebody about oneself, accepted by applying for it, or one's
    guardian (`VE`) as the register names them. Of `basis` `parental`: a parent who acts for one.
    """

    id = fields.String(required=True)
    citizen = fields.String(required=True)
    name = nullable()
    basis = one_of("capacity", "grant", "parental")
    code = one_of("FO", "FU", "TD", "VE")
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(one_of("see", "act")),
        required=True,
    )
    level = fields.String(required=True, allow_none=True, validate=validate.OneOf(GRANT_LEVELS))
    state = one_of("offered", "active", "suspended", "declined", "revoked", "renounced", "expired")
    version = fields.Integer(required=True)
    granted_at = moment()
    accepted_at = moment(allow_none=True)
    expires_at = moment(allow_none=True)
    ended_at = moment(allow_none=True)


class Represented(Schema):
    """Somebody for whom one may act, on what ground (and its code in Volven 7611), in which areas, and until when."""

    citizen = fields.String(required=True)
    name = nullable()
    basis = one_of("capacity", "grant", "parental")
    code = one_of("FO", "FU", "TD", "VE")
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(one_of("see", "act")),
        required=True,
    )
    until = moment(allow_none=True)


class ActingFor(Schema):
    """Everybody for whom one may act; to do so, name one in the header of a request."""

    acting_for = fields.List(fields.Nested(Represented), required=True)


class Child(Represented):
    """A child whom one acts for; the areas become fewer at twelve, and none at sixteen."""

    id = fields.String(required=True)
    since = moment()


class Children(Schema):
    """The children whom one acts for."""

    children = fields.List(fields.Nested(Child), required=True)


class LeftChild(Schema):
    """A child whom one acts for no longer."""

    child = fields.String(required=True)


class Grants(Schema):
    """Grants in both directions."""

    given = fields.List(fields.Nested(Grant), required=True)
    received = fields.List(fields.Nested(Grant), required=True)


class Me(Schema):
    """Who is logged in."""

    citizen = fields.String(required=True)
    name = nullable()


class DemoCitizen(Schema):
    """Somebody one may log in as, in embedded mode."""

    citizen = fields.String(required=True)
    pid = fields.String(required=True)
    name = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    may_act_for = fields.List(fields.Nested(Represented), required=True)


class FieldProblem(Schema):
    """A field, and what is expected there."""

    field = fields.String(required=True)
    expected = fields.String(required=True)


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(
        required=True,
        metadata={
            "anyOf": [{"enum": list(CODES)}, {"pattern": "^[a-z0-9]+(-[a-z0-9]+)+$"}],
            "description": "one of these, or an organisation's own reason, which begins with its id; all have texts",
        },
    )
    problems = fields.List(fields.Nested(FieldProblem))
    decision = fields.String(metadata={"description": "where an organisation's rules said no: support can explain it"})
    correlation = fields.String(metadata={"description": "with 500: by this we find what happened"})
