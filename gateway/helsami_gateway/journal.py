"""From a bundle to its owners: who it is about is looked up, each owner gets its entries, each entry has an outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final, Protocol

from helsami_gateway.fhir.bundle import Bundle
from helsami_gateway.fhir.normalise import NAMING, Deliverable, Delivery, entries_by_owner, prepare
from helsami_gateway.fhir.outcomes import Fate, Outcome, one_an_entry
from helsami_gateway.fhir.problem import Problem
from helsami_kernel.errors import Internal, NotFound, Refusal, Unavailable

ENTRIES_A_CALL: Final = 100
PEOPLE_A_CALL: Final = 1000
ANSWER_WITHIN: Final = 10.0
LOG: Final = "consents"
NAMED: Final = frozenset({"Appointment", "Encounter"})
SETTINGS: Final[Mapping[str, str]] = {
    "AMB": "outpatient",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "EMER": "emergency",
    "HH": "home",
    "VR": "virtual",
}

Ask = Callable[[str, str, Mapping[str, Any]], Any]


class Waiting(Protocol):
    """Of whom a bundle has yet to name appointments and visits, from bundle to bundle."""

    def elsewhere(self, citizen: str) -> bool:
        """Has another bundle?"""

    def begin(self, citizen: str) -> None:
        """Remember that this one has."""

    def end(self, citizen: str) -> None:
        """Forget it: this one has no longer."""


@dataclass(frozen=True)
class Delivered:
    """What became of a bundle: an outcome for each entry; `pending` when an owner was away."""

    outcomes: tuple[Outcome, ...]

    @property
    def accepted(self) -> tuple[Outcome, ...]:
        """What is still to reach its owner."""
        return tuple(outcome for outcome in self.outcomes if outcome.fate is Fate.ACCEPTED)

    @property
    def pending(self) -> bool:
        """Must it be delivered again?"""
        return bool(self.accepted)

    def refused_of(self, accepted: Collection[int] | None) -> list[Outcome]:
        """What was refused of the entries whose sender was told they were accepted; of all, where nobody was told."""
        refused = (outcome for outcome in self.outcomes if outcome.fate is Fate.REFUSED)
        return [outcome for outcome in refused if accepted is None or outcome.index in accepted]


def deliver(bundle: Bundle, ask: Ask, within: timedelta, unnamed: Waiting) -> Delivered:
    """
    Give every entry of a bundle to its owner; `ask` is (service, method, command) to the answer.

    An owner that is away, or a delivery that takes longer than `within`, leaves entries `accepted`; delivering the
    whole bundle again is safe, since owners know what they have by its key.
    """
    ask = impatient(ask, time.monotonic() + within.total_seconds())
    prepared = list(taking_turns(prepare(bundle)))
    people = People(ask, unnamed)
    outcomes = [one for one in prepared if isinstance(one, Outcome)]
    settings = settings_of_visits(prepared)
    log: list[Delivery] = []
    for delivery in entries_by_owner(prepared):
        if delivery.owner == LOG:
            log.append(delivery)
        elif delivery.owner == "directory" and delivery.national_id is not None:
            outcomes += [people.register(entry) for entry in delivery.entries]
        else:
            outcomes += _to_owner(delivery, people, settings, ask)
    outcomes += _to_log(log, people, ask)
    return Delivered(one_an_entry(outcomes))


def impatient(ask: Ask, until: float) -> Ask:
    """Ask nobody again who was away once, and nobody at all after a moment (monotonic seconds)."""
    away: set[str] = set()

    def ask_once(service: str, method: str, command: Mapping[str, Any]) -> Any:
        if service in away or time.monotonic() >= until:
            raise Unavailable(service)
        try:
            return ask(service, method, command)
        except Unavailable:
            away.add(service)
            raise

    return ask_once


def taking_turns(steps: Iterable[Deliverable | Outcome]) -> Iterator[Deliverable | Outcome]:
    """Let other greenlets run between two entries: checking one takes about a millisecond."""
    for step in steps:
        yield step
        time.sleep(0)


class People:
    """The opaque ids of those a bundle is about, each looked up once, and who of them reads nothing here now."""

    def __init__(self, ask: Ask, unnamed: Waiting) -> None:
        self._ask = ask
        self._unnamed = unnamed
        self.by_post: set[str] = set()
        self.unnamed_here: set[str] = set()
        self._citizens: dict[str, str | Exception] = {}

    def register(self, patient: Deliverable) -> Outcome:
        """Tell the directory of a Patient, and remember the id."""
        command = {"national_id": patient.national_id, "key": patient.key, "resource": patient.resource}
        try:
            answer = self._ask("directory", "register", command)
        except (Refusal, Unavailable, Internal) as failure:
            self._citizens.setdefault(str(patient.national_id), failure)
            return failed(patient, failure)
        self._citizens[str(patient.national_id)] = answer["citizen"]
        if answer.get("by_post"):
            self.by_post.add(answer["citizen"])
        return Outcome(patient.index, patient.type, Fate(answer["outcome"]))

    def citizen(self, national_id: str) -> str:
        """The id of a person; raises NotFound, or what kept the directory from telling."""
        if national_id not in self._citizens:
            self._citizens[national_id] = self._resolved(national_id)
        found = self._citizens[national_id]
        if isinstance(found, Exception):
            raise found
        return found

    def look_up(self, national_ids: Iterable[str]) -> None:
        """Ask for many at once, so that `citizen` knows them."""
        unknown = iter(dict.fromkeys(number for number in national_ids if number not in self._citizens))
        while some := list(islice(unknown, PEOPLE_A_CALL)):
            try:
                answer = self._ask("directory", "resolve", {"national_ids": some})
            except (Refusal, Unavailable, Internal) as failure:
                self._citizens |= dict.fromkeys(some, failure)
            else:
                for place, number in enumerate(some):
                    self._citizens[number] = self._found(answer, str(place))

    def waits(self, citizen: str, owner: str) -> bool:
        """May consents not know yet by what other ids their appointments and visits are named? Then others wait."""
        return citizen in self.unnamed_here or (owner != NAMING and self._unnamed.elsewhere(citizen))

    @contextmanager
    def unnamed_until_named(self, citizen: str) -> Iterator[None]:
        """Let other bundles know, whatever happens, whether this one has yet to name something of somebody's."""
        self.unnamed_here.add(citizen)
        try:
            yield
        finally:
            (self._unnamed.begin if citizen in self.unnamed_here else self._unnamed.end)(citizen)

    def _resolved(self, national_id: str) -> str | Exception:
        try:
            answer = self._ask("directory", "resolve", {"national_ids": [national_id]})
        except (Refusal, Unavailable, Internal) as failure:
            return failure
        return self._found(answer, "0")

    def _found(self, answer: Mapping[str, Any], place: str) -> str | Exception:
        citizen = answer["citizens"][place]
        if citizen and place in answer.get("by_post", ()):
            self.by_post.add(citizen)
        return citizen or NotFound("unknown-person")


