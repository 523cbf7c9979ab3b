"""The directory as it is hosted: its keys, its scopes, and what leaves through its answers, on both databases."""

import orjson
import pytest

from harness.register import document, living_in
from helsami_directory.service import DirectoryService
from helsami_kernel.access import Issuer
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.errors import Forbidden
from helsami_kernel.keys import KeyFolder
from helsami_kernel.migrations import upgrade
from helsami_kernel.rpc import Remote
from helsami_kernel.testing import until

NATIONAL_ID = "13838600136"
SYSTEM = {"actor": "journal", "basis": "system", "scopes": ["journal:write"], "organisation": "st_olavs"}
GATEWAY = {"actor": "gateway", "basis": "service", "scopes": ["directory:identify"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path):
    KeyFolder(tmp_path / "keys").make()
    told = {"HELSAMI_DATA": str(tmp_path)}
    if request.param == "postgresql":
        told["HELSAMI_DATABASE"] = request.getfixturevalue("new_database")("directory")
    return Settings.read(told)


@pytest.fixture
def directory(settings):
    """Call the directory, with a token of an issuer's."""
    upgrade("directory", settings.database_url("directory"))
    runner = ServiceRunner(settings, [DirectoryService])
    runner.start()
    until(lambda: runner.ready)

    def call(method, command, issuer="gateway", **claims):
        token = Issuer(issuer, KeyFolder(settings.keys).signing(issuer)).issue(audience="directory", **claims)
        return Remote("directory", runner.bus, runner.replies, 5.0, {}).call(method, command, token=token)

    yield call
    runner.stop(within=5)


def test_a_person_is_registered_identified_and_told_about(directory):
    patient = {"resourceType": "Patient", "name": [{"text": "Modig Fjell"}], "birthDate": "1986-03-13"}
    command = {"national_id": NATIONAL_ID, "key": "k", "resource": patient}

    with pytest.raises(Forbidden):
        directory("register", command, **GATEWAY)
    citizen = directory("register", command, **SYSTEM)["citizen"]

    known = {"citizen": citizen, "name": "Modig Fjell", "birth_date": "1986-03-13", "protected": False}
    identified = directory("identify", {"national_id": NATIONAL_ID}, **GATEWAY)
    assert identified == known | {"language": None}
    assert directory("resolve", {"national_ids": [NATIONAL_ID]}, **SYSTEM) == {
        "citizens": {"0": citizen},
        "by_post": [],
    }
    consents = {"issuer": "consents", "actor": "consents", "basis": "service", "scopes": ["directory:facts"]}
    (fact,) = directory("facts", {"citizens": [citizen]}, **consents)["facts"]
    assert fact.items() >= known.items()
    assert (fact["protection"], fact["active"], fact["back_since"], fact["holders"]) == ("none", True, None, [])
    assert directory("citizens", {}, **GATEWAY)["citizens"][0]["pid"] == NATIONAL_ID


def test_who_logs_in_brings_the_register_reads_what_they_have_told_and_leaves(directory, settings):
    told = {"foedselsEllerDNummer": NATIONAL_ID, "folkeregisterperson": document(**living_in("Fjellvegen"))}
    (settings.data / "register.json").write_bytes(orjson.dumps({"oppslag": [told]}))

    who = directory("log_in", {"national_id": NATIONAL_ID}, **GATEWAY)

    citizen = who["citizen"]
    assert (who["name"], who["first_login"]) == ("Modig Fjell", True)
    me = {"actor": citizen, "subject": citizen, "basis": "self", "age_band": "16+", "scopes": [*OWN]}
    assert directory("in_register", {}, **me)["address"] == "H0101, Fjellvegen 1, 7030 TRONDHEIM"
    assert directory("edit_profile", {"version": 0, "language": "nn"}, **me)["version"] == 1
    named = directory("add_contact", {"name": "Kvikk Kvist", "relation": "friend"}, **me)
    assert directory("contacts", {}, **me)["contacts"] == [named]
    for scope, method in zip(OWN, ("deactivate", "profile", "check_contacts"), strict=True):
        with pytest.raises(Forbidden):
            directory(method, {}, **me | {"scopes": [each for each in OWN if each != scope]})
    assert directory("deactivate", {}, **me) == {"state": "deactivated"}
    assert directory("log_in", {"national_id": NATIONAL_ID}, **GATEWAY)["reactivated"]


def test_only_the_region_says_that_the_register_has_changed(directory):
    changed = {"national_ids": [NATIONAL_ID]}

    assert directory("register_changed", changed, **OPERATOR) == {"known": 0}
    for claims in (SYSTEM, CITIZEN, GATEWAY, OPERATOR | {"actor": "st_olavs", "organisation": "st_olavs"}):
        with pytest.raises(Forbidden):
            directory("register_changed", changed, **claims)


OWN = ("account:act", "profile:read", "profile:act")
OPERATOR = {"actor": "region", "basis": "system", "scopes": ["organisations:manage"], "organisation": "region"}
CITIZEN = {"actor": "c", "subject": "c", "basis": "self", "scopes": ["directory:read"], "age_band": "16+"}


def test_the_installed_organisations_are_told_to_any_citizen_and_what_the_live_ones_show(directory):
    for state in ("rehearsed", "shadow", "live"):
        directory("change_state", {"organisation": "st_olavs", "state": state, "why": "a test"}, **OPERATOR)

    told = {each["id"]: each for each in directory("organisations", {}, **CITIZEN)["organisations"]}

    assert {"oya_legesenter", "st_olavs", "trondheim"} <= told.keys()
    assert (told["st_olavs"]["state"], told["st_olavs"]["go_live"]["vaccines"]) == ("live", None)
    assert (told["trondheim"]["state"], told["trondheim"]["go_live"]) == ("closed", {})


@pytest.mark.parametrize("claims", [SYSTEM, CITIZEN, GATEWAY], ids=["record system", "citizen", "gateway"])
def test_no_state_is_changed_or_seen_by_whoever_is_not_staff(directory, claims):
    with pytest.raises(Forbidden):
        directory("change_state", {"organisation": "st_olavs", "state": "left", "why": "a test"}, **claims)
    with pytest.raises(Forbidden):
        directory("standings", {}, **claims)

    told = directory("standing", {"organisation": "st_olavs"}, **OPERATOR)
    assert (told["state"], told["history"]) == ("draft", [])
