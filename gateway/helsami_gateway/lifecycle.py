"""`helsami organisation`: where organisations stand, and the commands that let them go live, pause and leave."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import requests

from helsami_gateway.importing import Hindered, default_url, system_token
from helsami_sdk.rules import REGION

STAFF: Final = "/staff/v1"
ORGANISATIONS: Final = "/organisations"
ANSWERS: Final = frozenset({"organisations", "history", "decisions"})
WITHIN: Final = (5, 30)
REFUSED: Final = 1
HINDERED: Final = 2
COLUMNS: Final = ("id", "state", "since", "who", "why")
GAP: Final = "  "
TO_THE_MINUTE: Final = 16
ONWARDS: Final = ("draft", "rehearsed", "shadow", "live")
VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "draft": ("draft", "begin anew with an organisation that has left"),
    "rehearse": ("rehearsed", "record that its rules were rehearsed; --why says what the rehearsal showed"),
    "shadow": ("shadow", "ask its rules and record what they would have decided, while the defaults hold"),
    "live": ("live", "let its rules decide"),
    "pause": ("paused", "let the defaults decide, at once and everywhere"),
    "leave": ("left", "end it; it can only begin anew as a draft"),
}


class Declined(Exception):
    """The gateway says no; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff API of a running gateway."""

    url: str
    token: Callable[[str], str] = system_token

    def standings(self) -> list[dict[str, Any]]:
        """Where every organisation stands that the token may see. Raises Declined and Hindered."""
        found: list[dict[str, Any]] = self.asked("GET", ORGANISATIONS)["organisations"]
        return found

    def standing(self, organisation: str) -> dict[str, Any]:
        """Where one stands, with its history. Raises Declined and Hindered."""
        return self.asked("GET", f"{ORGANISATIONS}/{quote(organisation, safe='')}")

    def change(self, organisation: str, state: str, why: str) -> dict[str, Any]:
        """Let it enter a state. Raises Declined and Hindered."""
        return self.asked("POST", f"{ORGANISATIONS}/{quote(organisation, safe='')}/state", {"state": state, "why": why})

    def bring_live(self, organisation: str, why: str) -> None:
        """Take every step that is left on the way to live, for demos and tests. Raises Declined and Hindered."""
        reached = self.standing(organisation)["state"]
        for state in ONWARDS[ONWARDS.index(reached) + 1 :] if reached in ONWARDS else ():
            self.change(organisation, state, why)

    def asked(self, verb: str, path: str, command: Mapping[str, str] | None = None) -> dict[str, Any]:
        """One answer of the API. Raises Declined and Hindered."""
        headers = {"Authorization": f"Bearer {self.token(REGION)}", "Accept-Language": "en"}
        try:
            answer = requests.request(verb, self.url + STAFF + path, json=command, headers=headers, timeout=WITHIN)
        except requests.Timeout:
            raise Hindered(f"no answer from {self.url} in time; it may or may not be done") from None
        except requests.RequestException:
            raise Hindered(f"no server answers at {self.url}") from None
        return self._read(answer)

    def _read(self, answer: requests.Response) -> dict[str, Any]:
        try:
            told: dict[str, Any] = answer.json()
            if answer.ok and told.keys() & ANSWERS:
                return told
            title, code = told["title"], told["code"]
            expected = "".join(f"; {one['field']}: expected {one['expected']}" for one in told.get("problems", ()))
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Hindered(f"{self.url} answers {answer.status_code}, and not as a gateway does") from None
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise Hindered(f"{self.url} does not accept the token")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Hindered(f"{self.url}: {title} ({code})")
        raise Declined(f"{title} ({code}{expected})")


class OrganisationCommand:
    """The sub-command `organisation` of `helsami`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        verbs = subparsers.add_parser("organisation", help="see and change where organisations stand")
        verbs = verbs.add_subparsers(required=True, metavar="VERB")
        self._add(verbs, "list", "where every organisation stands", lambda staff, _: listed(staff.standings()))
        show = self._add(verbs, "show", "where one stands, and how it came there", _show)
        show.add_argument("organisation", metavar="ID")
        for verb, (state, words) in VERBS.items():
            self._add_change(verbs, verb, words, _changes_to(state))
        self._add_change(verbs, "resume", "end a pause: it is again what it was", _resume)

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it: 0 when it is done, 1 when it was refused, 2 when something hindered it."""
        try:
            lines = list(arguments.ask(Staff(arguments.url.rstrip("/")), arguments))
        except (Declined, Hindered) as trouble:
            sys.stderr.write(f"helsami organisation: {trouble}\n")
            return REFUSED if isinstance(trouble, Declined) else HINDERED
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0

    def _add(self, verbs: Any, verb: str, words: str, ask: Any) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = verbs.add_parser(verb, help=words)
        parser.add_argument("--url", default=default_url(), help="the gateway (HELSAMI_URL; here: %(default)s)")
        parser.set_defaults(run=self.run, ask=ask)
        return parser

    def _add_change(self, verbs: Any, verb: str, words: str, ask: Any) -> None:
        parser = self._add(verbs, verb, words, ask)
        parser.add_argument("organisation", metavar="ID")
        parser.add_argument("--why", required=True, help="the reason, which stays on record")


command = OrganisationCommand()


def _changes_to(state: str) -> Callable[[Staff, argparse.Namespace], Iterator[str]]:
    def change(staff: Staff, asked: argparse.Namespace) -> Iterator[str]:
        return described(staff.change(asked.organisation, state, asked.why))

    return change


def _resume(staff: Staff, asked: argparse.Namespace) -> Iterator[str]:
    """End a pause in what it interrupted; where there is none, the gateway says that the organisation is live, or …."""
    history = staff.standing(asked.organisation)["history"]
    interrupted = next((change["state"] for change in history if change["state"] != "paused"), "live")
    if not history or history[0]["state"] != "paused":
        raise Declined("it is not paused")
    return described(staff.change(asked.organisation, interrupted, asked.why))


def _show(staff: Staff, asked: argparse.Namespace) -> Iterator[str]:
    return described(staff.standing(asked.organisation))


def listed(standings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Organisations in columns, with what is wrong with the rules of one that does not load."""
    rows = [[_cell(one, column) for column in COLUMNS] for one in standings]
    lines = in_columns([list(COLUMNS), *rows])
    yield next(lines)
    for one, line in zip(standings, lines, strict=True):
        yield line
        if one["problem"] is not None:
            yield f"{GAP}its rules do not load: {one['problem']}"


def described(standing: Mapping[str, Any]) -> Iterator[str]:
    """One organisation: its name and state, where it may go, and its history in columns."""
    yield f"{standing['id']} ({standing['names']['nb']}) is {standing['state']}"
    if standing["problem"] is not None:
        yield f"its rules do not load: {standing['problem']}"
    yield f"next: {', '.join(standing['steps'])}"
    yield from in_columns([[_cell(change, column) for column in COLUMNS[1:]] for change in standing["history"]])


def in_columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines whose columns are as wide as their widest cell; the last one ends where it ends."""
    held = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*held, strict=True)]
    for row in held:
        yield GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(row: Mapping[str, Any], column: str) -> str:
    text = str(row[column] or "-")
    return text[:TO_THE_MINUTE].replace("T", " ") if column == "since" else " ".join(text.split())
