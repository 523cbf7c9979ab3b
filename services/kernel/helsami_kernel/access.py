"""The access token: who may ask what about whom, signed for a minute, verified by whoever is asked."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NoReturn

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from helsami_kernel import metrics
from helsami_kernel.clock import OSLO, Clock
from helsami_kernel.errors import Forbidden

ALGORITHM: Final = "Ed25519"  # RFC 9864: the name that means this curve and no other
ACCESS_TYPE: Final = "helsami-access+jwt"
SYSTEM_TYPE: Final = "helsami-system+jwt"
LONGEST_LIFE: Final = timedelta(seconds=60)
LEEWAY: Final = timedelta(seconds=30)
REUSED_FOR: Final = timedelta(seconds=40)
"""How long what an issuer has signed is sent again where it would say the same."""

MOST_HIDDEN: Final = 600
"""
How many ids a token can say are hidden (R69): of all that a citizen may shield at once, each with as many other ids as
consents keeps of one item (a booking's: its record system's appointment, and visits).
"""

LONGEST_ID: Final = 36
LONGEST_TOKEN: Final = 4096 + MOST_HIDDEN * (LONGEST_ID + len('"",')) * 4 // 3
"""What all other claims take, and in base64 the ids of as much as can be hidden: 35 296 characters."""

LONGEST_TEXT: Final = 200
MOST_REMEMBERED: Final = 4096

CITIZEN_SCOPES: Final = frozenset(
    {
        "access-log:read",
        "account:act",
        "appointments:act",
        "appointments:read",
        "consents:act",
        "consents:read",
        "directory:read",
        "medications:read",
        "messages:act",
        "messages:read",
        "notices:read",
        "profile:act",
        "profile:read",
        "records:read",
        "results:read",
    }
)
JOURNAL_SCOPES: Final = frozenset({"journal:write"})
STAFF_SCOPES: Final = frozenset({"organisations:manage"})
GATEWAY_SCOPES: Final = frozenset(
    {"access-log:write", "calendar:feed", "consents:decide", "directory:identify", "directory:reader"}
)
CONSENTS_SCOPES: Final = frozenset({"directory:facts"})
CLAIMS: Final = frozenset(
    {
        "iss",
        "aud",
        "sub",
        "subject",
        "scope",
        "basis",
        "age_band",
        "protected",
        "consent_version",
        "organisation",
        "hidden",
        "parent",
        "iat",
        "exp",
        "jti",
    }
)
ON_BEHALF: Final = frozenset({"capacity", "grant", "parental"})
"""On what grounds somebody acts for another: for who lacks capacity, by their grant, as a parent (R91-R102)."""

BASES: Final = frozenset({"self", "system", "service"}) | ON_BEHALF
AGE_BANDS: Final = frozenset({"0-11", "12-15", "16+"})

_REGISTRY: Final = JWSRegistry(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class AccessToken:
    """
    What an issuer vouches for: `actor` asks, about `subject`, on a `basis`, no more than `scopes`.

    Both persons are opaque ids. `hidden` are the ids of the items that do not exist for this actor (R69, K23), and
    `parent` says of who acts on any ground for another that they are or were their parent.
    `idempotency_key` is no claim: it is the one the caller sent beside the token.
    """

    issuer: str
    audience: str
    actor: str
    subject: str | None
    scopes: frozenset[str]
    basis: str
    age_band: str | None
    protected: bool
    consent_version: int | None
    organisation: str | None
    issued_at: datetime
    expires_at: datetime
    token_id: str
    hidden: frozenset[str] = frozenset()
    parent: bool = False
    idempotency_key: str | None = None

    def allows(self, scope: str) -> bool:
        """Say whether the token carries a scope."""
        return scope in self.scopes

    @property
    def on_behalf(self) -> bool:
        """Say whether the actor asks for somebody else."""
        return self.basis in ON_BEHALF


@dataclass(frozen=True, slots=True)
class SystemToken:
    """A record system's login at the gateway: it speaks for one organisation, and nobody else believes it."""

    organisation: str
    issued_at: datetime
    expires_at: datetime
    token_id: str


