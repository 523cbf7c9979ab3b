"""`helsami dead-letters`: what was given up, to list, put back and forget."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from helsami_kernel.config import Settings
from helsami_kernel.installed import CannotStart
from helsami_kernel.parking import DeadLetters
from helsami_kernel.transport import GONE

DONE, NONE_FOUND = 0, 1


class DeadLettersCommand:
    """The sub-command `dead-letters`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        parser = subparsers.add_parser("dead-letters", help="list, replay or drop the messages a service has given up")
        verbs = parser.add_subparsers(required=True, metavar="VERB")
        for verb, explained in (
            ("list", "show them, oldest first, without what they say"),
            ("replay", "put one, or all, back into the queue it came from"),
            ("drop", "forget one for good"),
        ):
            each = verbs.add_parser(verb, help=explained)
            each.add_argument("service", metavar="SERVICE")
            if verb != "list":
                each.add_argument("id", metavar="ID", nargs="?" if verb == "replay" else None)
            each.set_defaults(run=self.run, verb=verb)

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; 1 when no letter was found. Raises CannotStart without a broker."""
        settings = Settings.read(os.environ)
        if settings.embedded:
            raise CannotStart("the dead letters of an embedded system end with its process; set HELSAMI_BUS")
        letters = DeadLetters(settings.bus, arguments.service)
        try:
            return self._listed(letters) if arguments.verb == "list" else self._settled(letters, arguments)
        except GONE as failure:
            raise CannotStart(f"the broker does not answer: {type(failure).__name__}") from None

    @staticmethod
    def _listed(letters: DeadLetters) -> int:
        for letter in letters.list():
            sys.stdout.write(f"{letter.id}  {letter.type}  {letter.reason}  {letter.parked_at}  {letter.queue}\n")
        return DONE

    @staticmethod
    def _settled(letters: DeadLetters, arguments: argparse.Namespace) -> int:
        count = letters.replay(arguments.id) if arguments.verb == "replay" else letters.drop(arguments.id)
        sys.stdout.write(f"{count} {'replayed' if arguments.verb == 'replay' else 'dropped'}\n")
        return DONE if count else NONE_FOUND


command = DeadLettersCommand()
