"""A bundle that has yet to name something holds back later ones about the same person, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway.fhir.identity import BIRTH_NUMBER
from helsami_gateway.models import BUNDLES, UNNAMED
from helsami_gateway.national_id import synthetic
from helsami_gateway.service import GatewayService
from helsami_gateway.storage import BundleReads, BundleWrites
from helsami_gateway.waiting import AT_MOST
from helsami_kernel import Obligation
from helsami_kernel.bodies import BODY
from helsami_kernel.errors import Unavailable
from helsami_kernel.testing import MovableClock, open_store, service

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PID = synthetic(date(1980, 5, 1), 7)
SUBJECT = {"subject": {"identifier": {"system": BIRTH_NUMBER, "value": PID}}}
VISIT = {
    "resourceType": "Encounter",
    "id": "v",
    "status": "finished",
    "class": {"code": "AMB"},
    "appointment": [{"reference": "Appointment/a"}],
    **SUBJECT,
}
RESULT = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"text": "Vekt"},
    "encounter": {"reference": "Encounter/v"},
    **SUBJECT,
}


class Gateway(GatewayService):
    """A gateway with a record system that is logged in, and services that keep everything unless they are away."""

    def _organisation(self, _request):
        return "st_olavs"

    def _deliver(self, _organisation, service, method, command):
        if service in self.away:
            raise Unavailable(service)
        if method == "resolve":
            return {"citizens": {"0": "c1"}}
        self.kept += [(service, entry["type"]) for entry in command.get("entries", ())]
        named = [{"appointment": "a", "known_as": "v"}] if service == "appointments" else []
        return {"outcomes": [{"index": 0, "outcome": "stored"}], "named": named}


@pytest.fixture
def clock():
    return MovableClock(NOON)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock):
    opened = open_store("gateway", migrated("gateway", request.param), BundleReads, BundleWrites, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def gateway(store, clock):
    return service(Gateway, store=store, clock=clock, away=set(), kept=[])


@pytest.fixture
def send(gateway):
    """Send a resource in a bundle of its own; whether it has reached all its owners."""

    def deliver(resource):
        body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}).encode()
        answer = gateway.receive(Request({**EnvironBuilder(method="POST").get_environ(), BODY: body}))
        return json.loads(answer.data)["entry"][0]["response"]["status"][:3] != "202"

    return deliver


@pytest.mark.parametrize("away", ["appointments", "consents"])
def test_what_comes_later_waits_until_the_earlier_bundle_has_named_its_visit(gateway, send, away):
    gateway.away.add(away)
    assert not send(VISIT)
    gateway.away.clear()

    assert not send(RESULT)
    assert send(VISIT)
    assert send(RESULT)
    assert gateway.kept[-2:] == [("records", "Encounter"), ("results", "Observation")]


def test_it_waits_no_longer_once_the_earlier_bundle_is_delivered_by_the_promise(gateway, send, store, clock):
    gateway.away.add("appointments")
    assert not send(VISIT)
    with store.transaction(None) as tx:
        (bundle,) = tx.connection.execute(sa.select(BUNDLES.c.id)).scalars()
    promised = Obligation("x", "deliver_bundle", None, clock(), {"bundle": bundle, "accepted": [0]})
    with pytest.raises(Unavailable):
        gateway.deliver_later(promised)
    assert not send(RESULT)

    gateway.away.clear()
    gateway.deliver_later(promised)

    assert send(RESULT)
    with store.transaction(None) as tx:
        assert tx.connection.execute(sa.select(UNNAMED)).all() == []


def test_a_bundle_that_never_gets_through_holds_others_back_for_a_day_and_no_longer(gateway, send, clock):
    gateway.away.add("appointments")
    assert not send(VISIT)
    clock.move(AT_MOST / 2)
    assert not send(VISIT)

    clock.move(AT_MOST / 2 - timedelta(seconds=1))
    assert not send(RESULT)
    clock.move(timedelta(seconds=1))
    assert send(RESULT)
