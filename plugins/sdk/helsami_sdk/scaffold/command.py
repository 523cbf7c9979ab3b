"""`helsami-plugin new`: asks what has to be known, and writes the folder of a new organisation."""

import argparse
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from helsami_sdk.discovery import manifests_installed
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.rehearsal.rehearse import rehearse
from helsami_sdk.rehearsal.report import write_report
from helsami_sdk.rehearsal.sides import two_sides
from helsami_sdk.scaffold.wishes import Wishes, WishesWrong, understood, wishes_for
from helsami_sdk.scaffold.writing import Taken, write

_TEXTS = ("id", "kind", "parent", "nb", "nn", "en", "phone", "owner", "contact", "go-live")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add it to the command line."""
    parser = commands.add_parser("new", help="write the folder of a new organisation")
    for name, wish in wishes_for(()).items():
        if name in _TEXTS:
            parser.add_argument(f"--{name}", metavar="TEXT", help=wish.question, default="")
    code = parser.add_mutually_exclusive_group()
    for flag, const, what in (("--rules", "yes", "with code: rules.py"), ("--policy-only", "no", "without code")):
        code.add_argument(flag, dest="rules", action="store_const", const=const, default="", help=what)
    parser.add_argument("--into", type=Path, default=Path(), metavar="FOLDER", help="where the folder goes (here)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder; 1 if something is missing or wrong, told for each."""
    told = {name: getattr(arguments, name.replace("-", "_")) for name in (*_TEXTS, "rules")}
    installed = manifests_installed()
    try:
        wishes = _wishes(told, installed)
        folder = write(wishes, arguments.into)
    except WishesWrong as error:
        sys.stderr.writelines(f"helsami-plugin new: {problem}\n" for problem in error.problems)
        return 1
    except (Taken, OSError) as error:
        sys.stderr.write(f"helsami-plugin new: {error}\n")
        return 1
    _rehearse(folder, below=wishes.parent)
    place = arguments.into / folder.id
    sys.stdout.write(f"{place} is written. Next: edit {place / folder.package.name / 'policy.toml'}, then\n")
    sys.stdout.write(f"  helsami-plugin check {place}\n")
    return 0


def _rehearse(folder: PluginFolder, below: str) -> None:
    """
    Compare what is new with the region's defaults.

    What has just been written shows nobody more; what a parent shows more is in force there, and so accepted.
    """
    with TemporaryDirectory() as scratch:
        sides = two_sides(folder, "defaults", Path(scratch))
        write_report(folder, rehearse(folder, *sides), sides, accepted=bool(below))


def _wishes(told: Mapping[str, str], installed: Collection[str]) -> Wishes:
    if sys.stdin.isatty():
        told = ask_for_missing(told, installed, input)
    return understood(told, installed)


def ask_for_missing(told: Mapping[str, str], installed: Collection[str], ask: Callable[[str], str]) -> dict[str, str]:
    """Ask for what was not told, each until the answer is one; what was told is left as it is."""
    known = dict(told)
    for name, wish in wishes_for(installed).items():
        while not known[name]:
            answer = ask(f"{wish.question} ({wish.expected}{'; or nothing' if wish.optional else ''}): ").strip()
            if not answer and wish.optional:
                break
            if wish.fits(answer):
                known[name] = answer
    return known
