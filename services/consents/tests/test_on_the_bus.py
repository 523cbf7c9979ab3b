"""Consents as it is hosted: its keys, its tokens and the directory it asks, on both databases."""

import pytest

from helsami_consents.service import ConsentsService
from helsami_kernel import rpc
from helsami_kernel.access import Issuer
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner, open_verifier
from helsami_kernel.errors import Forbidden, NotFound
from helsami_kernel.keys import KeyFolder
from helsami_kernel.migrations import upgrade
from helsami_kernel.rpc import Remote
from helsami_kernel.testing import until

GIVER, RECEIVER = "a" * 32, "b" * 32
ASKED = {"actor": RECEIVER, "subject": GIVER, "audiences": ["results"], "purpose": "home"}


class Directory:
    """A directory that knows everybody."""

    name = "directory"

    @rpc(scope="directory:facts")
    def facts(self, command, access):
        known = {"name": "Modig Fjell", "birth_date": "1980-01-01", "protected": False, "deceased": False}
        return {"facts": [{"citizen": citizen, **known} for citizen in command["citizens"]]}


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path):
    KeyFolder(tmp_path / "keys").make()
    told = {"HELSAMI_DATA": str(tmp_path)}
    if request.param == "postgresql":
        told["HELSAMI_DATABASE"] = request.getfixturevalue("new_database")("consents")
    return Settings.read(told)


@pytest.fixture
def consents(settings):
    """Call consents, with a token of the gateway's."""
    upgrade("consents", settings.database_url("consents"))
    runner = ServiceRunner(settings, [ConsentsService, Directory])
    runner.start()
    until(lambda: runner.ready)
    gateway = Issuer("gateway", KeyFolder(settings.keys).signing("gateway"))

    def call(method, command, **claims):
        remote = Remote("consents", runner.bus, runner.replies, 5.0, {})
        return remote.call(method, command, token=gateway.issue(audience="consents", **claims))

    yield call
    runner.stop(within=5)


def test_a_grant_is_given_used_logged_and_taken_back(consents, settings):
    service = {"actor": "gateway", "basis": "service", "scopes": ["consents:decide"]}
    giver = {"actor": GIVER, "subject": GIVER, "basis": "self", "age_band": "16+"}
    receiver = giver | {"actor": RECEIVER, "subject": RECEIVER}
    offer = {"receiver": RECEIVER, "areas": {"results": ["see"]}}

    with pytest.raises(Forbidden):
        consents("offer_grant", offer, **giver, scopes=["consents:read"])
    grant = {"grant": consents("offer_grant", offer, **giver, scopes=["consents:act"])["id"]}
    with pytest.raises(NotFound, match="citizen-not-found"):
        consents("decide", ASKED, **service)
    consents("accept_grant", grant, **receiver, scopes=["consents:act"])
    answer = consents("decide", ASKED, **service)
    token = open_verifier(settings).verify(answer["tokens"]["results"], "results")
    assert (token.issuer, token.actor, token.subject) == ("consents", RECEIVER, GIVER)
    assert token.scopes == {"results:read", "notices:read"}
    consents("end_grant", grant, **giver, scopes=["consents:act"])
    with pytest.raises(NotFound, match="citizen-not-found"):
        consents("decide", ASKED, **service)

    log = consents("access_log", {}, **giver, scopes=["access-log:read"])
    assert [item["outcome"] for item in log["items"]] == ["refused", "allowed", "refused"]
    assert consents("grants", {}, **giver, scopes=["consents:read"]) == {"given": [], "received": []}