class Issuer:
    """Signs access tokens with the rights of its name: `gateway` or `consents`."""

    def __init__(self, name: str, key: OKPKey, clock: Callable[[], datetime] | None = None) -> None:
        self.name = name
        self._key = key
        self._kid = key.thumbprint()
        self._clock = clock or Clock()
        self._own: dict[tuple[str, str], tuple[datetime, str]] = {}

    def own(self, audience: str, scope: str) -> str:
        """The issuer's own question to a service, about nobody: signed once for REUSED_FOR."""
        now = self._clock()
        signed_at, token = self._own.get((audience, scope), (None, ""))
        # A clock that was set back makes of it a token of the future, which nobody believes.
        if signed_at is None or not timedelta(0) <= now - signed_at < REUSED_FOR:
            token = self.issue(audience=audience, actor=self.name, scopes=[scope], basis="service")
            self._own[audience, scope] = (now, token)
        return token

    def issue(  # noqa: PLR0913  a token says this much
        self,
        *,
        audience: str,
        actor: str,
        scopes: Iterable[str],
        basis: str,
        subject: str | None = None,
        age_band: str | None = None,
        protected: bool = False,
        consent_version: int | None = None,
        organisation: str | None = None,
        hidden: Iterable[str] = (),
        parent: bool = False,
        life: timedelta = LONGEST_LIFE,
    ) -> str:
        """
        Sign a token for one audience: a service's name, or `view:<view>`.

        Raises `ValueError` for what no verifier would believe from this issuer, or a life above a minute.
        """
        now = self._clock().replace(microsecond=0)
        token = AccessToken(
            issuer=self.name,
            audience=audience,
            actor=actor,
            subject=subject,
            scopes=frozenset(scopes),
            basis=basis,
            age_band=age_band,
            protected=protected,
            consent_version=consent_version,
            organisation=organisation,
            issued_at=now,
            expires_at=now + life,
            token_id=secrets.token_urlsafe(12),
            hidden=frozenset(hidden),
            parent=parent,
        )
        if not may_say(token) or not timedelta(0) < life <= LONGEST_LIFE:
            raise ValueError(f"{self.name} may not issue such a token")
        return _sign(_claims(token), ACCESS_TYPE, self._kid, self._key)


class Verifier:
    """Believes access tokens of known issuers, each within its rights; remembers those it has verified."""

    def __init__(
        self,
        keys: Mapping[str, OKPKey],
        *,
        service: str = "",
        clock: Callable[[], datetime] | None = None,
        leeway: timedelta = LEEWAY,
    ) -> None:
        """Take the public key of each issuer; `leeway` is how far in the future a token may say it was issued."""
        self._keys = {key.thumbprint(): (issuer, key) for issuer, key in keys.items()}
        self._service = service
        self._clock = clock or Clock()
        self._leeway = leeway
        self._remembered: dict[str, AccessToken] = {}

    def verify(self, text: object, audience: str) -> AccessToken:
        """
        Return what a token says to this audience.

        Raises `Forbidden("not-permitted")`, whatever is wrong; a metric counts the reasons.
        """
        try:
            return self._believed(text, audience)
        except _Unfit as unfit:
            _refuse(self._service, unfit)

    def _believed(self, text: object, audience: str) -> AccessToken:
        token = self._known(text) or self._read(text)
        if token.audience != audience:
            raise _Unfit("audience")
        if token.expires_at <= self._clock():
            raise _Unfit("expired")
        return token

    def _known(self, text: object) -> AccessToken | None:
        return self._remembered.get(text) if isinstance(text, str) else None

    def _read(self, text: object) -> AccessToken:
        claims, issuer = _verified(text, ACCESS_TYPE, self._keys)
        token = _token(claims)
        now = self._clock()
        if token.issuer != issuer:
            raise _Unfit("issuer")
        if not timedelta(0) < token.expires_at - token.issued_at <= LONGEST_LIFE:
            raise _Unfit("life")
        if token.issued_at > now + self._leeway:
            raise _Unfit("future")
        if not may_say(token):
            raise _Unfit("rights")
        if not token.hidden:  # one of those is as long as twenty others, and so many of them would be a burden
            self._remember(str(text), token)
        return token

    def _remember(self, text: str, token: AccessToken) -> None:
        """Keep a verified token. All live equally long, so the first one in is the first to be of no use."""
        while len(self._remembered) >= MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[text] = token


