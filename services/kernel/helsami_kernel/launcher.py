"""The `helsami` command."""

# ruff: noqa: I001

from helsami_kernel import cooperative  # noqa: F401  before whatever is not of the standard library

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import embedded, installed, logs, metrics
from helsami_kernel.config import Settings, SettingsWrong
from helsami_kernel.installed import CannotStart
from helsami_kernel.keys import KeyFolder, KeysUnusable
from helsami_kernel.lifetime import Lifetime
from helsami_kernel.migrations import MigrationsBroken, upgrade

OWN_COMMANDS = frozenset({"serve", "run", "migrate", "keys"})
CANNOT_START = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and return the exit code; 2 is for what is wrong outside, told in one line."""
    logs.start()
    told = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser(with_others=not told or told[0] not in OWN_COMMANDS).parse_args(told)
    try:
        return int(parsed.run(parsed) or 0)
    except (CannotStart, KeysUnusable, MigrationsBroken, SettingsWrong) as trouble:
        sys.stderr.write(f"helsami: {trouble}\n")
        return CANNOT_START


def _parser(*, with_others: bool) -> argparse.ArgumentParser:
    """Build the parser; what others add is loaded only when it may be what is asked for, since that takes a while."""
    parser = argparse.ArgumentParser(prog="helsami", description="One portal, every care provider.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve some services from this process, on a broker")
    serve.add_argument("names", nargs="+", metavar="NAME", help="a service: " + ", ".join(installed.service_names()))
    serve.set_defaults(run=_serve)

    run = commands.add_parser("run", help="serve everything from this process")
    run.set_defaults(run=_run)

    migrate = commands.add_parser("migrate", help="bring databases up to date")
    migrate.add_argument("names", nargs="*", metavar="NAME", help="a service; without one, all that are installed")
    migrate.set_defaults(run=_migrate)

    keys = commands.add_parser("keys", help="look after keys").add_subparsers(required=True, metavar="VERB")
    make = keys.add_parser("make", help="make a folder of keys, or those it lacks")
    make.add_argument("folder", type=Path, metavar="FOLDER")
    make.set_defaults(run=_make_keys)

    for command in installed.commands() if with_others else []:
        command.register(commands)
    return parser


def _serve(arguments: argparse.Namespace) -> NoReturn:
    settings = Settings.read(os.environ)
    if settings.embedded:
        raise CannotStart("`helsami serve` needs a broker: set HELSAMI_BUS, or use `helsami run`")
    logs.write_from(settings.log_level or "info")
    services = installed.services(dict.fromkeys(arguments.names))
    _describe_build()
    Lifetime(settings, services, settings.grace).run()


def _run(_: argparse.Namespace) -> NoReturn:
    settings = Settings.read(os.environ)
    # Whoever tries HelsaMi reads the terminal, where a line for each of thousands of calls hides the one that counts.
    logs.write_from(settings.log_level or "warning")
    _describe_build()
    embedded.run(settings)


def _migrate(arguments: argparse.Namespace) -> int:
    settings = Settings.read(os.environ)
    names = list(dict.fromkeys(arguments.names)) or installed.service_names()
    if unknown := sorted(set(names) - set(installed.service_names())):
        raise CannotStart(f"no service is called {', '.join(unknown)}")
    if settings.database is None:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        try:
            changed = upgrade(name, settings.database_url(name))
        except (SQLAlchemyError, OSError) as failure:
            logs.incident("migration-failed", service=name, failure=failure)
            raise CannotStart(f"the database of {name} could not be migrated: {type(failure).__name__}") from None
        sys.stdout.write(f"{name}: {'brought up to date' if changed else 'was up to date'}\n")
    return 0


def _make_keys(arguments: argparse.Namespace) -> int:
    KeyFolder(arguments.folder.absolute()).make()
    return 0


def _describe_build() -> None:
    metrics.BUILD.info({"version": version("helsami-kernel"), "python": platform.python_version()})
