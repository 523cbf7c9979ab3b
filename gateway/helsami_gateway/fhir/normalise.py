"""
From a bundle to what each owning service gets.

Decisions that a reader would otherwise have to guess:

- A key is the first identifier that is no national number (`system|value`), else the fullUrl (without `urn:uuid:`),
  else the id. Without any of them an entry is refused: sent again, it could not be recognised. A Patient is the
  exception, because the national number recognises them.
- Two entries of one type and key: the first counts. A later one that says the same passes (its owner answers
  `unchanged`); one that says something else is refused with `duplicate-key` (409), since either order would lose data
  in silence.
- Practitioner, Organization, Location and Patient lose their own extensions: senders put running statistics there
  (Synthea: the number of encounters), and the same hospital would otherwise differ from bundle to bundle.
- Of `meta` only `security` and `tag` stay (access limits and notification wishes); versions and times of the sender's
  database would make an unchanged resource look changed. Narrative and the sender's ids go. An Appointment keeps
  `lastUpdated`: its owner lets the later of two words count, and knows that the time alone is no change.
- A reference that leads out of the bundle keeps its type and id (`Encounter/<uuid>`) when the type is known, else only
  its display.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from helsami_gateway.fhir.bundle import Bundle, BundleEntry
from helsami_gateway.fhir.identity import key_of, national_numbers
from helsami_gateway.fhir.outcomes import Fate, Outcome
from helsami_gateway.fhir.problem import Problem
from helsami_gateway.fhir.rewriting import Rewriter, contained_by_id, with_medication_named
from helsami_gateway.fhir.secrets import Secrets
from helsami_gateway.fhir.subjects import national_id_of, without_subject
from helsami_gateway.fhir.targets import Targets, base_of
from helsami_gateway.fhir.validation import problems

# In the order of delivery to an owner: who and where before what happened, visits before what happened in them.
OWNERS: Final[Mapping[str, str]] = {
    "Organization": "directory",
    "Location": "directory",
    "Practitioner": "directory",
    "Patient": "directory",
    "Schedule": "appointments",
    "Slot": "appointments",
    "ServiceRequest": "appointments",
    "CarePlan": "appointments",
    "Appointment": "appointments",
    "CareTeam": "messages",
    "Encounter": "records",
    "Condition": "records",
    "AllergyIntolerance": "records",
    "Immunization": "records",
    "DocumentReference": "records",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "DiagnosticReport": "results",
    "Observation": "results",
    "Task": "appointments",
    "AuditEvent": "consents",
}
# Who keeps something of a resource that is another's: of a visit to be or one that lasted nights, the stay. Which
# visits those are, and which are so no longer, is for them to say: they are told of all.
ALSO: Final[Mapping[str, tuple[str, ...]]] = {"Encounter": ("appointments",)}
# Who says by what ids hidden things are known elsewhere: told before anybody stores what hangs on those.
NAMING: Final = "appointments"
PLACES: Final[Mapping[str, int]] = {kind: place for place, kind in enumerate(OWNERS)}
REGISTER_TYPES: Final = frozenset({"Organization", "Location", "Practitioner", "Patient"})
STORING_METHODS: Final = frozenset({None, "POST", "PUT"})
PATIENT_WITHOUT_KEY: Final = "national-number"


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One entry ready for its owner; `national_id` is the person's it is about, None for what is about nobody."""

    index: int
    type: str
    owner: str
    key: str
    national_id: str | None = field(repr=False)
    resource: dict[str, Any] = field(repr=False)

    def for_owner(self) -> dict[str, Any]:
        """Give the entry as `receive` takes it: `{"index", "type", "key", "resource"}`."""
        return {"index": self.index, "type": self.type, "key": self.key, "resource": self.resource}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one owner gets about one person, or about nobody."""

    owner: str
    national_id: str | None = field(repr=False)
    entries: tuple[Deliverable, ...] = field(repr=False)


def prepare(bundle: Bundle) -> Iterator[Deliverable | Outcome]:
    """
    Check and normalise a bundle entry by entry, in its order.

    Each is a `Deliverable`, or the `Outcome` of one that goes nowhere. A step takes about a millisecond, so a caller
    that shares its thread should let others run between steps.
    """
    targets = Targets(bundle.entries)
    secrets = Secrets(frozenset(number for entry in bundle.entries for number in national_numbers(entry.resource)))
    seen: dict[tuple[str, str, str | None], Deliverable] = {}
    for entry in bundle.entries:
        prepared = _prepared(entry, targets, secrets)
        yield _unless_duplicate(prepared, seen) if isinstance(prepared, Deliverable) else prepared


def entries_by_owner(prepared: Iterable[Deliverable | Outcome]) -> list[Delivery]:
    """
    Gather what is deliverable by owner and person, in the order it should be delivered; to each owner it has.

    After the registers comes who names appointments and visits, whatever of theirs there is, and only then all others.
    """
    ready = (one for one in prepared if isinstance(one, Deliverable))
    told = [(owner, one) for one in ready for owner in (one.owner, *ALSO.get(one.type, ()))]
    gathered: dict[tuple[str, str | None], list[Deliverable]] = {}
    for owner, one in sorted(told, key=lambda pair: _turn(*pair)):
        gathered.setdefault((owner, one.national_id), []).append(one)
    return [Delivery(owner, whom, tuple(entries)) for (owner, whom), entries in gathered.items()]


def _turn(owner: str, one: Deliverable) -> tuple[bool, bool, int, int]:
    return one.type not in REGISTER_TYPES, owner != NAMING, PLACES[one.type], one.index


def _unless_duplicate(
    prepared: Deliverable, seen: dict[tuple[str, str, str | None], Deliverable]
) -> Deliverable | Outcome:
    # Patients may all lack a key of their own; anything else with one key is one thing, whoever it is about.
    whose = prepared.national_id if prepared.type == "Patient" else None
    first = seen.setdefault((prepared.type, prepared.key, whose), prepared)
    if (first.national_id, first.resource) == (prepared.national_id, prepared.resource):
        return prepared
    problem = Problem(prepared.type, "duplicate", "a key that no other entry of this bundle has")
    return Outcome.refused(prepared.index, prepared.type, "duplicate-key", problem, status=HTTPStatus.CONFLICT)


def _prepared(entry: BundleEntry, targets: Targets, secrets: Secrets) -> Deliverable | Outcome:
    if entry.type not in OWNERS:
        return Outcome(entry.index, entry.type, Fate.NOT_SUPPORTED)
    if entry.method not in STORING_METHODS:
        problem = Problem(f"Bundle.entry[{entry.index}].request.method", "not-supported", "POST or PUT")
        return Outcome.refused(entry.index, entry.type, "method", problem)
    if found := problems(entry.resource):
        return Outcome.refused(entry.index, entry.type, "invalid", *found)
    rewriter = Rewriter(targets, base_of(entry.full_url), secrets, contained_by_id(entry.resource))
    whom = national_id_of(entry.resource, rewriter)
    if isinstance(whom, Problem):
        return Outcome.refused(entry.index, entry.type, "no-person", whom)
    key = _key(entry, secrets)
    if isinstance(key, Problem):
        return Outcome.refused(entry.index, entry.type, "no-key", key)
    return Deliverable(entry.index, entry.type, OWNERS[entry.type], key, whom, _normalised(entry.resource, rewriter))


def _key(entry: BundleEntry, secrets: Secrets) -> str | Problem:
    if entry.type == "Patient":  # the number recognises them: a fullUrl made anew for each bundle must not count
        key = key_of(entry.resource, None)
        return PATIENT_WITHOUT_KEY if key is None or secrets.are_in(key) else key
    key = key_of(entry.resource, entry.full_url)
    if key is None or secrets.are_in(key):
        expected = "an identifier, a fullUrl or an id, without a national number in it"
        return Problem(f"{entry.type}.identifier", "required", expected)
    return key


def _normalised(resource: dict[str, Any], rewriter: Rewriter) -> dict[str, Any]:
    plain = with_medication_named(without_subject(resource), rewriter)
    if plain["resourceType"] in REGISTER_TYPES:
        plain = {name: value for name, value in plain.items() if name != "extension"}
    return rewriter.resource(plain)
