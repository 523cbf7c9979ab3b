"""`helsami token`: a record system's login in embedded mode, made from the keys in the data folder."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from typing import Any, Final

from helsami_kernel.access import SystemIssuer
from helsami_kernel.config import Settings, SettingsWrong
from helsami_kernel.keys import KeyFolder, KeysUnusable

LIFE: Final = timedelta(hours=8)
HINDERED: Final = 2


def system_token(organisation: str) -> str:
    """A token with which an organisation's record system may deliver; KeysUnusable where there are no keys."""
    keys = KeyFolder(Settings.read(os.environ).keys)
    return SystemIssuer(keys.signing("systems")).issue(organisation, LIFE)


class TokenCommand:
    """The sub-command `token`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        parser = subparsers.add_parser("token", help="print a record system's token for an organisation")
        parser.add_argument("--org", required=True, metavar="ID", help="the organisation's id")
        parser.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Print the token; 2 where there are no keys."""
        try:
            print(system_token(arguments.org))  # noqa: T201  the command's answer
        except (KeysUnusable, SettingsWrong) as problem:
            print(problem, file=sys.stderr)  # noqa: T201
            return HINDERED
        return 0


command = TokenCommand()
