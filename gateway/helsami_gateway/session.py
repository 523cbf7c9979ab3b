"""Who is logged in: a sealed cookie that the gateway alone can read, and the tokens made from it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from werkzeug.wrappers import Request, Response

from helsami_gateway.errors import LoginNeeded
from helsami_kernel.access import CITIZEN_SCOPES, REUSED_FOR, Issuer, SystemToken, age_band
from helsami_kernel.clock import Clock
from helsami_kernel.errors import Forbidden
from helsami_kernel.keys import KeyFolder

COOKIE: Final = "__Host-helsami"
LIFE: Final = timedelta(hours=8)
IDLE: Final = timedelta(minutes=30)
RENEW_AFTER: Final = timedelta(minutes=5)
REMEMBERED: Final = 4096
SEALED: Final = {"alg": "dir", "enc": "A256GCM"}
SAFE_SITES: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Session:
    """A login: the citizen's opaque id and name, and the register facts that tokens need; times are aware."""

    citizen: str
    birth_date: date
    protected: bool
    began: datetime
    seen: datetime
    id: str
    name: str | None = None
    language: str | None = None

    def ended(self, now: datetime) -> bool:
        """Too old, or idle for too long."""
        return now - self.began >= LIFE or now - self.seen >= IDLE


class Sessions:
    """Seals sessions into cookies and reads them back; remembers those it has read."""

    def __init__(self, secret: bytes, clock: Callable[[], datetime] | None = None) -> None:
        self._key = OctKey.import_key(secret)
        self._clock = clock or Clock()
        self._read: dict[str, Session] = {}

    def begin(
        self,
        citizen: str,
        birth_date: date,
        *,
        protected: bool,
        name: str | None = None,
        language: str | None = None,
    ) -> Session:
        """A new session, with an id of its own (no fixation: nothing of an earlier cookie lives on)."""
        now = self._clock()
        return Session(citizen, birth_date, protected, now, now, secrets.token_urlsafe(16), name, language)

    def put(self, response: Response, session: Session) -> None:
        """Set the cookie."""
        claims = {
            "citizen": session.citizen,
            "birth_date": session.birth_date.isoformat(),
            "protected": session.protected,
            "began": session.began.isoformat(),
            "seen": session.seen.isoformat(),
            "id": session.id,
            "name": session.name,
            "language": session.language,
        }
        sealed = jwe.encrypt_compact(SEALED, orjson.dumps(claims), self._key)
        response.set_cookie(COOKIE, sealed, path="/", secure=True, httponly=True, samesite="Lax")

    def end(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")

    def of(self, request: Request) -> Session:
        """The session of a request; raises LoginNeeded without one that is whole and young enough."""
        sealed = request.cookies.get(COOKIE, "")
        session = self._read.get(sealed) or self._unsealed(sealed)
        if session.ended(self._clock()):
            self._read.pop(sealed, None)
            raise LoginNeeded("login-needed")
        return session

    def renewed(self, session: Session) -> Session | None:
        """The session as seen now, when the cookie should be set anew."""
        now = self._clock()
        if now - session.seen < RENEW_AFTER:
            return None
        return replace(session, seen=now)

    def _unsealed(self, sealed: str) -> Session:
        try:
            claims = orjson.loads(jwe.decrypt_compact(sealed, self._key).plaintext or b"")
        except (JoseError, ValueError, TypeError):
            raise LoginNeeded("login-needed") from None
        session = Session(
            claims["citizen"],
            date.fromisoformat(claims["birth_date"]),
            claims["protected"],
            datetime.fromisoformat(claims["began"]),
            datetime.fromisoformat(claims["seen"]),
            claims["id"],
            claims["name"],
            claims.get("language"),
        )
        while len(self._read) >= REMEMBERED:
            del self._read[next(iter(self._read))]
        self._read[sealed] = session
        return session


class Tokens:
    """The tokens that the gateway may issue: of a citizen about themselves, its own, a record system's and staff's."""

    def __init__(self, issuer: Issuer, clock: Callable[[], datetime] | None = None) -> None:
        self._issuer = issuer
        self._clock = clock or Clock()
        self._issued: dict[tuple[str, str], tuple[datetime, str]] = {}

    def about_self(self, session: Session, audience: str) -> str:
        """A citizen's token about themselves, used again for REUSED_FOR."""
        return self._reused((session.id, audience), lambda: self._of_citizen(session, audience))

    def own(self, audience: str, scope: str) -> str:
        """The gateway's own question to a service."""
        return self._issuer.own(audience, scope)

    def of_system(self, organisation: str, audience: str) -> str:
        """A record system's delivery, on behalf of one organisation."""
        return self._reused(
            (f"organisation {organisation}", audience),
            lambda: self._issuer.issue(
                audience=audience,
                actor=organisation,
                scopes=["journal:write"],
                basis="system",
                organisation=organisation,
            ),
        )

    def of_staff(self, login: SystemToken, audience: str) -> str:
        """What staff of an organisation ask; the id of their login stands behind what they change."""
        return self._reused(
            (f"staff {login.token_id}", audience),
            lambda: self._issuer.issue(
                audience=audience,
                actor=f"{login.organisation}/{login.token_id}",
                scopes=["organisations:manage"],
                basis="system",
                organisation=login.organisation,
            ),
        )

    def _of_citizen(self, session: Session, audience: str) -> str:
        return self._issuer.issue(
            audience=audience,
            actor=session.citizen,
            subject=session.citizen,
            scopes=CITIZEN_SCOPES,
            basis="self",
            age_band=age_band(session.birth_date, self._clock()),
            protected=session.protected,
        )

    def _reused(self, key: tuple[str, str], issue: Callable[[], str]) -> str:
        now = self._clock()
        issued_at, token = self._issued.get(key, (None, ""))
        # A clock that was set back makes of it a token of the future, which nobody believes.
        if issued_at is None or not timedelta(0) <= now - issued_at < REUSED_FOR:
            while len(self._issued) >= REMEMBERED:
                del self._issued[next(iter(self._issued))]
            token = issue()
            self._issued[key] = (now, token)
        return token


def check_origin(request: Request) -> None:
    """Refuse a change that another site's page asks for in the citizen's name (CSRF): Forbidden("another-site")."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    # By host and port alone: what ends TLS in front of us makes our own scheme another than the browser's.
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign or (site is not None and site not in SAFE_SITES):
        raise Forbidden("another-site")


def sessions(keys: KeyFolder) -> Sessions:
    """The sessions of a key folder."""
    return Sessions(keys.secret("session"))


def tokens(keys: KeyFolder) -> Tokens:
    """The tokens of a key folder."""
    return Tokens(Issuer("gateway", keys.signing("gateway")))