def _to_owner(delivery: Delivery, people: People, settings: Mapping[str, str], ask: Ask) -> Iterator[Outcome]:
    entries = iter(delivery.entries)
    while chunk := list(islice(entries, ENTRIES_A_CALL)):
        try:
            citizen = None if delivery.national_id is None else people.citizen(delivery.national_id)
        except (Refusal, Unavailable, Internal) as failure:
            yield from (failed(entry, failure) for entry in chunk)
        else:
            if citizen is not None and people.waits(citizen, delivery.owner):
                yield from (failed(entry, Unavailable(LOG)) for entry in chunk)
                continue
            told = [_for_owner(entry, settings) for entry in chunk]
            # Said of whom it holds, and of nobody else: an owner of an older release does not know it.
            by_post = {"by_post": True} if citizen in people.by_post else {}
            command = {"citizen": citizen, "entries": told, **by_post}
            yield from _received(chunk, _naming(ask, people), delivery.owner, command)


def _to_log(deliveries: Sequence[Delivery], people: People, ask: Ask) -> Iterator[Outcome]:
    """Audit events go out about many citizens at once: most are about somebody else than the one before."""
    people.look_up(str(delivery.national_id) for delivery in deliveries)
    ready: list[tuple[Deliverable, dict[str, Any]]] = []
    for delivery in deliveries:
        try:
            citizen = people.citizen(str(delivery.national_id))
        except (Refusal, Unavailable, Internal) as failure:
            yield from (failed(entry, failure) for entry in delivery.entries)
        else:
            ready += [(entry, {**entry.for_owner(), "citizen": citizen}) for entry in delivery.entries]
    for some in (ready[place : place + ENTRIES_A_CALL] for place in range(0, len(ready), ENTRIES_A_CALL)):
        command = {"citizen": None, "entries": [told for _, told in some]}
        yield from _received([entry for entry, _ in some], ask, LOG, command)


