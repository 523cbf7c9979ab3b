"""Sessions and the tokens made from them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from helsami_gateway.errors import LoginNeeded
from helsami_gateway.session import COOKIE, IDLE, LIFE, RENEW_AFTER, Sessions, Tokens, check_origin
from helsami_kernel.access import CITIZEN_SCOPES, REUSED_FOR, Issuer, SystemToken, Verifier
from helsami_kernel.errors import Forbidden
from helsami_kernel.testing import MovableClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return MovableClock(NOON)


@pytest.fixture
def sessions(clock):
    return Sessions(b"0" * 32, clock)


def request(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(EnvironBuilder(base_url="http://portal.example", headers=named).get_environ())


def cookie_of(sessions, session):
    response = Response()
    sessions.put(response, session)
    return response.headers["Set-Cookie"]


def carrying(cookie):
    return request(Cookie=cookie.partition(";")[0])


def test_a_session_comes_back_from_its_cookie(sessions):
    began = sessions.begin("c1", date(1980, 5, 1), protected=True, name="Modig Fjell")

    assert sessions.of(carrying(cookie_of(sessions, began))) == began


def test_the_cookie_is_bound_to_this_host_and_kept_from_scripts_and_clear_text(sessions):
    cookie = cookie_of(sessions, sessions.begin("opaque-id", date(1980, 5, 1), protected=False, name="Modig Fjell"))

    assert cookie.startswith(f"{COOKIE}=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie
    assert "opaque" not in cookie
    assert "Modig" not in cookie


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=abc", f"{COOKIE}=a.b.c.d.e"])
def test_without_a_whole_cookie_nobody_is_logged_in(sessions, cookie):
    with pytest.raises(LoginNeeded):
        sessions.of(request(Cookie=cookie))


def test_a_cookie_sealed_with_another_key_is_worth_nothing(sessions, clock):
    other = Sessions(b"1" * 32, clock)

    with pytest.raises(LoginNeeded):
        sessions.of(carrying(cookie_of(other, other.begin("c1", date(1980, 5, 1), protected=False))))


def test_a_session_ends_when_nobody_uses_it(sessions, clock):
    cookie = cookie_of(sessions, sessions.begin("c1", date(1980, 5, 1), protected=False))
    clock.move(IDLE - timedelta(seconds=1))
    assert sessions.of(carrying(cookie)).citizen == "c1"

    clock.move(timedelta(seconds=1))

    with pytest.raises(LoginNeeded):
        sessions.of(carrying(cookie))


def test_a_used_session_is_renewed_but_not_beyond_its_life(sessions, clock):
    session = sessions.begin("c1", date(1980, 5, 1), protected=False)
    assert sessions.renewed(session) is None
    while clock() - NOON < LIFE:
        clock.move(RENEW_AFTER)
        session = sessions.renewed(session)

    with pytest.raises(LoginNeeded):
        sessions.of(carrying(cookie_of(sessions, session)))


def test_every_login_has_an_id_of_its_own(sessions):
    one, two = (sessions.begin("c1", date(1980, 5, 1), protected=False) for _ in range(2))

    assert one.id != two.id


@pytest.fixture
def key():
    return OKPKey.generate_key("Ed25519")


def test_a_token_about_oneself_says_age_band_and_protection_and_lives_a_minute(sessions, clock, key):
    session = sessions.begin("c1", date(2012, 3, 2), protected=True)
    verifier = Verifier({"gateway": OKPKey.import_key(key.as_pem(private=False))}, clock=clock)

    token = verifier.verify(Tokens(Issuer("gateway", key, clock), clock).about_self(session, "results"), "results")

    assert (token.actor, token.subject, token.basis, token.age_band, token.protected) == (
        "c1",
        "c1",
        "self",
        "12-15",
        True,
    )
    assert token.scopes == CITIZEN_SCOPES
    assert token.expires_at - token.issued_at <= timedelta(seconds=60)


def test_a_token_is_used_again_for_its_session_and_audience_only_and_not_to_its_end(sessions, clock, key):
    tokens = Tokens(Issuer("gateway", key, clock), clock)
    one, other = (sessions.begin("c1", date(1980, 5, 1), protected=False) for _ in range(2))
    first = tokens.about_self(one, "results")

    assert tokens.about_self(one, "results") == first
    assert tokens.about_self(one, "records") != first
    assert tokens.about_self(other, "results") != first
    clock.move(REUSED_FOR)
    assert tokens.about_self(one, "results") != first


def test_after_a_clock_was_set_back_no_token_of_the_future_is_used_that_nobody_believes(clock, key):
    verifier = Verifier({"gateway": OKPKey.import_key(key.as_pem(private=False))}, clock=clock)
    tokens = Tokens(Issuer("gateway", key, clock), clock)
    tokens.of_system("trondheim", "results")

    clock.move(-timedelta(hours=1))

    assert verifier.verify(tokens.of_system("trondheim", "results"), "results").organisation == "trondheim"


def test_staff_ask_for_their_organisation_under_the_id_of_their_login(clock, key):
    verifier = Verifier({"gateway": OKPKey.import_key(key.as_pem(private=False))}, clock=clock)
    tokens = Tokens(Issuer("gateway", key, clock), clock)
    one, other = (SystemToken("region", NOON, NOON + LIFE, token_id) for token_id in ("a1", "b2"))

    token = verifier.verify(tokens.of_staff(one, "directory"), "directory")

    assert (token.actor, token.basis, token.organisation) == ("region/a1", "system", "region")
    assert (token.subject, token.scopes) == (None, {"organisations:manage"})
    assert tokens.of_staff(other, "directory") != tokens.of_staff(one, "directory")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://portal.example"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "http://portal.example"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://portal.example"},
    ],
)
def test_a_change_asked_for_by_the_portal_itself_is_let_through(headers):
    check_origin(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": "http://portal.example"},
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(headers):
    with pytest.raises(Forbidden, match="another-site"):
        check_origin(request(**headers))
