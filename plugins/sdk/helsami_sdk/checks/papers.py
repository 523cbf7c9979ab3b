"""Points 10 and 12: what lies in the folder for people: a README, and the report of a rehearsal."""

import json
import re
from collections.abc import Iterator
from typing import Any

from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.fingerprints import changed
from helsami_sdk.plugin_folder import PluginFolder

README = "README.md"
REHEARSAL = "rehearsal.json"
FEWEST_WORDS = 20
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOT_PROSE = re.compile(r"^#[^\n]*|^```.*?^```|<!--.*?-->", re.MULTILINE | re.DOTALL)


def readme(folder: PluginFolder) -> Iterator[Finding]:
    """The README says in some words what the organisation decides differently."""
    expected = f"at least {FEWEST_WORDS} words on what is decided differently from the region's defaults"
    try:
        text = (folder.path / README).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        yield Finding(Point.README, README, 1, "there is no README.md in UTF-8", expected)
        return
    if (words := len(_WORD.findall(_NOT_PROSE.sub("", text)))) < FEWEST_WORDS:
        yield Finding(Point.README, README, 1, f"says it in {words} words", expected)


def rehearsal(folder: PluginFolder) -> Iterator[Finding]:
    """The report of a rehearsal is about these very files, and what becomes more visible has been accepted."""
    expected = f"a rehearsal of these rules: helsami-plugin rehearse {folder.id}"
    try:
        report = json.loads((folder.path / REHEARSAL).read_text(encoding="utf-8"))
        known, shows_more = _understood(folder, report)
    except FileNotFoundError:
        yield Finding(Point.REHEARSED, REHEARSAL, 1, "the rules have not been rehearsed", expected)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        yield Finding(Point.REHEARSED, REHEARSAL, 1, "is not the report of a rehearsal of this organisation", expected)
    else:
        for name in changed(folder.package, known):
            file = (folder.package / name).relative_to(folder.path).as_posix()
            yield Finding(Point.REHEARSED, file, 1, "is not as it was when it was rehearsed", expected)
        if shows_more:
            expected = f"that somebody accepts it: helsami-plugin rehearse {folder.id} --accept"
            yield Finding(Point.REHEARSED, REHEARSAL, 1, "something becomes more visible", expected)


def _understood(folder: PluginFolder, report: Any) -> tuple[dict[str, str], bool]:
    """The files that were rehearsed, and whether they show more than anybody has accepted."""
    if report["organisation"] != folder.id:
        raise ValueError("another organisation's")
    return dict(report["files"]), bool(report["more_visible"]) and report["accepted"] is not True