def _naming(ask: Ask, people: People) -> Ask:
    """
    Tell consents by what other ids appointments and visits are known, before anything else is delivered.

    What comes with the first word of a hidden booking, or of the visit to a hidden appointment, is then hidden when it
    arrives. While either of the two services is away, what else there is about that person waits, in this bundle and in
    later ones: sent again, it is named again.
    """

    def ask_and_name(owner: str, method: str, command: Mapping[str, Any]) -> Any:
        citizen = command["citizen"]
        if owner != NAMING or citizen is None or not any(entry["type"] in NAMED for entry in command["entries"]):
            return ask(owner, method, command)
        with people.unnamed_until_named(citizen):
            try:
                answer = ask(owner, method, command)
            except Refusal:  # its last word, and it keeps nothing: no name will ever come of it
                people.unnamed_here.discard(citizen)
                raise
            named = answer.get("named") or ()
            for some in (named[place : place + ENTRIES_A_CALL] for place in range(0, len(named), ENTRIES_A_CALL)):
                ask(LOG, "name_appointments", {"citizen": citizen, "named": some})
            people.unnamed_here.discard(citizen)
        return answer

    return ask_and_name


def _received(chunk: Sequence[Deliverable], ask: Ask, owner: str, command: Mapping[str, Any]) -> Iterator[Outcome]:
    try:
        answers = ask(owner, "receive", command)["outcomes"]
    except (Refusal, Unavailable, Internal) as failure:
        yield from (failed(entry, failure) for entry in chunk)
    else:
        told = {answer["index"]: answer for answer in answers}
        for entry in chunk:
            yield Outcome.of_owner(entry.type, told.get(entry.index, {"index": entry.index, "outcome": "refused"}))


def _for_owner(entry: Deliverable, settings: Mapping[str, str]) -> dict[str, Any]:
    visit = entry.resource.get("encounter", {}).get("reference", "")
    setting = settings.get(visit.removeprefix("Encounter/"), "")
    return {**entry.for_owner(), **({"setting": setting} if setting else {})}


def failed(entry: Deliverable, failure: Exception) -> Outcome:
    """An owner that is away or broke down will get the entry later; what it refused is refused."""
    if isinstance(failure, Unavailable | Internal):
        return Outcome(entry.index, entry.type, Fate.ACCEPTED)
    code = failure.code if isinstance(failure, Refusal) else "refused"
    found = [Problem(one.field, "processing", one.expected) for one in getattr(failure, "problems", ())]
    return Outcome.refused(entry.index, entry.type, code, *(found or [Problem(entry.type, "processing")]))


def settings_of_visits(prepared: Iterable[Deliverable | Outcome]) -> dict[str, str]:
    """The setting of each visit in the bundle, by the key under which other entries name it."""
    visits = (one for one in prepared if isinstance(one, Deliverable) and one.type == "Encounter")
    return {visit.key: SETTINGS.get(visit.resource["class"].get("code", ""), "") for visit in visits}
