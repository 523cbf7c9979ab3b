"""`helsami-plugin rehearse FOLDER`: what would change for people, before it does."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from helsami_sdk.discovery import NotLoaded
from helsami_sdk.plugin_folder import NotAPlugin, PluginFolder
from helsami_sdk.rehearsal.findings import Rehearsal
from helsami_sdk.rehearsal.page import page
from helsami_sdk.rehearsal.rehearse import rehearse
from helsami_sdk.rehearsal.report import FILE, write_report
from helsami_sdk.rehearsal.sides import two_sides
from helsami_sdk.rehearsal.text import lines, summary

DONE: Final = 0
OPENS: Final = 1
NOT_LOADED: Final = 2

_HELP = "what would change for people if these rules took the place of the old ones"
_ABOUT = f"""Replay some thousand appointments, results, notes and messages of synthetic citizens under the old rules
and the new ones, and say what changes. Exit {OPENS} when somebody sees more than before, unless that is accepted;
{NOT_LOADED} when the rules do not load. Writes {FILE} to the folder."""


def register(subparsers: Any) -> None:
    """Add `rehearse` to the command line."""
    parser: ArgumentParser = subparsers.add_parser("rehearse", help=_HELP, description=_ABOUT)
    parser.add_argument("folder", type=Path, help="the plugin's folder")
    parser.add_argument(
        "--against",
        default="",
        metavar="OLD",
        help="installed, defaults, a folder or a git revision (default: what is installed, or the regional defaults)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the same as a page of its own")
    parser.add_argument("--accept", action="store_true", help="somebody has read it, and more is to be seen")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Rehearse, tell, record; the exit code says whether somebody sees more."""
    try:
        folder = PluginFolder.of(arguments.folder)
        with TemporaryDirectory() as scratch:
            sides = two_sides(folder, arguments.against, Path(scratch))
            rehearsal = rehearse(folder, *sides)
    except (NotAPlugin, NotLoaded) as error:
        sys.stderr.write(f"{error}\n")
        return NOT_LOADED
    accepted = bool(arguments.accept)
    report = write_report(folder, rehearsal, sides, accepted=accepted)
    if arguments.html is not None:
        arguments.html.write_text(page(rehearsal, accepted=accepted), encoding="utf-8")
    _tell(rehearsal, report, accepted=accepted)
    return OPENS if rehearsal.openings and not accepted else DONE


def _tell(rehearsal: Rehearsal, report: Path, *, accepted: bool) -> None:
    told = [*lines(rehearsal), "", f"{report.name} is written beside the rules."]
    if rehearsal.openings and not accepted:
        told.append("Somebody sees more than before. If that is meant, rehearse again with --accept.")
    told.append(f"why: {summary(rehearsal, accepted=accepted)}")
    sys.stdout.write("\n".join(told) + "\n")
