"""A session that is over before its time, on both databases."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from helsami_gateway.accounts import AccountRoutes
from helsami_gateway.errors import LoginNeeded
from helsami_gateway.session import LIFE, Sessions
from helsami_gateway.storage import BundleReads, BundleWrites
from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed
from helsami_kernel.testing import MovableClock, open_store, service

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return MovableClock(NOON)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock):
    opened = open_store("gateway", migrated("gateway", request.param), BundleReads, BundleWrites, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def door(store, clock):
    return service(AccountRoutes, store=store, sessions=Sessions(b"0" * 32, clock))


@pytest.fixture
def begin(door):
    """Log in: what carries the new session's cookie."""

    def enter(citizen="c1"):
        response = Response()
        door.sessions.put(response, door.sessions.begin(citizen, date(1980, 5, 1), protected=False))
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        return lambda: Request(EnvironBuilder(method="POST", headers={"Cookie": cookie}).get_environ())

    return enter


def is_in(door, request):
    try:
        return bool(door._who(request()))
    except LoginNeeded:
        return False


def test_no_route_believes_a_cookie_without_asking_whether_its_session_was_ended():
    sources = (Path(__file__).parents[1] / "helsami_gateway").rglob("*.py")

    # The one that asks, the one that ends it, and the one that lets a body be read, behind which a route asks.
    believing = {path.name for path in sources if "sessions.of(" in path.read_text()}
    assert believing == {"citizens.py", "accounts.py", "admission.py"}


def test_logging_out_ends_that_session_wherever_its_cookie_lies_and_no_other(door, begin):
    here, elsewhere, another = begin(), begin(), begin("c2")

    assert door.log_out(here()).status_code == 204

    assert [is_in(door, each) for each in (here, elsewhere, another)] == [False, True, True]


def test_a_session_that_is_renewed_ends_with_the_one_it_was(door, begin, clock):
    first = begin()
    clock.move(timedelta(minutes=10))
    response = Response()
    door.sessions.put(response, door.sessions.renewed(door._who(first())))
    door.log_out(first())

    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert not is_in(door, lambda: Request(EnvironBuilder(headers={"Cookie": cookie}).get_environ()))


def test_logging_out_twice_or_without_a_session_is_logged_out(door, begin):
    here = begin()
    door.log_out(here())

    assert door.log_out(here()).status_code == 204
    assert door.log_out(Request(EnvironBuilder(method="POST").get_environ())).status_code == 204


@pytest.mark.parametrize(
    "handler", ["end_with_account", "end_with_death", "end_with_protection", "end_with_birth_date"]
)
def test_what_ends_all_sessions_ends_those_that_had_begun_and_none_that_begins_later(door, begin, clock, handler):
    before, another = begin(), begin("c2")
    clock.move(timedelta(seconds=1))

    getattr(door, handler)(Event(type="e", subject="c1", data={}, time=clock()))
    clock.move(timedelta(seconds=1))

    assert [is_in(door, each) for each in (before, begin(), another)] == [False, True, True]


def test_an_old_word_does_not_bring_back_what_a_later_one_has_ended(door, begin, clock):
    later = clock() + timedelta(minutes=1)
    clock.move(timedelta(seconds=30))
    session = begin()
    for moment in (later, NOON):
        door.end_with_account(Event(type="e", subject="c1", data={}, time=moment))

    assert not is_in(door, session)


def test_an_event_about_nobody_is_malformed(door):
    with pytest.raises(Malformed):
        door.end_with_death(Event(type="e", subject=None, data={}))


def test_what_would_be_over_by_now_is_forgotten(door, begin, clock, store):
    door.log_out(begin()())
    clock.move(LIFE + timedelta(seconds=1))
    door.log_out(begin()())

    with store.transaction("c1") as tx:
        assert tx.connection.exec_driver_sql("select count(*) from ended_sessions").scalar_one() == 1
