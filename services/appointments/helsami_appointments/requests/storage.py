"""How requests are stored: each with its citizen, and an open one also where its organisation finds it."""

from __future__ import annotations

import uuid
from dataclasses import asdict, fields, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from helsami_appointments import booked
from helsami_appointments.booked import plausible
from helsami_appointments.domain import Known
from helsami_appointments.models import RECEIVED, REQUESTS
from helsami_appointments.receiving import storage as receiving
from helsami_appointments.receiving.domain import Received
from helsami_appointments.requests.domain import ASKED, WITHDRAWN, Request
from helsami_kernel.database import UtcDateTime
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.pages import Cursor

COLUMNS: Final = tuple(REQUESTS.c[field.name] for field in fields(Request))
MINE: Final = sa.and_(REQUESTS.c.owner == sa.bindparam("owner"), REQUESTS.c.id == sa.bindparam("id", type_=sa.String))
ONE: Final = sa.select(*COLUMNS).where(MINE)
OF_APPOINTMENT: Final = (
    sa.select(*COLUMNS)
    .where(
        REQUESTS.c.owner == sa.bindparam("owner"),
        REQUESTS.c.appointment == sa.bindparam("appointment", type_=sa.String),
    )
    .order_by(REQUESTS.c.asked_at, REQUESTS.c.id)
)
OPEN: Final = (
    sa.select(RECEIVED.c.id, RECEIVED.c.owner, RECEIVED.c.asked_at)
    .where(
        RECEIVED.c.organisation == sa.bindparam("organisation", type_=sa.String),
        sa.not_(RECEIVED.c.answered),
        sa.tuple_(RECEIVED.c.asked_at, RECEIVED.c.id)
        > sa.tuple_(sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)),
        sa.bindparam("owner", type_=sa.String).is_(None),  # nobody's question: no citizen's row is read
    )
    .order_by(RECEIVED.c.asked_at, RECEIVED.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


class Reads(booked.Reads):
    """What is read for one citizen, or of what an organisation has been asked."""

    def requests_of(self, appointment_id: str) -> list[Request]:
        """What the citizen has asked about an appointment, the oldest first."""
        return [_request(row) for row in self.fetch(OF_APPOINTMENT, appointment=appointment_id)]

    def request(self, request_id: str) -> Request | None:
        """A request of this citizen."""
        return next((_request(row) for row in self.fetch(ONE, id=request_id)), None)

    def open_requests(self, organisation: str, start: Cursor, limit: int) -> list[tuple[str, str, Cursor]]:
        """Id, citizen and place of what an organisation has not answered, the oldest first; read for nobody."""
        rows = self.fetch(OPEN, organisation=organisation, from_at=start.at, from_id=start.id, limit=limit)
        return [(row.id, row.owner, Cursor(row.asked_at, row.id)) for row in rows]


class Writes(receiving.Writes):
    """One transaction, in which something may also be asked and answered."""

    def ask(self, request: Request) -> Request:
        """Store a new request. Raises Conflict("already-asked") where the same is asked and not answered."""
        asked = replace(request, id=str(uuid.uuid4()))
        values = asdict(asked) | {"owner": self.owner}
        try:
            self.connection.execute(sa.insert(REQUESTS).values(values))
        except IntegrityError:
            raise Conflict("already-asked") from None
        queued = {name: values[name] for name in ("id", "owner", "organisation", "asked_at")}
        self.connection.execute(sa.insert(RECEIVED).values(**queued, answered=False))
        return asked

    def asker(self, request_id: str, organisation: str) -> str:
        """The citizen who has asked this of an organisation. Raises NotFound("request-not-found")."""
        received = sa.and_(RECEIVED.c.id == plausible(request_id), RECEIVED.c.organisation == organisation)
        owner = self.connection.execute(sa.select(RECEIVED.c.owner).where(received)).scalar_one_or_none()
        if owner is None:
            raise NotFound("request-not-found")
        return str(owner)

    def settle(self, request_id: str, state: str, reason: str = "") -> Request | None:
        """End a request that is still open; None where it is not: of two who end it, one does."""
        this = sa.and_(REQUESTS.c.owner == self.owner, REQUESTS.c.id == plausible(request_id))
        still = sa.and_(this, REQUESTS.c.state == ASKED)
        ended = {"state": state, "answered_at": self.now, "reason": reason}
        if not self.connection.execute(sa.update(REQUESTS).where(still).values(ended)).rowcount:
            return None
        self.connection.execute(sa.update(RECEIVED).where(RECEIVED.c.id == request_id).values(answered=True))
        return self.request(request_id)

    def cancel(self, known: Known) -> tuple[dict[str, Any], int]:
        """Cancel an appointment as before; what is still asked about it is asked no longer."""
        cancelled = super().cancel(known)
        self._withdraw_about(known.id)
        return cancelled

    def note_received(self, received: Received) -> None:
        """Remember as before; what was asked about another time, or about what is off, is asked no longer (K17)."""
        super().note_received(received)
        if received.is_void:
            self._withdraw_about(received.id)

    def _withdraw_about(self, appointment_id: str) -> None:
        asked = self.connection.execute(OF_APPOINTMENT, {"owner": self.owner, "appointment": appointment_id}).all()
        for request in asked:
            self.settle(request.id, WITHDRAWN)

    def request(self, request_id: str) -> Request | None:
        """A request of this citizen."""
        row = self.connection.execute(ONE, {"owner": self.owner, "id": plausible(request_id)}).one_or_none()
        return None if row is None else _request(row)


def _request(row: Row[Any]) -> Request:
    return Request(**{field.name: getattr(row, field.name) for field in fields(Request)})
