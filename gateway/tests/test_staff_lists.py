"""What staff are shown of citizens is in those citizens' logs before it leaves."""

import json
from datetime import timedelta

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway.appointments import StaffAppointmentRoutes
from helsami_gateway.session import Tokens
from helsami_gateway.waitlist import StaffWaitlistRoutes
from helsami_kernel.access import Issuer, SystemIssuer, SystemVerifier, Verifier
from helsami_kernel.errors import Unavailable
from helsami_kernel.keys import KeyFolder
from helsami_kernel.testing import service

ABOUT = [f"{number:032x}" for number in range(130)]


class Appointments:
    """Lists one thing, and says whom the list is about."""

    about = ABOUT[:2]

    def call(self, method, question, token):
        assert token
        name = {"open_requests": "requests", "waitlist_offers_for": "offers"}[method]
        return {name: [{"id": "r1"}], "about": self.about}


class Consents:
    """Logs, or is away."""

    def __init__(self, verifier):
        self._verifier = verifier
        self.away = False
        self.logged = []

    def log_staff_access(self, command, token):
        assert self._verifier.verify(token, "consents").allows("access-log:write")
        if self.away:
            raise Unavailable("consents")
        self.logged.append(command)
        return {"new": len(command["subjects"])}


@pytest.fixture
def keys(tmp_path):
    folder = KeyFolder(tmp_path)
    folder.make()
    return folder


@pytest.fixture
def consents(keys):
    return Consents(Verifier({"gateway": keys.public("gateway")}))


@pytest.fixture
def appointments():
    return Appointments()


@pytest.fixture(params=["requests", "offers"])
def listed(request, keys, consents, appointments):
    """Ask for a list, as staff of an organisation."""
    routes = StaffAppointmentRoutes if request.param == "requests" else StaffWaitlistRoutes
    door = service(
        routes,
        systems=SystemVerifier(keys.public("systems")),
        tokens=Tokens(Issuer("gateway", keys.signing("gateway"))),
        appointments=appointments,
        consents=consents,
    )
    token = SystemIssuer(keys.signing("systems")).issue("st_olavs", timedelta(hours=1))
    asked = Request(EnvironBuilder(headers={"Authorization": f"Bearer {token}"}).get_environ())
    return lambda: getattr(door, "list_requests" if request.param == "requests" else "list_offers_for")(asked)


def test_a_list_is_logged_about_everybody_on_it_and_does_not_say_whom_it_is_about(listed, consents):
    answer = json.loads(listed().data)

    assert "about" not in answer
    [looked] = consents.logged
    assert (looked["subjects"], looked["organisation"], looked["kinds"]) == (ABOUT[:2], "st_olavs", ["appointments"])


def test_what_cannot_be_logged_is_not_shown(listed, consents):
    consents.away = True

    with pytest.raises(Unavailable):
        listed()


def test_nobody_is_logged_for_an_empty_list_and_many_are_logged_in_parts(listed, consents, appointments):
    appointments.about = []
    listed()
    assert consents.logged == []

    appointments.about = ABOUT
    listed()
    assert [len(each["subjects"]) for each in consents.logged] == [100, 30]
