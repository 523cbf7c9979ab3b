"""What the tests of video share: an appointment that may be held by video, staff, and what was told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from helsami_kernel.database import OUTBOX
from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

HOURS = 24
SECRET = "kanarifuglens-hemmelighet-0000000000"


@pytest.fixture(scope="session")
def let_in() -> Callable[..., dict[str, Any]]:
    """
    Verify a link as Prosody's `token_verification` does, and return the token's claims; PermissionError for no.

    HS256 alone with the shared secret; issuer and audience the accepted ones; nbf and exp by its clock; `sub` its own
    domain; the room in the token the room in the address.
    """

    def verify(url: str, now: datetime, secret: str = SECRET) -> dict[str, Any]:
        address = urlsplit(url)
        (token,) = parse_qs(address.query)["jwt"]
        try:
            claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
        except (JoseError, ValueError) as error:
            raise PermissionError("signature") from error
        if claims["iss"] != "helsami" or claims["aud"] != "jitsi":
            raise PermissionError("issuer or audience")
        if not claims["nbf"] <= now.timestamp() < claims["exp"]:
            raise PermissionError("time")
        if claims["sub"] != "meet.example.org" or claims["room"] != address.path.strip("/"):
            raise PermissionError("room")
        return claims

    return verify


@dataclass(frozen=True)
class Door:
    """The door of a room: time goes by before it, citizens and staff knock, and Prosody looks at their tokens."""

    appointments: Any
    clock: Any
    citizen: Callable[..., Any]
    staff: Callable[..., Any]
    verify: Callable[..., dict[str, Any]]
    starts_at: datetime

    def at(self, minutes=0):
        """Go to a moment relative to when the appointment begins."""
        self.clock.move_to(self.starts_at + timedelta(minutes=minutes))

    def answer(self, appointment, subject="c1"):
        """What a citizen is answered who wants to come in."""
        return self.appointments.join_video({"appointment": appointment}, self.citizen(subject))

    def of_staff(self, appointment, subject="c1"):
        """What staff are answered who want to come in to a citizen."""
        named = {"citizen": subject, "appointment": appointment}
        return self.appointments.join_video_for_staff(named, self.staff())

    def of_room(self, room):
        """What staff are answered who want to come into a room of their organisation."""
        return self.appointments.join_room({"room": room}, self.staff())

    def inside(self, answer):
        """As what guest, and in which room, one is inside with such an answer."""
        claims = self.verify(answer["link"], self.clock())
        return {**claims["context"]["user"], "room": claims["room"]}


@pytest.fixture
def door(appointments, clock, citizen, staff, let_in):
    return Door(appointments, clock, citizen, staff, let_in, clock() + timedelta(hours=HOURS))


@pytest.fixture
def rule():
    """How an appointment may be held by video, as the organisations of a service decide; the rest is direct."""

    def set_rule(service, video):
        def decide(question):
            return video if question.action == "video" else BookingDecision.direct()

        service.rules = organisations_of(
            rules_of(decide_booking=decide), rules_of(manifest=manifest_of("oya_legesenter"), decide_booking=decide)
        )

    return set_rule


@pytest.fixture
def booked(appointments, citizen, journal):
    """An appointment in person, a day from now."""
    journal.schedule()
    return appointments.book({"slot": journal.slot("t1", hours=HOURS)}, citizen())["id"]


@pytest.fixture
def by_video(appointments, citizen, booked):
    """The same, ordered by video."""
    appointments.order_video({"appointment": booked}, citizen())
    return booked


@pytest.fixture
def staff():
    def token(organisation="trondheim", **claims):
        return system_token(organisation, scopes=frozenset({"organisations:manage"}), **claims)

    return token


@pytest.fixture
def shown(appointments, citizen):
    return lambda appointment, subject="c1": appointments.show({"appointment": appointment}, citizen(subject))


@pytest.fixture
def told(store):
    """Type, subject, sequence and data of each event, but for new appointments."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence)).all()
        of_video = [row for row in rows if row.type not in {"slot_booked", "appointment_scheduled"}]
        return [(row.type, row.subject, row.sequence, orjson.loads(row.data)) for row in of_video]

    return events
