"""What is told of appointments that record systems give."""

from helsami_appointments.schemas import AppointmentTold


class AppointmentScheduled(AppointmentTold):
    """The event `appointment_scheduled`."""
