"""`helsami token`: a record system's login in embedded mode, made from the keys in the data folder."""

from __future__ import annotations

import argparse
import os
from datetime import timedelta
from typing import Any, Final

from helsami_kernel.access import SystemIssuer
from helsami_kernel.config import Settings
from helsami_kernel.installed import CannotStart
from helsami_kernel.keys import KeyFolder
from helsami_kernel.rules import organisations
from helsami_sdk.rules import REGION

LIFE: Final = timedelta(hours=8)


def system_token(organisation: str) -> str:
    """
    A token with which an organisation's record system may deliver, and its staff look after it.

    The one of `region` is for those who run the region.
    Raises CannotStart for one that is not installed, KeysUnusable where there are no keys, and SettingsWrong.
    """
    if organisation != REGION and organisation not in organisations():
        raise CannotStart(f"no organisation is called {organisation!r}; installed are {', '.join(organisations())}")
    keys = KeyFolder(Settings.read(os.environ).keys)
    return SystemIssuer(keys.signing("systems")).issue(organisation, LIFE)


class TokenCommand:
    """The sub-command `token`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        parser = subparsers.add_parser("token", help="print a system token for an organisation, or for the region")
        parser.add_argument("--org", required=True, metavar="ID", help="the organisation's id, or region")
        parser.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Print the token; `helsami` itself tells what hinders it."""
        print(system_token(arguments.org))  # noqa: T201  the command's answer
        return 0


command = TokenCommand()
