"""Tells whether an organisation's rules are still those that were rehearsed: by what is in them, not by their dates."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

SUFFIXES = frozenset({".py", ".toml"})


def fingerprint(package: Path) -> dict[str, str]:
    """The SHA-256 of every file that decides, by its path in the package: manifest, policy and code."""
    return {
        path.relative_to(package).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(package.rglob("*"))
        if path.suffix in SUFFIXES and path.is_file()
    }


def changed(package: Path, known: Mapping[str, str]) -> list[str]:
    """The files that differ from a fingerprint taken earlier: other, new or gone."""
    now = fingerprint(package)
    return sorted(name for name in {*now, *known} if now.get(name) != known.get(name))
