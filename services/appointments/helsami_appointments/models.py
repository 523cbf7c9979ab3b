"""
The tables of appointments.

`schedules` and `slots` belong to nobody; an appointment belongs to its citizen. No two booked appointments with
different claims on time overlap, for a clinician or for a citizen, and no slot is booked twice: the database itself
refuses it (migrations/0001_first.py).
"""

import sqlalchemy as sa

from helsami_appointments.calendar.models import metadata as calendars
from helsami_appointments.receiving.models import left_slots_table, retracted_table
from helsami_appointments.referrals.models import metadata as referrals
from helsami_appointments.stays.models import metadata as stays
from helsami_appointments.video.models import metadata as videos
from helsami_appointments.visits.models import metadata as visits
from helsami_appointments.waitlist.models import offers_past_table, offers_table, waiting_table
from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import items_table

metadata = sa.MetaData()
parts = (metadata, calendars, referrals, stays, videos, visits)
"""The tables of the whole service: its own, and those of each part that has its own."""

SCHEDULES = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("key", sa.String(300), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("visit_type", sa.String(60), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("unit", sa.String(60), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("clinician", sa.String(300), nullable=False),
    sa.Column("clinician_name", sa.Text, nullable=False),
    sa.UniqueConstraint("organisation", "key"),
)
SLOTS = sa.Table(
    "slots",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("schedule", sa.String(36), sa.ForeignKey("schedules.id"), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("key", sa.String(300), nullable=False),
    sa.Column("visit_type", sa.String(60), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("status", sa.String(4), nullable=False),  # what the organisation says: free or busy
    sa.Column("taken_by", sa.String(36)),  # the appointment that holds it, whatever the organisation says
    sa.Column("held_by", sa.String(36)),  # who is about to take it, under a name that says nothing
    sa.Column("held_until", UtcDateTime),  # from then on it is free again, whatever else is written here
    sa.Column("withdrawn_at", UtcDateTime),  # since when it is none; it stays for those who were offered it
    # By what it is found, of its schedule where the slot itself does not say: here an index sees it (slots/search.py).
    sa.Column("search_open", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("search_unit", sa.String(60), nullable=False, server_default=""),
    sa.Column("search_type", sa.String(60), nullable=False, server_default=""),
    sa.Column("search_clinician", sa.String(36), nullable=False, server_default=""),  # an opaque id
    sa.UniqueConstraint("organisation", "key"),
)
APPOINTMENTS = items_table(
    "appointments",
    metadata,
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("slot", sa.String(36)),
    sa.Column("clinician", sa.String(300), nullable=False),
    sa.Column("record_key", sa.String(300)),  # what the record system calls it; none until it has heard of a booking
    sa.Column("claim", sa.String(36)),  # whose claim on the time this is; those of one claimant may overlap
    sa.Column("told", sa.String(64)),  # a digest of what the record system has told last
    sa.Column("sequence", sa.Integer, nullable=False, server_default="1"),  # the last event about it
    sa.Column("tell", sa.Boolean, nullable=False, server_default=sa.true()),  # unless its record system notifies itself
    sa.Column("flags", sa.String(80)),  # what its record system lets the citizen do; none where it does not say
    sa.Column("told_at", UtcDateTime),  # when its record system had last changed what it has told last
    sa.Column("remind", sa.Boolean, nullable=False, server_default=sa.true()),  # unless its record system wants none
    # Somebody for whom it was not there has taken the same time of its citizen's: it does not claim that any longer.
    sa.Column("gives_way", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
)
REQUESTS = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("appointment", sa.String(36), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("reason", sa.String(60), nullable=False),
    sa.Index("requests_by_appointment", "owner", "appointment"),
)
# What an organisation has been asked, for its staff, who ask about nobody in particular: ids and times alone, so that
# it need not be protected as what citizens write is.
RECEIVED = sa.Table(
    "requests_received",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
)
WAITING = waiting_table(metadata)
OFFERS = offers_table(metadata)
LEFT_SLOTS = left_slots_table(metadata)
RETRACTED = retracted_table(metadata)
OFFERS_PAST = offers_past_table(metadata)
