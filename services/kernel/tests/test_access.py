"""Access tokens: what is believed, of whom, and what never is."""

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from prometheus_client import REGISTRY

from helsami_kernel import access
from helsami_kernel.access import Issuer, SystemIssuer, SystemVerifier, Verifier, age_band
from helsami_kernel.errors import Forbidden
from helsami_kernel.testing import MovableClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATEWAY, CONSENTS, SYSTEMS, STRANGER = (OKPKey.generate_key("Ed25519") for _ in range(4))
PUBLIC = {
    "gateway": OKPKey.import_key(GATEWAY.as_pem(private=False)),
    "consents": OKPKey.import_key(CONSENTS.as_pem(private=False)),
}
OWN = {"audience": "results", "actor": "c1", "subject": "c1", "basis": "self", "scopes": ["results:read"]}
GRANT = {"audience": "results", "actor": "c1", "subject": "c2", "basis": "grant", "scopes": ["results:read"]}
SYSTEM = {
    "basis": "system",
    "subject": None,
    "age_band": None,
    "scope": "journal:write",
    "organisation": "st_olavs",
}
CLAIMS = {
    "iss": "gateway",
    "aud": "results",
    "sub": "c1",
    "subject": "c1",
    "scope": "results:read",
    "basis": "self",
    "age_band": "16+",
    "protected": False,
    "consent_version": None,
    "organisation": None,
    "hidden": [],
    "parent": False,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
    "jti": "t1",
}


@pytest.fixture
def clock():
    return MovableClock(NOW)


@pytest.fixture
def gateway(clock):
    return Issuer("gateway", GATEWAY, clock)


@pytest.fixture
def consents(clock):
    return Issuer("consents", CONSENTS, clock)


@pytest.fixture
def verifier(clock):
    return Verifier(PUBLIC, service="results", clock=clock)


def forge(key=GATEWAY, header=(), payload=None, **claims):
    """Sign whatever is asked for, as somebody who holds the key could."""
    whole = {"alg": "Ed25519", "kid": key.thumbprint(), "typ": "helsami-access+jwt", **dict(header)}
    content = payload if payload is not None else json.dumps({**CLAIMS, **claims})
    return jws.serialize_compact(whole, content, key, registry=JWSRegistry(algorithms=["Ed25519"]))


