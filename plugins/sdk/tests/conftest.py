"""Folders of new organisations, as `helsami-plugin new` writes them."""

import importlib
import json
import sys
from datetime import date

import pytest

from helsami_sdk.fingerprints import fingerprint
from helsami_sdk.scaffold.wishes import Wishes
from helsami_sdk.scaffold.writing import write

WISHES = {
    "id": "frosta",
    "kind": "municipality",
    "parent": "",
    "nb": "Frosta kommune",
    "nn": "Frosta kommune",
    "en": "Frosta municipality",
    "phone": "+47 00 00 00 01",
    "owner": "Helse og omsorg",
    "contact": "+47 00 00 00 02",
    "go_live": date(2026, 1, 1),
    "rules": True,
}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch):
    """What a test imports from a folder is not there for the next, and what was there before is."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = _plugins_imported()
    yield
    for name in _plugins_imported():
        del sys.modules[name]
    sys.modules.update(before)
    importlib.invalidate_caches()


def _plugins_imported():
    return {name: module for name, module in sys.modules.items() if name.startswith("helsami_plugin_")}


@pytest.fixture
def new_folder(tmp_path):
    """Write a new organisation's folder, not rehearsed."""
    return lambda **wishes: write(Wishes(**{**WISHES, **wishes}), tmp_path)


@pytest.fixture
def folder(new_folder):
    """A new organisation's folder that fulfils all twelve points."""
    made = new_folder()
    write_rehearsal(made)
    return made


def write_rehearsal(folder, **more):
    """Write the report that a rehearsal of these very rules would have written."""
    report = {"organisation": folder.id, "files": fingerprint(folder.package), "more_visible": [], "accepted": False}
    (folder.path / "rehearsal.json").write_text(json.dumps({**report, **more}))
