"""
Bring an old record up to date: every date moves by the same whole number of days.

What moves, and what does not:

- Everything that happened moves together, so that the distance between two events stays; a time keeps its clock and its
  zone. A partial date moves from its middle (2015-06 from the 15th).
- The newest date is sought among clinical resources: not in claims (Synthea's run a year ahead), registers,
  appointments and free times, or in what looks ahead by its nature (an expiry date).
- A birth date stays. Today's age is then the one in the register and in the person's number, which is made from that
  date and must be the same on every import: a citizen whose number moved with the day would be a new citizen each day.
  The price is that people are some years older at each event than they were in the file. Only where an event would come
  to lie before the birth (a record from the future that moves back) does the birth date move with the rest. A death
  moves: it is an event.
- Practitioners, organisations and locations stay, so that they are the same in every bundle.
- 9999 means for ever, and stays.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from helsami_gateway.fhir.primitives import exists
from helsami_gateway.loading.files import patients, resources

REGISTERS: Final = frozenset(
    {"Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "RelatedPerson", "Device"}
)
BILLS: Final = frozenset({"Claim", "ClaimResponse", "ExplanationOfBenefit", "Coverage", "Account", "Invoice"})
PLANNED: Final = frozenset({"Appointment", "Slot", "Schedule"})
LOOKING_AHEAD: Final = frozenset({"expirationDate", "validityPeriod", "dueDate"})
BIRTH: Final = frozenset({"birthDate", "_birthDate", "bornDate", "_bornDate"})
# What stands here is a name, a text or a link, even where it looks like a date.
NO_DATES: Final = BIRTH | {
    "code",
    "display",
    "div",
    "id",
    "identifier",
    "meta",
    "reference",
    "system",
    "text",
    "url",
    "value",
    "valueString",
    "version",
}
FULL: Final = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")
PARTIAL: Final = re.compile(r"\d{4}(-\d\d)?")
# The elements of FHIR that may hold a partial date; elsewhere four digits are a number or a postcode.
MAY_BE_PARTIAL: Final = re.compile(r".*Date(Time)?|start|end|date|recorded|authoredOn|created|sent|received|time")
FOR_EVER: Final = "9999"
DAY: Final = len("2001-02-03")
MIDDLES: Final = {len("2001"): "-07-01", len("2001-02"): "-15"}


def days_until(bundle: dict[str, Any], newest: date) -> int:
    """Give the days by which a bundle's newest clinical date (UTC) must move to fall on a day; 0 when it has none."""
    found = max(_clinical_days(bundle), default=newest)
    return (newest - found).days


def moved(bundle: dict[str, Any], days: int) -> dict[str, Any]:
    """Give a bundle with its dates moved; the birth dates only where an event would otherwise lie before them."""
    earliest = min(_clinical_days(bundle), default=date.max)
    births = [day for patient in patients(bundle) if (day := _day(patient.get("birthDate")))]
    unborn = any(birth <= earliest and earliest + timedelta(days) < birth for birth in births)
    entries = [_moved_entry(entry, days, births_too=unborn) for entry in bundle.get("entry", [])]
    return bundle | {"entry": entries} if entries else bundle


def _clinical_days(bundle: dict[str, Any]) -> Iterator[date]:
    for resource in resources(bundle):
        if resource.get("resourceType") not in REGISTERS | BILLS | PLANNED:
            yield from _days(resource)


def _days(node: Any) -> Iterator[date]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in NO_DATES | LOOKING_AHEAD:
                yield from _days(value)
    elif isinstance(node, list):
        for value in node:
            yield from _days(value)
    elif day := _day(node):
        yield day


def _day(text: Any) -> date | None:
    """Read the day of a full date or time, in UTC; None for anything else."""
    if not (isinstance(text, str) and FULL.fullmatch(text) and exists(text)) or text.startswith(FOR_EVER):
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _moved_entry(entry: Any, days: int, *, births_too: bool) -> Any:
    if not isinstance(entry, dict) or not isinstance(resource := entry.get("resource"), dict):
        return entry
    kind = resource.get("resourceType")
    if kind not in REGISTERS:
        return entry | {"resource": _moved(resource, "", days)}
    if kind != "Patient":
        return entry
    lived = {"deceasedDateTime"} | (BIRTH if births_too else frozenset())
    events = {name: _moved(value, name, days) for name, value in resource.items() if name in lived}
    return entry | {"resource": resource | events}


def _moved(node: Any, name: str, days: int) -> Any:
    if isinstance(node, dict):
        return {key: value if key in NO_DATES else _moved(value, key, days) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(value, name, days) for value in node]
    return _moved_text(node, name, days) if isinstance(node, str) else node


def _moved_text(text: str, name: str, days: int) -> str:
    whole = FULL.fullmatch(text) is not None
    if not whole and not (PARTIAL.fullmatch(text) and MAY_BE_PARTIAL.fullmatch(name)):
        return text
    if text.startswith(FOR_EVER) or not exists(text):
        return text
    day = date.fromisoformat(text[:DAY] + MIDDLES.get(len(text), "")) + timedelta(days)
    return day.isoformat() + text[DAY:] if whole else day.isoformat()[: len(text)]
