"""What is told of appointments that record systems give."""

from helsami_appointments.schemas import SlotBooked


class AppointmentScheduled(SlotBooked):
    """The event `appointment_scheduled`."""
