"""`helsami import`: send files of FHIR bundles to a running gateway, and say what became of them."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
from tqdm import tqdm  # type: ignore[import-untyped]

from helsami_gateway import tokens
from helsami_gateway.fhir.identity import objects
from helsami_gateway.fhir.outcomes import Fate, counts
from helsami_gateway.loading import files, newcomers, recency
from helsami_kernel.config import SettingsWrong
from helsami_kernel.installed import CannotStart
from helsami_kernel.keys import KeysUnusable

JOURNAL: Final = "/journal/v1/fhir"
CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 600
WHOLE_REFUSALS: Final = frozenset({400, 403, 409, 413, 415, 422})
MOST_REASONS: Final = 5
REFUSED: Final = 1
HINDERED: Final = 2


class Hindered(Exception):
    """The import cannot go on; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file: entries by fate, why some were refused, and of which types some are not supported."""

    file: Path
    numbers: tuple[str, ...]
    fates: Counter[Fate]
    reasons: Counter[str] = field(default_factory=Counter)
    not_supported: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """Tell it in one line: file, national numbers, counts as `name=number`, and what is not supported by type."""
        told = "  ".join(f"{fate.value.replace(' ', '-')}={self.fates[fate]}{self._types(fate)}" for fate in Fate)
        return f"{self.file.name}  {','.join(self.numbers) or '-'}  {told}"

    def _types(self, fate: Fate) -> str:
        if fate is not Fate.NOT_SUPPORTED or not self.not_supported:
            return ""
        return " (" + ", ".join(f"{kind} {number}" for kind, number in sorted(self.not_supported.items())) + ")"


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of a running gateway, for one organisation."""

    url: str
    organisation: str
    token: Callable[[str], str]

    def send(self, file: Path, bundle: dict[str, Any]) -> Result:
        """Send one bundle. Raises `Hindered` when there is no server, no token, or an answer no journal gives."""
        body = files.written(files.sent_by(self.organisation, bundle))
        headers = {
            "Authorization": f"Bearer {self.token(self.organisation)}",
            "Accept-Language": "en",
            "Content-Type": "application/fhir+json",
        }
        try:
            answer = requests.post(
                self.url + JOURNAL, data=body, headers=headers, timeout=(CONNECT_SECONDS, ANSWER_SECONDS)
            )
        except requests.Timeout:
            raise Hindered(f"no answer from {self.url} in time; {file.name} may or may not be stored") from None
        except requests.RequestException:
            raise Hindered(f"no server answers at {self.url}") from None
        return self._read(answer, file, bundle)

    def _read(self, answer: requests.Response, file: Path, bundle: dict[str, Any]) -> Result:
        numbers = tuple(dict.fromkeys(n for one in files.patients(bundle) for n in newcomers.norwegian_numbers(one)))
        if answer.status_code == requests.codes.unauthorized:
            raise Hindered(f"{self.url} does not accept the token")
        if answer.status_code in WHOLE_REFUSALS:
            refused = max(1, len(bundle.get("entry", [])))
            return Result(file, numbers, Counter({Fate.REFUSED: refused}), Counter({_reason(answer): refused}))
        try:
            response = answer.json()
            fates: Counter[Fate] = Counter()
            not_supported: Counter[str] = Counter()
            for (kind, fate), number in counts(response).items():
                fates[fate] += number
                if fate is Fate.NOT_SUPPORTED:
                    not_supported[kind] += number
        except (ValueError, LookupError, TypeError):
            raise Hindered(f"{self.url} answers {answer.status_code}, and not as a journal does") from None
        return Result(file, numbers, fates, Counter(_refusals(response)), not_supported)


