"""What the tests of visits share: an organisation that asks for check-in, and what was told."""

from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX
from helsami_sdk.answers import BookingDecision, CheckIn
from helsami_sdk.testing import organisations_of, rules_of

DAY = timedelta(days=1)
FORMS = ("health-questions", "medicines")


@pytest.fixture
def asking():
    """Organisations of which Trondheim asks for this before a visit, by default for forms, and for the button."""

    def organisations(check_in=None, **more):
        asked = CheckIn.on(7 * DAY, *FORMS, arrival_button=True) if check_in is None else check_in
        rules = {"decide_booking": BookingDecision.direct(), "choose_check_in": asked, **more}
        return organisations_of(rules_of(forms=FORMS, **rules))

    return organisations


@pytest.fixture
def visits(appointments, journal, asking):
    """The service, with an organisation that asks for check-in a week ahead."""
    appointments.rules = asking()
    journal.schedule()
    return appointments


@pytest.fixture
def book(visits, journal, citizen):
    """Book a time so many hours from the beginning of the test."""

    def booked(hours, whose="c1"):
        return visits.book({"slot": journal.slot(f"t{hours}", hours=hours)}, citizen(whose))["id"]

    return booked


@pytest.fixture
def book_at(visits, journal, citizen):
    """Book twenty minutes from a moment on."""

    def booked(starts_at):
        span = {"start": starts_at.isoformat(), "end": (starts_at + timedelta(minutes=20)).isoformat()}
        return visits.book({"slot": journal.slot("at", **span)}, citizen())["id"]

    return booked


@pytest.fixture
def show(appointments, citizen):
    def shown(appointment, **claims):
        return appointments.show({"appointment": appointment}, citizen(**claims))

    return shown


@pytest.fixture
def told(store):
    """The events of some types, each with the appointment that it is about."""

    def events(*types):
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, orjson.loads(row.data)["appointment"]) for row in rows if row.type in types]

    return events
