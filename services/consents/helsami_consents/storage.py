"""The database of consents: every statement names the citizen whose rows it touches."""

from __future__ import annotations

from helsami_consents.access_log.storage import LogReads, LogWrites
from helsami_consents.shielding import storage as shielding


class Reads(shielding.Reads, LogReads):
    """What a citizen sees of their grants and of their log."""


class Writes(shielding.Writes, LogWrites):
    """What a citizen changes, and what is logged about them; the transaction's owner is both."""
