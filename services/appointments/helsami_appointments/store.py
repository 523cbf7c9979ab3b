"""The store of the whole service: what each part reads and writes, in one transaction."""

from __future__ import annotations

from helsami_appointments.visits import storage as visits


class Reads(visits.Reads):
    """All that is read for one citizen."""


class Writes(visits.Writes):
    """One transaction, for one citizen or for nobody, in which any part may store something."""