class ImportCommand:
    """The sub-command `import` of `helsami`."""

    def register(self, subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        """Add the command to the parser of `helsami`."""
        parser = subparsers.add_parser("import", help="send FHIR bundles to the journal of a running gateway")
        parser.add_argument("--org", required=True, metavar="ID", help="the organisation whose records these are")
        parser.add_argument("--recent", action="store_true", help="move the dates so that the newest is yesterday")
        parser.add_argument("--url", default=default_url(), help="the gateway (HELSAMI_URL; here: %(default)s)")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a bundle, .json or .json.gz")
        parser.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Import the files: 0 when all was taken, 1 when anything was refused, 2 when something hindered it."""
        journal = Journal(arguments.url.rstrip("/"), arguments.org, system_token)
        results: list[Result] = []
        hindrance = None
        try:
            for result in _sent(arguments.files, journal, recent=arguments.recent):
                results.append(result)  # noqa: PERF402  what was sent before a hindrance is told too
        except (Hindered, files.Unreadable) as hindered:
            hindrance = str(hindered)
        for result in results:
            _tell(result)
        if hindrance is not None:
            sys.stderr.write(f"helsami import: {hindrance}\n")
            return HINDERED
        return REFUSED if any(result.fates[Fate.REFUSED] for result in results) else 0


command = ImportCommand()


def system_token(organisation: str) -> str:
    """Give `HELSAMI_TOKEN`, else make one from the keys in `$HELSAMI_DATA`. Raises `Hindered` when it cannot."""
    if token := os.environ.get("HELSAMI_TOKEN"):
        return token
    try:
        return tokens.system_token(organisation)
    except CannotStart as problem:
        raise Hindered(str(problem)) from None
    except KeysUnusable:  # whose advice is to make keys, which no server would know
        advice = "run this where `helsami run` runs, or set HELSAMI_DATA"
        raise Hindered(f"no token in HELSAMI_TOKEN, nor keys to make one: {advice}") from None
    except SettingsWrong as problem:
        raise Hindered(f"no token in HELSAMI_TOKEN, nor keys to make one: {problem}") from None


def default_url() -> str:
    """Give `HELSAMI_URL`, else where `helsami run` listens here."""
    return os.environ.get("HELSAMI_URL") or f"http://127.0.0.1:{os.environ.get('HELSAMI_PORT', '8000')}"


def _sent(paths: Iterable[Path], journal: Journal, *, recent: bool) -> Iterator[Result]:
    """Send the files, those about nobody first: hospitals and practitioners before what refers to them."""
    survey = [_Surveyed.of(path) for path in paths]
    people = [person for surveyed in survey for person in surveyed.newcomers]
    numbers = newcomers.numbers_for(people, {number for surveyed in survey for number in surveyed.numbers})
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for surveyed in tqdm(sorted(survey, key=lambda one: one.has_patient), desc="import", unit="file", file=sys.stderr):
        bundle = files.read(surveyed.path)
        for patient in files.patients(bundle):
            newcomers.named(patient, numbers)
        if recent:
            bundle = recency.moved(bundle, recency.days_until(bundle, yesterday))
        yield journal.send(surveyed.path, bundle)


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """What must be known of all files before the first is sent; the bundles themselves would fill the memory."""

    path: Path
    has_patient: bool
    newcomers: tuple[newcomers.Newcomer, ...]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> "_Surveyed":
        patients = list(files.patients(files.read(path)))
        unnamed = tuple(person for patient in patients if (person := newcomers.newcomer(patient)))
        numbers = tuple(number for patient in patients for number in newcomers.norwegian_numbers(patient))
        return cls(path, bool(patients), unnamed, numbers)


def _tell(result: Result) -> None:
    sys.stdout.write(result.line() + "\n")
    for reason, number in result.reasons.most_common(MOST_REASONS):
        sys.stderr.write(f"{result.file.name}: refused {number}: {reason}\n")


def _refusals(response: dict[str, Any]) -> Iterator[str]:
    """Give why each entry was refused: the first issue of its OperationOutcome, place in lists left out."""
    for entry in objects(response.get("entry")):
        issue = next(objects(entry["response"]["outcome"]["issue"]), {})
        if issue.get("severity") == "error":
            yield f"{issue['expression'][0]}: {issue['diagnostics']}"


def _reason(answer: requests.Response) -> str:
    """Read why a whole bundle was refused, from an OperationOutcome or problem details."""
    try:
        told = answer.json()
        issue = next(objects(told.get("issue")), None)
        if issue:
            return f"{issue['expression'][0]}: {issue['diagnostics']}"
        return str(told.get("detail") or told["title"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"the server answers {answer.status_code}"
