"""What the tests of receiving share: what is told of appointments, and what their citizen reads."""

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX


@pytest.fixture
def told(store):
    """All that is news to a citizen, in the order of the sequences: type, id of the appointment, and sequence."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence, OUTBOX.c.type)).all()
        every = [(row.type, orjson.loads(row.data).get("appointment"), row.sequence) for row in rows]
        return [each for each in every if each[0] not in {"access_limit_changed", "appointment_named", "slot_booked"}]

    return events


@pytest.fixture
def items(appointments, citizen):
    """The citizen's appointments to come."""
    return lambda subject="c1", **claims: orjson.loads(appointments.page({}, citizen(subject, **claims)))["items"]


@pytest.fixture
def written():
    """A `meta` that says when its record system had last changed it: so many minutes from some moment."""
    return lambda minute, **more: {"meta": {"lastUpdated": f"2026-03-02T07:{minute:02}:00Z", **more}}