class SystemIssuer:
    """Signs the logins of record systems."""

    def __init__(self, key: OKPKey, clock: Callable[[], datetime] | None = None) -> None:
        self._key = key
        self._kid = key.thumbprint()
        self._clock = clock or Clock()

    def issue(self, organisation: str, life: timedelta) -> str:
        """Sign a login that lets one organisation's record system in at the gateway for that long."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": "systems",
            "aud": "gateway",
            "organisation": organisation,
            "iat": now,
            "exp": now + int(life.total_seconds()),
            "jti": secrets.token_urlsafe(12),
        }
        return _sign(claims, SYSTEM_TYPE, self._kid, self._key)


class SystemVerifier:
    """Believes the logins of record systems; only the gateway has one."""

    def __init__(self, key: OKPKey, clock: Callable[[], datetime] | None = None, leeway: timedelta = LEEWAY) -> None:
        self._keys = {key.thumbprint(): ("systems", key)}
        self._clock = clock or Clock()
        self._leeway = leeway

    def verify(self, text: object) -> SystemToken:
        """Return whom a login speaks for, or raise `Forbidden("not-permitted")`."""
        try:
            claims, _ = _verified(text, SYSTEM_TYPE, self._keys)
            return self._believed(claims)
        except _Unfit as unfit:
            _refuse("gateway", unfit)

    def _believed(self, claims: Mapping[str, Any]) -> SystemToken:
        if set(claims) != {"iss", "aud", "organisation", "iat", "exp", "jti"}:
            raise _Unfit("claims")
        token = SystemToken(
            organisation=_text(claims["organisation"]),
            issued_at=_moment(claims["iat"]),
            expires_at=_moment(claims["exp"]),
            token_id=_text(claims["jti"]),
        )
        if (claims["iss"], claims["aud"]) != ("systems", "gateway"):
            raise _Unfit("audience")
        if token.issued_at > self._clock() + self._leeway:
            raise _Unfit("future")
        if token.expires_at <= self._clock():
            raise _Unfit("expired")
        return token


def subject_of(access: AccessToken) -> str:
    """The citizen that a token is about. Raises Forbidden."""
    if access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject


def may_say(token: AccessToken) -> bool:
    """
    Say whether an issuer has the right to such a token (architecture, section 5).

    The gateway alone can only let a citizen reach their own data; whatever is on another's behalf is the word of
    `consents`, and so is what is hidden from them, and that they are a parent. Neither can be made to say more by
    whoever holds the other's key.
    """
    hides = token.on_behalf and len(token.hidden) <= MOST_HIDDEN
    return (hides or not token.hidden) and (token.on_behalf or not token.parent) and _may_speak(token)


def age_band(birth_date: date, now: datetime) -> str:
    """
    Return `0-11`, `12-15` or `16+`: full years at an aware moment, by the calendar in Oslo (K1, R98).

    A year is full at 00:00 on the birthday. Whoever was born on 29 February has it on 1 March when the year has no such
    day, which touches 12 and 16 only around 2100. The birth date is the register's, never read from a national id.
    """
    today = now.astimezone(OSLO).date()
    years = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    if years < 12:  # noqa: PLR2004  the ages of the law
        return "0-11"
    return "12-15" if years < 16 else "16+"  # noqa: PLR2004


def _may_speak(token: AccessToken) -> bool:
    match token.issuer, token.basis:
        case "gateway" | "consents", "self":
            return _about_a_citizen(token) and token.actor == token.subject
        case "consents", basis if basis in ON_BEHALF:
            return _about_a_citizen(token) and token.actor != token.subject
        case "gateway", "system":
            # A record system delivers, staff decide: no token does both.
            spoken = any(_about_nobody(token, scopes) for scopes in (JOURNAL_SCOPES, STAFF_SCOPES))
            return spoken and token.organisation is not None
        case "gateway", "service":
            return _about_nobody(token, GATEWAY_SCOPES) and token.organisation is None
        case "consents", "service":
            return _about_nobody(token, CONSENTS_SCOPES) and token.organisation is None
    return False


class _Unfit(Exception):
    """A token that is not believed, and why: for the metric only."""


def _refuse(service: str, unfit: _Unfit) -> NoReturn:
    metrics.TOKENS_REFUSED.labels(service, unfit.args[0]).inc()
    raise Forbidden("not-permitted") from None


def _about_a_citizen(token: AccessToken) -> bool:
    return token.subject is not None and token.organisation is None and frozenset() < token.scopes <= CITIZEN_SCOPES


def _about_nobody(token: AccessToken, scopes: frozenset[str]) -> bool:
    person = (token.subject, token.age_band, token.consent_version)
    return person == (None, None, None) and not token.protected and frozenset() < token.scopes <= scopes


def _sign(claims: Mapping[str, Any], kind: str, kid: str, key: OKPKey) -> str:
    header = {"alg": ALGORITHM, "kid": kid, "typ": kind}
    return jws.serialize_compact(header, orjson.dumps(claims), key, registry=_REGISTRY)


def _verified(text: object, kind: str, keys: Mapping[str, tuple[str, OKPKey]]) -> tuple[dict[str, Any], str]:
    """Return the claims of a signed text, and the issuer whose key had signed it."""
    if not isinstance(text, str) or len(text) > LONGEST_TOKEN:
        raise _Unfit("form")
    try:
        signed = jws.extract_compact(text.encode("ascii"))
        header = signed.headers()
        # Our own header has these three and no other: no embedded key, no key address, no critical extension.
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != kind:
            raise _Unfit("form")
        if header["alg"] != ALGORITHM:
            raise _Unfit("algorithm")
        if not isinstance(header["kid"], str) or header["kid"] not in keys:
            raise _Unfit("key")
        issuer, key = keys[header["kid"]]
        if not jws.validate_compact(signed, key, registry=_REGISTRY):
            raise _Unfit("signature")
        claims = orjson.loads(signed.payload)
    except (JoseError, ValueError, TypeError) as error:
        raise _Unfit("form") from error
    if not isinstance(claims, dict):
        raise _Unfit("form")
    return claims, issuer


def _claims(token: AccessToken) -> dict[str, Any]:
    return {
        "iss": token.issuer,
        "aud": token.audience,
        "sub": token.actor,
        "subject": token.subject,
        "scope": " ".join(sorted(token.scopes)),
        "basis": token.basis,
        "age_band": token.age_band,
        "protected": token.protected,
        "consent_version": token.consent_version,
        "organisation": token.organisation,
        "hidden": sorted(token.hidden),
        "parent": token.parent,
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        "jti": token.token_id,
    }


def _token(claims: Mapping[str, Any]) -> AccessToken:
    if set(claims) != CLAIMS:
        raise _Unfit("claims")
    return AccessToken(
        issuer=_text(claims["iss"]),
        audience=_text(claims["aud"]),
        actor=_text(claims["sub"]),
        subject=_text_or_none(claims["subject"]),
        scopes=frozenset(_scopes(claims["scope"])),
        basis=_one_of(claims["basis"], BASES),
        age_band=None if claims["age_band"] is None else _one_of(claims["age_band"], AGE_BANDS),
        protected=_flag(claims["protected"]),
        consent_version=_number_or_none(claims["consent_version"]),
        organisation=_text_or_none(claims["organisation"]),
        issued_at=_moment(claims["iat"]),
        expires_at=_moment(claims["exp"]),
        token_id=_text(claims["jti"]),
        hidden=_ids(claims["hidden"]),
        parent=_flag(claims["parent"]),
    )


def _text(claim: object) -> str:
    if not isinstance(claim, str) or not 0 < len(claim) <= LONGEST_TEXT:
        raise _Unfit("claims")
    return claim


def _text_or_none(claim: object) -> str | None:
    return None if claim is None else _text(claim)


def _one_of(claim: object, known: frozenset[str]) -> str:
    if not isinstance(claim, str) or claim not in known:
        raise _Unfit("claims")
    return claim


def _flag(claim: object) -> bool:
    if not isinstance(claim, bool):
        raise _Unfit("claims")
    return claim


def _number_or_none(claim: object) -> int | None:
    if claim is not None and type(claim) is not int:  # a bool is an int, and no version
        raise _Unfit("claims")
    return claim


def _moment(claim: object) -> datetime:
    if type(claim) is not int or not 0 < claim < 1 << 36:
        raise _Unfit("claims")
    return datetime.fromtimestamp(claim, UTC)


def _scopes(claim: object) -> list[str]:
    if not isinstance(claim, str):
        raise _Unfit("claims")
    return claim.split(" ")


def _ids(claim: object) -> frozenset[str]:
    if not isinstance(claim, list) or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_ID for one in claim):
        raise _Unfit("claims")
    if claim != sorted(set(claim)):
        raise _Unfit("claims")
    return frozenset(claim)
