"""Notifications: what has happened, told to whom it concerns."""
