"""Appointments: times that are offered, and who has taken them."""
