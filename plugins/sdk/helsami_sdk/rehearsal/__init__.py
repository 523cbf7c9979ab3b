"""Rehearsal: what would change for people if an organisation's new rules took the place of its old ones."""

from helsami_sdk.rehearsal.command import register

__all__ = ["register"]
