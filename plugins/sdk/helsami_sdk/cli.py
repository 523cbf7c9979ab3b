"""The `helsami-plugin` command: what an integrator makes, tries and checks an organisation's rules with."""

import argparse
import sys
from collections.abc import Sequence

from helsami_sdk import asking
from helsami_sdk.checks import command as checking
from helsami_sdk.patience import patience
from helsami_sdk.plugin_folder import NotAPlugin
from helsami_sdk.rehearsal import command as rehearsing
from helsami_sdk.scaffold import command as scaffolding

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; 0 if all is well, 1 for what was found, 2 for a wrong use, told in one line."""
    sys.dont_write_bytecode = True  # a folder that is looked at stays as it was
    parser = argparse.ArgumentParser(prog="helsami-plugin", description="An organisation's rules in HelsaMi.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (scaffolding, asking, checking, rehearsing):
        command.register(commands)
    parsed = parser.parse_args(arguments)
    try:
        with patience():
            return int(parsed.run(parsed))
    except NotAPlugin as error:
        sys.stderr.write(f"helsami-plugin: {error}\n")
        return WRONG_USE


if __name__ == "__main__":
    sys.exit(main())
