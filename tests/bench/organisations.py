"""Writes organisations as pip would have installed them, into a folder that is put on the path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

TRONDHEIM: Final = Path(__file__).parents[2] / "plugins" / "trondheim" / "helsami_plugin_trondheim"
HOSTILE: Final = """
from helsami_sdk import hookimpl


@hookimpl
def decide_booking(question):
    while True:
        pass
"""


def write(folder: Path, number: int, *, first: int = 0, with_rules: bool = False) -> Sequence[str]:
    """Write so many organisations with Trondheim's data, and perhaps its code; return their ids, from first on."""
    ids = [f"sample_{place}" for place in range(first, first + number)]
    code = (TRONDHEIM / "rules.py").read_text(encoding="utf-8") if with_rules else None
    for organisation in ids:
        _write(folder, organisation, code)
    return ids


def write_hostile(folder: Path) -> str:
    """Write one that never answers whether an appointment can be booked; return its id."""
    _write(folder, "hostile", HOSTILE)
    return "hostile"


def _write(folder: Path, organisation: str, code: str | None) -> None:
    package = folder / f"helsami_plugin_{organisation}"
    package.mkdir()
    manifest = (TRONDHEIM / "manifest.toml").read_text(encoding="utf-8")
    (package / "manifest.toml").write_text(manifest.replace('id = "trondheim"', f'id = "{organisation}"', 1), "utf-8")
    (package / "policy.toml").write_bytes((TRONDHEIM / "policy.toml").read_bytes())
    (package / "__init__.py").write_text('"""Data."""\n', encoding="utf-8")
    if code is not None:
        (package / "rules.py").write_text(code, encoding="utf-8")
    info = folder / f"{package.name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 1.0\n", encoding="utf-8")
    module = package.name if code is None else f"{package.name}.rules"
    (info / "entry_points.txt").write_text(f"[helsami.organisations]\n{organisation} = {module}\n", encoding="utf-8")
