"""Whom a citizen names by national id."""

from datetime import UTC, date, datetime, timedelta

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from helsami_gateway.grants import NAMED_A_DAY, GrantRoutes
from helsami_gateway.session import Sessions, Tokens
from helsami_gateway.storage import BundleReads, BundleWrites
from helsami_kernel.access import Issuer
from helsami_kernel.errors import Conflict, NotFound, Unavailable
from helsami_kernel.keys import KeyFolder
from helsami_kernel.testing import MovableClock, open_store, service


class Directory:
    """Knows one citizen, or is away."""

    away = False
    asked = 0

    def identify(self, command, token):
        assert token
        self.asked += 1
        if self.away:
            raise Unavailable("directory")
        if command["national_id"] != "13816512345":
            raise NotFound("citizen-not-found")
        return {"citizen": "a" * 32}


@pytest.fixture
def clock():
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def door(request, tmp_path, clock):
    keys = KeyFolder(tmp_path)
    keys.make()
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/gateway.db" if sqlite else request.getfixturevalue("new_database")("gateway")
    store = open_store("gateway", url, BundleReads, BundleWrites, clock)
    opened = service(
        GrantRoutes,
        store=store,
        sessions=Sessions(b"0" * 32, clock),
        directory=Directory(),
        tokens=Tokens(Issuer("gateway", keys.signing("gateway"))),
    )
    yield opened
    store._database.close()


@pytest.fixture
def name(door):
    """Name somebody, as a citizen who is logged in."""

    def named(national_id, citizen="c1"):
        response = Response()
        door.sessions.put(response, door.sessions.begin(citizen, date(1980, 5, 1), protected=False))
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        return door.named(Request(EnvironBuilder(headers={"Cookie": cookie}).get_environ()), national_id)

    return named


def test_whom_nobody_knows_goes_the_same_way_as_whom_one_may_not_name(name):
    assert name("13816512345") == "a" * 32

    nobody = name("13816512346")

    assert (len(nobody), int(nobody, 16) > 0) == (32, True)
    assert name("13816512346") != nobody, "no id that anybody could have"


def test_while_the_directory_is_away_nobody_is_named(door, name):
    door.directory.away = True

    with pytest.raises(Unavailable):
        name("13816512346")


def test_trying_numbers_ends_after_as_many_whether_anybody_has_them_or_not(door, name, clock):
    for number in range(NAMED_A_DAY):
        name(f"138165{number:05d}")
    asked = door.directory.asked

    for known_or_not in ("13816512345", "13816512346"):
        with pytest.raises(Conflict, match="too-many-named"):
            name(known_or_not)

    assert door.directory.asked == asked, "nobody is asked who could answer sooner or later"
    assert name("13816512345", citizen="c2") == "a" * 32, "each citizen has their own number"
    clock.move(timedelta(hours=12))
    assert name("13816512345") == "a" * 32, "the next day is another"
