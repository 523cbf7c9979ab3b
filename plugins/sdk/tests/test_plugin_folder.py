"""A plugin's folder, read and loaded whether it is installed or not."""

import importlib
import sys
from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import BookingQuestion, Tier
from helsami_sdk.discovery import NotLoaded
from helsami_sdk.plugin_folder import NotAPlugin, PluginFolder, rules_in

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = BookingQuestion("book", "consultation", NOW + timedelta(days=7), NOW)
MANIFEST = """
id = "{id}"
{parent}
kind = "municipality"
owner = "Samhandling"
contact = "+47 00 00 00 51"
phone = "+47 00 00 00 50"
sdk = ">=0.1,<1.0"
names = {{ nb = "a", nn = "b", en = "c" }}
hours = {{ opens = 08:00:00, closes = 15:00:00 }}
go_live = {{ everything = 2026-01-01 }}
"""


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """What a test imports is not there for the next."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def write(tmp_path):
    """Write a folder that nobody has installed."""

    def written(organisation, policy, *, parent="", rules=None):
        package = tmp_path / organisation / f"helsami_plugin_{organisation}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        line = f'parent = "{parent}"' if parent else ""
        (package / "manifest.toml").write_text(MANIFEST.format(id=organisation, parent=line))
        (package / "policy.toml").write_text(policy or "# nothing")
        if rules is not None:
            (package / "rules.py").write_text(rules)
        (package.parent / "pyproject.toml").touch()
        return package.parent

    return written


def test_rules_are_asked_before_they_are_installed(write):
    folder = write("malvik", '[[booking]]\nvisit_types = ["consultation"]\ntier = "request"')

    assert rules_in(folder).decide_booking(QUESTION).tier is Tier.REQUEST


def test_a_parent_in_the_folder_beside_it_narrows(write):
    write("malvik", '[[booking]]\nvisit_types = ["consultation"]\ntier = "phone"')
    folder = write("hommelvik", '[[booking]]\nvisit_types = ["consultation"]\ntier = "direct"', parent="malvik")

    assert rules_in(folder).decide_booking(QUESTION).tier is Tier.PHONE


def test_what_lies_in_the_folder_goes_before_what_is_installed(write):
    folder = write("trondheim", '[[booking]]\nvisit_types = ["consultation"]\ntier = "direct"')

    assert rules_in(folder).decide_booking(QUESTION).tier is Tier.DIRECT


def test_a_change_in_the_folder_is_read_anew(write):
    rules = "from helsami_sdk import BookingDecision, hookimpl\n\n@hookimpl\ndef decide_booking(question):\n    return "
    folder = write("malvik", "", rules=f"{rules}BookingDecision.direct()\n")
    assert rules_in(folder).decide_booking(QUESTION).tier is Tier.DIRECT

    (folder / "helsami_plugin_malvik" / "rules.py").write_text(f"{rules}BookingDecision.request()  # and longer\n")

    assert rules_in(folder).decide_booking(QUESTION).tier is Tier.REQUEST


@pytest.mark.parametrize(
    ("policy", "parent", "rules", "problem"),
    [
        ('[[booking]]\ntier = "online"', "", None, "tier: expected one of direct, phone, request"),
        ("", "atlantis", None, "parent: expected an installed organisation, not atlantis"),
        ("", "malvik", None, "malvik is its own ancestor"),
        ("", "", "raise SystemExit(0)", "cannot be imported: SystemExit at rules.py:1"),
    ],
)
def test_a_folder_that_would_not_load_says_why(write, policy, parent, rules, problem):
    folder = write("malvik", policy, parent=parent, rules=rules)

    with pytest.raises(NotLoaded, match=problem):
        rules_in(folder)


def test_a_folder_that_is_no_plugin_says_what_is_expected(tmp_path):
    with pytest.raises(NotAPlugin, match="and a folder helsami_plugin_"):
        PluginFolder.of(tmp_path)
