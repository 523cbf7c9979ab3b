"""What an organisation is, read without running its code."""

import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

import helsami_sdk
from helsami_sdk.manifest import fits, read_manifest
from helsami_sdk.tables import Misconfigured

MANIFEST = """
id = "levanger"
kind = "municipality"
parent = "trondheim"
owner = "Samhandling"
contact = "+47 00 00 00 41"
phone = "+47 00 00 00 40"
sdk = ">=0.1,<0.2"

[names]
nb = "Levanger kommune"
nn = "Levanger kommune"
en = "Levanger municipality"

[hours]
opens = 08:00:00
closes = 15:00:00

[go_live]
everything = 2026-01-01
results = 2026-03-01
vaccines = "no floor"

[[units]]
id = "home-care"
phone = "+47 00 00 00 42"
names = { nb = "Hjemmetjenesten", nn = "Heimetenesta", en = "Home care" }
"""


def read(folder, text):
    """Write a manifest and read it."""
    (folder / "manifest.toml").write_text(text, encoding="utf-8")
    return read_manifest(folder)


def test_a_manifest_says_who_they_are_how_to_reach_them_and_since_when(tmp_path):
    manifest = read(tmp_path, MANIFEST)

    assert (manifest.id, manifest.kind, manifest.parent) == ("levanger", "municipality", "trondheim")
    assert manifest.names == {"nb": "Levanger kommune", "nn": "Levanger kommune", "en": "Levanger municipality"}
    assert (manifest.hours.opens, manifest.hours.closes) == (time(8), time(15))
    assert manifest.phone_of("home-care") == "+47 00 00 00 42"
    assert manifest.phone_of("no such unit") == "+47 00 00 00 40"
    assert manifest.inboxes == {"home-care", "duty"}
    assert manifest.queues == {"home-care", "mail-reception"}
    assert manifest.history_starts("visits") == date(2026, 1, 1)
    assert manifest.history_starts("results") == date(2026, 3, 1)
    assert manifest.history_starts("vaccines") is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('id = "levanger"', 'id = "Levanger kommune"', "id: expected a name such as oya_legesenter"),
        ('id = "levanger"', f'id = "{"a" * 61}"', "id: expected a name such as oya_legesenter"),
        ('kind = "municipality"', 'kind = "spa"', "kind: expected one of gp-office, hospital"),
        ('owner = "Samhandling"', "", "owner: missing; expected who answers for the rules"),
        ('owner = "Samhandling"', "owner = 3", "owner: expected who answers for the rules"),
        ('owner = "Samhandling"', 'onwer = "Samhandling"', "onwer: unknown; expected one of contact"),
        ('phone = "+47 00 00 00 40"', 'phone = "ring"', "phone: expected a phone number"),
        ('phone = "+47 00 00 00 42"', "", r"units\[1\]\.phone: missing"),
        ('sdk = ">=0.1,<0.2"', 'sdk = "0.1"', "sdk: expected a range such as >=0.1,<0.2"),
        ('nn = "Levanger kommune"', "", "names.nn: missing; expected a name"),
        ("[names]", '[names]\nse = "x"', "names.se: unknown; expected one of en, nb, nn"),
        ("closes = 15:00:00", "closes = 07:00:00", "hours.closes: expected a time of day after opens"),
        ("closes = 15:00:00", 'closes = "15"', "hours.closes: expected a time such as 08:00:00"),
        ("everything = 2026-01-01", "", "go_live.everything: missing; expected a date"),
        (
            "results = 2026-03-01",
            'results = "soon"',
            'results: expected a date such as 2025-03-01 or "no floor"',
        ),
        ("results = 2026-03-01", "reslts = 2026-03-01", "go_live.reslts: unknown"),
        ("everything = 2026-01-01", 'everything = "no floor"', "go_live.everything: expected a date"),
        ("[[units]]", "[units]", r"units: expected a list of tables, \[\[units\]\]"),
        ("[hours]", "[hours", "expected a TOML file"),
    ],
)
def test_a_wrong_key_is_named_with_what_is_expected(tmp_path, old, new, problem):
    assert old in MANIFEST

    with pytest.raises(Misconfigured, match=problem):
        read(tmp_path, MANIFEST.replace(old, new))


def test_every_problem_is_told_at_once(tmp_path):
    with pytest.raises(Misconfigured) as caught:
        read(tmp_path, MANIFEST.replace("+47", "47").replace('kind = "municipality"', "").replace("everything", "all"))

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "kind",
        "phone",
        "units[1].phone",
        "go_live.everything",
        "go_live.all",
    ]


def test_two_units_cannot_have_one_id(tmp_path):
    unit = MANIFEST[MANIFEST.index("[[units]]") :]

    with pytest.raises(Misconfigured, match=r"units\[2\]\.id: expected an id of its own; home-care is taken"):
        read(tmp_path, MANIFEST + unit)


def test_a_missing_manifest_and_one_that_is_no_text_are_said_so(tmp_path):
    with pytest.raises(Misconfigured, match="the file is missing"):
        read_manifest(tmp_path)

    (tmp_path / "manifest.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="expected a TOML file in UTF-8"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [
        ("0.1.0", ">=0.1,<0.2", True),
        ("0.1.9", ">=0.1, <0.2", True),
        ("0.2.0", ">=0.1,<0.2", False),
        ("0.10.0", ">=0.9", True),
        ("0.1.0", ">=0.1.1", False),
        ("1.0.0", ">=0.1,<0.2", False),
    ],
)
def test_an_sdk_version_fits_a_range(version, wanted, answer):
    assert fits(version, wanted) is answer


numbers = st.integers(0, 11)
releases = st.builds(lambda *parts: ".".join(map(str, parts)), numbers, numbers, numbers)
bounds = releases | st.builds(lambda *parts: ".".join(map(str, parts)), numbers, numbers)


@given(version=releases, lowest=bounds, below=bounds | st.none())
def test_a_range_means_what_it_means_to_pip(version, lowest, below):
    wanted = f">={lowest}" if below is None else f">={lowest},<{below}"

    assert fits(version, wanted) is (version in SpecifierSet(wanted))


def test_the_sdk_has_one_semantic_version():
    project = Path(__file__).parents[1] / "pyproject.toml"

    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == helsami_sdk.__version__
    assert [part.isdecimal() for part in helsami_sdk.__version__.split(".")] == [True] * 3
