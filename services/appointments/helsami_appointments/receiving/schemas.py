"""What is told of appointments that record systems give."""

from marshmallow import Schema, fields

from helsami_appointments.schemas import AppointmentTold
from helsami_kernel.journal import ReceiveOutcome


class AppointmentScheduled(AppointmentTold):
    """The event `appointment_scheduled`."""


class AppointmentNamed(Schema):
    """The event `appointment_named`: what was booked here, and by what other id others know it from now on."""

    appointment = fields.String(required=True)
    known_as = fields.String(required=True)


class Taken(ReceiveOutcome):
    """The answer of `receive`, with the other ids of what was booked here of which the delivery tells."""

    named = fields.List(fields.Nested(AppointmentNamed), required=True)