def unsigned(header, signer):
    """Put a token together by hand, with a signature of the caller's own making."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, CLAIMS)]
    signature = base64.urlsafe_b64encode(signer(b".".join(parts))).rstrip(b"=")
    return b".".join([*parts, signature]).decode()


def refused(reason):
    return REGISTRY.get_sample_value("helsami_tokens_refused_total", {"service": "results", "reason": reason}) or 0


def expect_refusal(verifier, text, reason, audience="results"):
    before = refused(reason)
    with pytest.raises(Forbidden, match=r"^not-permitted$") as forbidden:
        verifier.verify(text, audience)
    assert forbidden.value.problems == ()
    assert forbidden.value.__cause__ is None
    assert refused(reason) == before + 1, "it was refused for another reason"


def test_a_citizens_own_token_says_what_was_signed(gateway, verifier):
    token = verifier.verify(gateway.issue(**OWN, age_band="12-15", protected=True), "results")

    assert (token.issuer, token.actor, token.subject, token.basis) == ("gateway", "c1", "c1", "self")
    assert (token.age_band, token.protected, token.consent_version, token.organisation) == ("12-15", True, None, None)
    assert token.allows("results:read")
    assert not token.allows("appointments:act")
    assert (token.issued_at, token.expires_at) == (NOW, NOW + timedelta(seconds=60))
    assert token.idempotency_key is None


def test_consents_speaks_for_those_on_anothers_behalf(consents, verifier):
    token = verifier.verify(consents.issue(**GRANT, consent_version=7), "results")

    assert (token.actor, token.subject, token.consent_version) == ("c1", "c2", 7)


def test_consents_says_that_who_acts_for_another_is_their_parent(consents, verifier):
    said = [verifier.verify(consents.issue(**GRANT, parent=parent), "results").parent for parent in (True, False)]

    assert said == [True, False]


def test_consents_says_what_is_hidden_from_who_acts_for_another(consents, verifier):
    as_many_as_can_be = {str(uuid.uuid4()) for _ in range(access.MOST_HIDDEN)}

    text = consents.issue(**GRANT, hidden=as_many_as_can_be)

    assert verifier.verify(text, "results").hidden == as_many_as_can_be
    assert access.LONGEST_TOKEN - 4096 < len(text) <= access.LONGEST_TOKEN


@pytest.mark.parametrize("scope", ["journal:write", "organisations:manage"])
def test_the_gateway_speaks_for_the_record_system_or_the_staff_of_one_organisation(gateway, verifier, scope):
    text = gateway.issue(audience="results", actor="x", basis="system", scopes=[scope], organisation="st_olavs")

    assert verifier.verify(text, "results").organisation == "st_olavs"


def test_issuers_speak_for_themselves_to_those_who_must_answer_them(gateway, consents, verifier):
    identify = gateway.issue(audience="directory", actor="gateway", basis="service", scopes=["directory:identify"])
    facts = consents.issue(audience="directory", actor="consents", basis="service", scopes=["directory:facts"])

    assert verifier.verify(identify, "directory").subject is None
    assert verifier.verify(facts, "directory").issuer == "consents"


def test_an_issuers_own_question_is_signed_once_as_long_as_it_would_be_believed(consents, verifier, clock):
    first = consents.own("directory", "directory:facts")
    clock.move(access.REUSED_FOR - timedelta(seconds=1))
    again = consents.own("directory", "directory:facts")
    clock.move(timedelta(seconds=1))
    later = consents.own("directory", "directory:facts")
    clock.move(-timedelta(minutes=1))
    set_back = consents.own("directory", "directory:facts")

    assert first == again
    assert len({first, later, set_back}) == 3
    token = verifier.verify(set_back, "directory")
    assert (token.actor, token.subject, token.basis, token.scopes) == ("consents", None, "service", {"directory:facts"})


def test_a_view_is_an_audience_of_its_own(gateway, verifier):
    text = gateway.issue(**OWN | {"audience": "view:home"})

    assert verifier.verify(text, "view:home").audience == "view:home"
    expect_refusal(verifier, text, "audience", "results")


def test_a_token_replayed_at_another_service_is_refused_also_after_it_was_verified(gateway, verifier):
    text = gateway.issue(**OWN)

    expect_refusal(verifier, text, "audience", "medications")
    assert verifier.verify(text, "results")
    expect_refusal(verifier, text, "audience", "medications")


@pytest.mark.parametrize("audience", ["", "result", "results ", "RESULTS", "view:results"])
def test_an_audience_is_exact(gateway, verifier, audience):
    expect_refusal(verifier, gateway.issue(**OWN), "audience", audience)


def test_a_token_lives_a_minute_also_when_it_was_verified_before(gateway, verifier, clock):
    text = gateway.issue(**OWN)
    assert verifier.verify(text, "results")

    clock.move(timedelta(seconds=59))
    assert verifier.verify(text, "results")
    clock.move(timedelta(seconds=1))
    expect_refusal(verifier, text, "expired")
    expect_refusal(Verifier(PUBLIC, service="results", clock=clock), text, "expired")


def test_a_token_that_would_live_longer_than_a_minute_is_refused(verifier):
    expect_refusal(verifier, forge(exp=CLAIMS["iat"] + 61), "life")
    expect_refusal(verifier, forge(exp=CLAIMS["iat"]), "life")
    expect_refusal(verifier, forge(exp=CLAIMS["iat"] - 5), "life")


def test_an_issuer_will_not_sign_for_longer_than_a_minute(gateway):
    for life in (timedelta(seconds=61), timedelta(0)):
        with pytest.raises(ValueError, match="may not issue"):
            gateway.issue(**OWN, life=life)


def test_a_clock_that_is_half_a_minute_ahead_is_forgiven_and_no_more(verifier):
    then = CLAIMS["iat"] + 30

    assert verifier.verify(forge(iat=then, exp=then + 60), "results")
    expect_refusal(verifier, forge(iat=then + 1, exp=then + 61), "future")


def test_a_changed_claim_breaks_the_signature(gateway, verifier):
    head, body, signature = gateway.issue(**OWN).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = (
        base64.urlsafe_b64encode(json.dumps(claims | {"subject": "c2", "sub": "c2"}).encode()).rstrip(b"=").decode()
    )

    expect_refusal(verifier, f"{head}.{forged}.{signature}", "signature")


def test_a_signature_of_another_token_is_no_signature(gateway, verifier):
    one, other = gateway.issue(**OWN).split("."), gateway.issue(**OWN).split(".")

    expect_refusal(verifier, ".".join([*one[:2], other[2]]), "signature")
    expect_refusal(verifier, ".".join([*one[:2], ""]), "signature")


def test_alg_none_is_refused(verifier):
    header = {"alg": "none", "kid": GATEWAY.thumbprint(), "typ": "helsami-access+jwt"}

    expect_refusal(verifier, unsigned(header, lambda _: b""), "algorithm")


@pytest.mark.parametrize(
    "secret",
    [PUBLIC["gateway"].as_pem(private=False), PUBLIC["gateway"].raw_value.public_bytes_raw()],
    ids=["written", "raw"],  # every process of a shared run finds the same names
)
def test_hs256_with_the_public_key_as_secret_is_refused(verifier, secret):
    header = {"alg": "HS256", "kid": GATEWAY.thumbprint(), "typ": "helsami-access+jwt"}

    expect_refusal(verifier, unsigned(header, lambda text: hmac.digest(secret, text, hashlib.sha256)), "algorithm")


def test_a_stranger_is_not_believed_under_any_name(verifier):
    expect_refusal(verifier, forge(STRANGER), "key")
    expect_refusal(verifier, forge(STRANGER, {"kid": GATEWAY.thumbprint()}), "signature")
    expect_refusal(verifier, forge(STRANGER, {"kid": "../gateway.pub"}), "key")


def test_a_key_that_comes_with_the_token_is_not_used(verifier):
    expect_refusal(verifier, forge(STRANGER, {"jwk": STRANGER.as_dict(private=False)}), "form")


def test_one_issuer_cannot_speak_in_anothers_name(verifier):
    expect_refusal(verifier, forge(GATEWAY, iss="consents"), "issuer")
    expect_refusal(verifier, forge(CONSENTS, iss="gateway"), "issuer")


@pytest.mark.parametrize("basis", ["grant", "parental", "capacity"])
def test_only_consents_can_say_that_somebody_acts_for_another(gateway, consents, verifier, basis):
    expect_refusal(verifier, forge(subject="c2", basis=basis, consent_version=1), "rights")
    with pytest.raises(ValueError, match="gateway may not issue"):
        gateway.issue(**GRANT | {"basis": basis})

    token = verifier.verify(consents.issue(**GRANT | {"basis": basis}), "results")

    assert token.on_behalf
    assert (token.actor, token.subject, token.basis) == ("c1", "c2", basis)


def test_the_gateway_cannot_say_that_one_citizen_is_another(verifier):
    expect_refusal(verifier, forge(subject="c2"), "rights")
    expect_refusal(verifier, forge(subject=None), "rights")


@pytest.mark.parametrize("basis", ["system", "service"])
def test_a_token_for_no_citizen_gives_no_citizens_scopes(verifier, basis):
    organisation = "st_olavs" if basis == "system" else None

    expect_refusal(verifier, forge(basis=basis, subject=None, age_band=None, organisation=organisation), "rights")


@pytest.mark.parametrize(
    "claims",
    [
        {"basis": "self", "scope": "journal:write"},
        {"basis": "self", "scope": "results:read directory:identify"},
        {"basis": "self", "scope": ""},
        {"basis": "self", "organisation": "st_olavs"},
        {"basis": "self", "hidden": ["i1"]},
        {"basis": "self", "parent": True},
        {**SYSTEM, "hidden": ["i1"]},
        {**SYSTEM, "parent": True},
        {"basis": "service", "subject": None, "age_band": None, "scope": "directory:identify", "hidden": ["i1"]},
        {"basis": "system", "subject": None, "age_band": None, "scope": "journal:write"},
        {"basis": "system", "subject": "c1", "age_band": None, "scope": "journal:write", "organisation": "st_olavs"},
        {
            "basis": "system",
            "subject": None,
            "age_band": None,
            "scope": "journal:write directory:identify",
            "organisation": "st_olavs",
        },
        {
            "basis": "system",
            "subject": None,
            "age_band": None,
            "scope": "journal:write organisations:manage",
            "organisation": "st_olavs",
        },
        {"basis": "system", "subject": None, "age_band": None, "scope": "organisations:manage"},
        {"basis": "service", "subject": None, "age_band": None, "scope": "organisations:manage"},
        {"basis": "service", "subject": None, "age_band": None, "scope": "directory:facts"},
        {"basis": "service", "subject": "c1", "age_band": None, "scope": "directory:identify"},
        {"basis": "service", "subject": None, "age_band": None, "scope": "directory:identify", "organisation": "x"},
    ],
)
def test_the_gateway_cannot_say_more_than_its_rights(verifier, claims):
    expect_refusal(verifier, forge(**claims), "rights")


@pytest.mark.parametrize(
    "claims",
    [
        {"basis": "self", "subject": "c2"},
        {"basis": "grant"},
        {"basis": "self", "hidden": ["i1"]},
        {"basis": "grant", "subject": "c2", "hidden": sorted(f"i{number}" for number in range(access.MOST_HIDDEN + 1))},
        {"basis": "grant", "subject": "c2", "scope": "journal:write"},
        {"basis": "grant", "subject": "c2", "organisation": "st_olavs"},
        {"basis": "system", "subject": None, "age_band": None, "scope": "journal:write", "organisation": "st_olavs"},
        {
            "basis": "system",
            "subject": None,
            "age_band": None,
            "scope": "organisations:manage",
            "organisation": "region",
        },
        {"basis": "service", "subject": None, "age_band": None, "scope": "directory:identify"},
    ],
)
def test_consents_cannot_say_more_than_its_rights(verifier, claims):
    expect_refusal(verifier, forge(CONSENTS, iss="consents", **claims), "rights")


def test_an_issuer_will_not_sign_what_nobody_would_believe(gateway):
    with pytest.raises(ValueError, match="gateway may not issue"):
        gateway.issue(**GRANT)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": ""},
        {"sub": 7},
        {"sub": "c" * 201},
        {"aud": ["results", "medications"]},
        {"scope": ["results:read"]},
        {"basis": "neighbour"},
        {"basis": ["self"]},
        {"age_band": "17"},
        {"protected": 0},
        {"protected": None},
        {"consent_version": True},
        {"consent_version": "7"},
        {"iat": True},
        {"exp": float(CLAIMS["exp"])},
        {"exp": 10**18},
        {"exp": None},
        {"admin": True},
        {"parent": None},
        {"parent": "yes"},
        {"hidden": None},
        {"hidden": "i1"},
        {"hidden": {"i1": 1}},
        {"hidden": [7]},
        {"hidden": [""]},
        {"hidden": ["i" * 37]},
        {"hidden": ["i2", "i1"]},
        {"hidden": ["i1", "i1"]},
    ],
)
def test_a_claim_of_another_form_is_refused(verifier, claims):
    expect_refusal(verifier, forge(**claims), "claims")


@pytest.mark.parametrize("missing", sorted(CLAIMS))
def test_a_missing_claim_is_refused(verifier, missing):
    payload = json.dumps({name: claim for name, claim in CLAIMS.items() if name != missing})

    expect_refusal(verifier, forge(payload=payload), "claims")


@pytest.mark.parametrize(
    "text", [None, b"", 7, "", ".", "..", "a.b.c", "é.é.é", "x" * 20_000, "eyJ9.e30.", "bnVsbA.e30.AA", "W10.e30.AA"]
)
def test_what_is_no_token_is_refused(verifier, text):
    expect_refusal(verifier, text, "form")


@pytest.mark.parametrize("payload", ["[]", "7", "null", "{", "\udcff".encode("utf-8", "surrogatepass")])
def test_a_signed_payload_that_is_no_object_is_refused(verifier, payload):
    expect_refusal(verifier, forge(payload=payload), "form")


def test_a_system_login_is_no_access_token_and_the_other_way_round(gateway, verifier, clock):
    login = SystemIssuer(SYSTEMS, clock).issue("st_olavs", timedelta(days=90))
    either = Verifier({**PUBLIC, "systems": SYSTEMS}, service="results", clock=clock)

    expect_refusal(verifier, login, "form")
    expect_refusal(either, login, "form")
    expect_refusal(either, forge(SYSTEMS, iss="systems"), "rights")
    with pytest.raises(Forbidden):
        SystemVerifier(GATEWAY, clock).verify(gateway.issue(**OWN))


def test_a_system_login_names_its_organisation_until_it_expires(clock):
    issuer, verifier = SystemIssuer(SYSTEMS, clock), SystemVerifier(SYSTEMS, clock)
    login = issuer.issue("st_olavs", timedelta(days=90))

    assert verifier.verify(login).organisation == "st_olavs"
    clock.move(timedelta(days=90))
    with pytest.raises(Forbidden, match=r"^not-permitted$"):
        verifier.verify(login)


def test_a_system_login_signed_by_another_key_is_refused(clock):
    login = SystemIssuer(STRANGER, clock).issue("st_olavs", timedelta(days=90))

    with pytest.raises(Forbidden):
        SystemVerifier(SYSTEMS, clock).verify(login)


def test_only_a_bounded_number_of_tokens_is_remembered(gateway, verifier, monkeypatch):
    monkeypatch.setattr(access, "MOST_REMEMBERED", 3)
    texts = [gateway.issue(**OWN) for _ in range(5)]
    for text in texts:
        verifier.verify(text, "results")

    assert list(verifier._remembered) == texts[-3:]
    assert verifier.verify(texts[0], "results")


def test_a_token_that_says_what_is_hidden_is_believed_again_and_again_and_not_remembered(consents, verifier):
    text = consents.issue(**GRANT, hidden={"i1"})

    assert verifier.verify(text, "results").hidden == verifier.verify(text, "results").hidden == {"i1"}
    assert not verifier._remembered


def test_a_token_that_was_refused_is_not_remembered(verifier):
    expect_refusal(verifier, forge(subject="c2"), "rights")

    assert not verifier._remembered


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("born", "moment", "band"),
    [
        # Midnight in Oslo is 22:00 UTC the day before in summer, 23:00 in winter.
        ("2010-06-15", "2026-06-14T21:59:59+00:00", "12-15"),
        ("2010-06-15", "2026-06-14T22:00:00+00:00", "16+"),
        ("2010-01-15", "2026-01-14T22:59:59+00:00", "12-15"),
        ("2010-01-15", "2026-01-14T23:00:00+00:00", "16+"),
        ("2014-06-15", "2026-06-14T21:59:59+00:00", "0-11"),
        ("2014-06-15", "2026-06-14T22:00:00+00:00", "12-15"),
        ("2010-01-01", "2025-12-31T23:00:00+00:00", "16+"),
        ("2010-12-31", "2026-12-30T12:00:00+00:00", "12-15"),
        ("2008-02-29", "2024-02-28T12:00:00+00:00", "12-15"),
        ("2008-02-29", "2024-02-29T12:00:00+00:00", "16+"),
        ("2084-02-29", "2100-02-28T12:00:00+00:00", "12-15"),
        ("2084-02-29", "2100-03-01T12:00:00+00:00", "16+"),
        ("2026-03-01", "2026-03-01T12:00:00+00:00", "0-11"),
        ("1926-03-01", "2026-03-01T12:00:00+00:00", "16+"),
    ],
)
def test_a_year_is_full_at_midnight_in_oslo_on_the_birthday(born, moment, band):
    assert age_band(date.fromisoformat(born), at(moment)) == band
