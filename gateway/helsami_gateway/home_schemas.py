"""What front ends get at a glance: the home view, and notices."""

from __future__ import annotations

from typing import Final

from marshmallow import INCLUDE, Schema, fields

from helsami_gateway.answers import Item, moment, one_of, section
from helsami_gateway.appointment_schemas import Appointments
from helsami_gateway.message_schemas import Threads
from helsami_gateway.record_schemas import Allergies, Conditions, Medications, Results, Vaccines, Visits


class About(Schema):
    """What a notice is about; it is found in the section of its type."""

    type = fields.String(required=True)
    id = fields.String(required=True)


class Notice(Item):
    """Something new; the message is a key of the texts."""

    message = fields.String(required=True)
    about = fields.Nested(About, required=True)


Notices: Final = section(Notice, "Notices")


class HomeSections(Schema):
    """The sections of the home view; a service that joins the view adds its own."""

    appointments = fields.Nested(Appointments)
    medications = fields.Nested(Medications)
    results = fields.Nested(Results)
    visits = fields.Nested(Visits)
    conditions = fields.Nested(Conditions)
    allergies = fields.Nested(Allergies)
    vaccines = fields.Nested(Vaccines)
    messages = fields.Nested(Threads)
    notices = fields.Nested(Notices)

    class Meta:
        """What joins later is not described here."""

        unknown = INCLUDE


class Home(Schema):
    """The home view."""

    view = one_of("home")
    as_of = moment()
    sections = fields.Nested(HomeSections, required=True)
