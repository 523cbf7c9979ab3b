"""Throw-away organisations: real packages with real entry points, on a path of their own."""

import importlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.answering import RULES
from helsami_sdk.discovery import Load, import_here
from helsami_sdk.host import Host, Limits
from helsami_sdk.organisations import Organisations, load_organisations
from helsami_sdk.rules import RuleCall

PATIENT = Limits(deadline=10.0, start=30.0)  # what is slow here is the machine, and not a plugin


@dataclass
class Region:
    """A folder on the path to install organisations in, and what the observer heard of them."""

    folder: Path
    heard: list[RuleCall] = field(default_factory=list)
    make: Load = import_here
    organisations: Organisations | None = None

    def install(
        self,
        organisation: str,
        rules: str | None = RULES,
        *,
        policy: str | None = None,
        manifest: str | None = None,
        parent: str = "",
        points: str | None = None,
        distribution: str = "",
    ) -> None:
        """Write a distribution as pip would have; `manifest=""` leaves the manifest out."""
        package = self.folder / f"helsami_plugin_{organisation}"
        package.mkdir(exist_ok=True)
        files = {
            "__init__.py": "",
            "rules.py": rules,
            "policy.toml": policy,
            "manifest.toml": manifest_of(organisation, parent) if manifest is None else manifest or None,
        }
        for name, text in files.items():
            if text is not None:
                (package / name).write_text(text, encoding="utf-8")
        module = package.name if rules is None else f"{package.name}.rules"
        distribution = distribution or f"helsami_plugin_{organisation}"
        info = self.folder / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(
            f"[helsami.organisations]\n{organisation} = {module}\n" if points is None else points,
            encoding="utf-8",
        )
        importlib.invalidate_caches()

    def load(self) -> Organisations:
        """Load everything that is installed, these and the real ones."""
        self.close()
        self.heard.clear()
        self.organisations = load_organisations(self.heard.append, self.make)
        return self.organisations

    def close(self) -> None:
        """Let go of what was loaded last."""
        if self.organisations is not None:
            self.organisations.close()

    def closed_because(self, organisation: str) -> str:
        """Load, and say what the observer heard about an organisation that must be closed."""
        assert self.load()[organisation].state == "closed"
        (call,) = [call for call in self.heard if call.organisation == organisation]
        assert (call.hook, call.outcome) == ("load", "closed")
        return call.detail


def manifest_of(organisation: str, parent: str = "") -> str:
    """The text of a manifest that is right."""
    line = f'parent = "{parent}"\n' if parent else ""
    return f"""
id = "{organisation}"
kind = "municipality"
{line}owner = "Samhandling"
contact = "+47 00 00 00 51"
phone = "+47 00 00 00 50"
sdk = ">=0.1,<0.2"
[names]
nb = "Prøve kommune"
nn = "Prøve kommune"
en = "Sample municipality"
[hours]
opens = 08:00:00
closes = 15:00:00
[go_live]
everything = 2026-01-01
"""


@pytest.fixture(scope="session")
def host():
    """A plugin host with all the time it wants."""
    host = Host(limits=PATIENT)
    yield host
    host.close()


@pytest.fixture(params=["inline", "host"])
def executor(request):
    """Where the rules run: what a test says of them is true in both."""
    return request.param


@pytest.fixture
def region(tmp_path, monkeypatch, executor, host):
    """An empty folder on the path, forgotten with its packages afterwards; its organisations run in the executor."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    region = Region(tmp_path, make=import_here if executor == "inline" else host.load)
    yield region
    region.close()
    for name in set(sys.modules) - before:
        if name.startswith("helsami_plugin_") and str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
