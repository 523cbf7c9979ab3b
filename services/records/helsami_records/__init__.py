"""Visits with their notes, diagnoses, allergies, vaccines and documents."""

__version__ = "0.1.0"
