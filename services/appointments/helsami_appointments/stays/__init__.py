"""Stays in institutions: those that are planned, those that last, and those that were."""
