"""What an organisation is, read from its manifest.toml without running its code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from helsami_sdk.questions import DUTY_INBOX, MAIL_RECEPTION
from helsami_sdk.tables import LANGUAGES, Table
from helsami_sdk.words import is_own, prefix_of

FILE = "manifest.toml"
ORGANISATION_ID = r"(?!.{61})[a-z][a-z0-9]*(_[a-z0-9]+)*"  # databases keep no longer one
ORGANISATION_KINDS = frozenset({"municipality", "gp-office", "hospital", "hospital-trust"})
CATEGORIES = frozenset(
    {
        "allergies",
        "appointments",
        "conditions",
        "corona_results",
        "documents",
        "medications",
        "results",
        "vaccines",
        "visits",
    },
)
WITHOUT_FLOOR = frozenset({"vaccines", "corona_results"})
NO_FLOOR = "no floor"
PHONE = r"\+\d{2}( ?\d){6,12}"

_RANGE = r">=\d+\.\d+(\.\d+)?(, ?<\d+\.\d+(\.\d+)?)?"


@dataclass(frozen=True)
class Unit:
    """A part of an organisation that a citizen may meet; `names` in nb, nn and en."""

    id: str
    names: Mapping[str, str]
    phone: str


@dataclass(frozen=True)
class Hours:
    """When the phone is answered on working days, Europe/Oslo."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Manifest:
    """
    What an organisation is.

    `names` has nb, nn and en; `go_live` holds a date per category of CATEGORIES, or None for no floor (R19, K9);
    `everything_since` is the date for the categories it does not name; `sdk` is the range of SDK versions it fits;
    `words` says in nb, nn and en what each of the organisation's own reason codes means.
    """

    id: str
    names: Mapping[str, str]
    everything_since: date
    kind: str = ""
    phone: str = ""
    hours: Hours = Hours(time(8), time(15))
    parent: str | None = None
    owner: str = ""
    contact: str = ""
    sdk: str = ""
    units: Mapping[str, Unit] = field(default_factory=dict)
    go_live: Mapping[str, date | None] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def unknown(cls, organisation: str) -> "Manifest":
        """Stand in for a manifest that cannot be read: no phone, no units, nothing ever went live."""
        return cls(organisation, dict.fromkeys(LANGUAGES, organisation), date.max)

    def phone_of(self, unit: str) -> str:
        """The number of a unit, or of the organisation where the unit is unknown."""
        known = self.units.get(unit)
        return known.phone if known else self.phone

    @property
    def inboxes(self) -> frozenset[str]:
        """Where messages can go: the shared inbox of each unit, by the unit's id, and the duty inbox."""
        return frozenset({*self.units, DUTY_INBOX})

    @property
    def queues(self) -> frozenset[str]:
        """Where cases can go: the queue of each unit, by the unit's id, and the mail reception."""
        return frozenset({*self.units, MAIL_RECEPTION})

    def history_starts(self, category: str) -> date | None:
        """The first day whose items are shown, None for no floor: own date, else the region's rule (K10), else all."""
        if category in self.go_live:
            return self.go_live[category]
        if category in WITHOUT_FLOOR and self.everything_since != date.max:
            return None
        return self.everything_since


def read_manifest(folder: Path) -> Manifest:
    """Read and check `folder/manifest.toml`; raises Misconfigured with every problem found."""
    table = Table.read(folder / FILE)
    hours = table.table("hours")
    go_live = table.table("go_live")
    manifest = Manifest(
        id=table.text("id", ORGANISATION_ID, expected="a name such as oya_legesenter"),
        kind=table.choice("kind", ORGANISATION_KINDS),
        names=table.names("names"),
        phone=table.text("phone", PHONE, expected="a phone number such as +47 00 00 00 01"),
        hours=_read_hours(hours),
        parent=table.text("parent", ORGANISATION_ID, expected="the id of another organisation", optional=True) or None,
        owner=table.text("owner", expected="who answers for the rules"),
        contact=table.text("contact", expected="how the owner is reached"),
        sdk=table.text("sdk", _RANGE, expected="a range such as >=0.1,<0.2"),
        units=_read_units(table),
        everything_since=go_live.day("everything") or date.max,
        go_live={
            category: go_live.day(category, none=NO_FLOOR) for category in sorted(CATEGORIES) if category in go_live
        },
        words=_read_words(table),
    )
    hours.close()
    go_live.close()
    table.finish(FILE)
    return manifest


def _read_hours(hours: Table) -> Hours:
    read = Hours(hours.clock("opens"), hours.clock("closes"))
    if read.opens >= read.closes:
        hours.note("closes", "a time of day after opens")
    return read


def _read_units(table: Table) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for row in table.rows("units"):
        unit = Unit(
            id=row.text("id", r"[a-z][a-z0-9]*(-[a-z0-9]+)*", expected="a code such as blood-tests"),
            names=row.names("names"),
            phone=row.text("phone", PHONE, expected="a phone number such as +47 00 00 00 01"),
        )
        if unit.id in units:
            row.note("id", f"an id of its own; {unit.id} is taken")
        units[unit.id] = unit
    return units


def _read_words(table: Table) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    organisation = table.text("id", optional=True)
    for code, row in table.groups("words"):
        words[code] = {language: row.text(language, expected="a sentence for citizens") for language in LANGUAGES}
        if not is_own(code, organisation):
            table.note(f"words.{code}", f"a code of its own, such as {prefix_of(organisation)}in-person-only")
    return words


def fits(version: str, wanted: str) -> bool:
    """Whether an SDK version lies in a range such as `>=0.1,<0.2`."""
    bounds = {bound[0]: _numbers(bound) for bound in wanted.split(",") for bound in [bound.strip()]}
    return bounds[">"] <= _numbers(version) and ("<" not in bounds or _numbers(version) < bounds["<"])


def _numbers(text: str) -> tuple[int, ...]:
    found = [int(number) for number in re.findall(r"\d+", text)]
    return (*found, 0, 0, 0)[:3]
