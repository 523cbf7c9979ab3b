"""`helsami explain`: why something was not offered, not shown, or sent where it was."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from helsami_gateway.importing import Hindered, default_url
from helsami_gateway.lifecycle import HINDERED, REFUSED, TO_THE_MINUTE, Declined, Staff
from helsami_sdk.decisions import SAFE_DEFAULT
from helsami_sdk.rules import REGION

LABEL: Final = 12


class ExplainCommand:
    """The sub-command `explain` of `helsami`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        parser = subparsers.add_parser("explain", help="say why something was not offered, not shown or sent there")
        parser.add_argument("id", metavar="ID", help="of a decision, or of the time, appointment or item it was about")
        parser.add_argument("--json", action="store_true", help="as the staff API tells it")
        parser.add_argument("--url", default=default_url(), help="the gateway (HELSAMI_URL; here: %(default)s)")
        parser.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Say it: 0 when it is known, 1 when it is not, 2 when something hindered it."""
        try:
            told = Staff(arguments.url.rstrip("/")).asked("GET", f"/decisions/{quote(arguments.id, safe='')}")
        except (Declined, Hindered) as trouble:
            sys.stderr.write(f"helsami explain: {trouble}\n")
            return REFUSED if isinstance(trouble, Declined) else HINDERED
        if arguments.json:
            sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in explanation(told))
        return 0


command = ExplainCommand()


def explanation(told: Mapping[str, Any]) -> Iterator[str]:
    """All that was decided, one paragraph each, and who did not answer."""
    for place, decision in enumerate(told["decisions"]):
        if place:
            yield ""
        yield headline(decision)
        yield from (f"  {label:<{LABEL}}{value}" for label, value in particulars(decision) if value)
    if told["unavailable"]:
        yield ""
        yield f"not all is told: {', '.join(told['unavailable'])} did not answer"


def headline(decision: Mapping[str, Any]) -> str:
    """When, for whom and what: `2026-11-22 09:20 UTC  st_olavs: phone (organisation-paused)`."""
    reason = f" ({decision['reason']})" if decision["reason"] else ""
    shadow = " in the shadow: this would have been decided, and was not" if decision["shadow"] else ""
    return f"{minute(decision['decided_at'])}  {decision['organisation']}: {decision['outcome']}{reason}{shadow}"


def particulars(decision: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What else is known, each with its label."""
    version = f", version {decision['version']}" if decision["version"] else ""
    yield "asked", decision["asked"]
    yield "decided by", f"{decider(decision)}{version}"
    for language, words in decision["words"].items():
        yield language, words or ""
    yield "about", decision["about"]
    yield "kept by", f"{decision['service']}, as decision {decision['id']}, question {decision['question_hash'][:16]}"
    if decision["times"] > 1:
        yield "again", f"{decision['times']} times, the last at {minute(decision['last_at'])}"


def decider(decision: Mapping[str, Any]) -> str:
    """Whose answer held, in words."""
    layer: str = decision["layer"]
    if layer == REGION:
        return "the region's default"
    return f"the safe default, because of {decision['reason']}" if layer == SAFE_DEFAULT else layer


def minute(moment: str) -> str:
    """A time to the minute."""
    return f"{moment[:TO_THE_MINUTE].replace('T', ' ')} UTC"
