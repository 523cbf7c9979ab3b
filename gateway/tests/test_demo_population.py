"""What the register says of the demo's people is what the directory reads of it."""

import stat
from datetime import date

import orjson
import pytest

from helsami_directory.register.synthetic import Synthetic
from helsami_gateway.demo.people import families, people
from helsami_gateway.demo.population import FILE, write_register

TODAY = date(2026, 3, 1)


@pytest.fixture
def register(tmp_path):
    write_register(tmp_path, TODAY)
    everybody = people(TODAY)
    return Synthetic(tmp_path / FILE).people([one.pid for one in everybody])


def test_everybody_is_in_it_as_they_are_in_the_records(register):
    for one in people(TODAY):
        entry = register[one.pid]
        assert (entry.name, entry.birth_date) == (one.name, one.birth_date)
        assert (entry.protection != "none") == one.protected
        assert (entry.address is None) == one.protected


def test_parents_have_responsibility_for_children_who_are_minors_and_live_with_them(register):
    parents = {}
    for each in families(TODAY):
        parents.setdefault(each.child, set()).add(each.parent)
    minors = [one for one in people(TODAY) if one.age_on(TODAY) < 18]

    assert minors
    for one in people(TODAY):
        assert register[one.pid].holders == (parents[one.pid] if one in minors else set())
    for one in minors:
        if not one.protected:
            assert any(register[holder].address == register[one.pid].address for holder in register[one.pid].holders)


def test_the_file_is_its_owners_alone_and_names_no_protected_street(tmp_path):
    write_register(tmp_path, TODAY)

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    protected = {one.household for one in people(TODAY) if one.protected}
    streets = [
        home["vegadresse"]["adressenavn"]
        for entry in orjson.loads((tmp_path / FILE).read_bytes())["oppslag"]
        for home in entry["folkeregisterperson"].get("bostedsadresse", [])
    ]
    assert streets
    assert not any(street.startswith(name) for street in streets for name in protected)
