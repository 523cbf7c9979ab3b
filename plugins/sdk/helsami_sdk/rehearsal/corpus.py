"""Some thousand things that happened or will happen to synthetic citizens at one organisation, the same each time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from helsami_sdk.manifest import Manifest
from helsami_sdk.questions import HOME_CARE_VISIT, HOME_MEETINGS, SlotChoice
from helsami_sdk.rehearsal.measurements import Measurement, measurements
from helsami_sdk.rehearsal.people import Citizen, households
from helsami_sdk.rehearsal.vocabulary import Words

SEED = 20_260_112
NOW = datetime(2026, 1, 12, 8, tzinfo=UTC)

ROLES = ("LE", "SP", "FT", "PS", "JO")  # Volven 9060: doctor, nurse, physiotherapist, psychologist, midwife
_EVERYWHERE = ("consultation", "follow-up", "vaccination", "blood-test", "video-consultation")
_OF_KIND = {
    "municipality": (HOME_CARE_VISIT, *sorted(HOME_MEETINGS), "physiotherapy", "nursing-home-stay"),
    "gp-office": ("annual-check", HOME_CARE_VISIT),
    "hospital": ("operation", "inpatient-stay", "x-ray"),
    "hospital-trust": ("operation", "inpatient-stay", "x-ray"),
}
_AT_HOME = frozenset({HOME_CARE_VISIT, "home-visit", *HOME_MEETINGS})
_SETTING_BY_WORD = {"video": "virtual", "nursing-home": "nursing-home", "stay": "inpatient", "operation": "inpatient"}
_USUAL_SETTINGS = ("outpatient",) * 8 + ("emergency", "")
_MEASURED_IN = ("outpatient",) * 6 + ("inpatient", "inpatient", "nursing-home", "emergency", "home", "virtual", "")
_YEARS_BACK = 3


@dataclass(frozen=True, slots=True)
class Meeting:
    """An appointment or a visit; `at` is aware, and after NOW for an appointment."""

    id: int
    citizen: Citizen
    visit_type: str
    unit: str
    setting: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """Something that may be read; `kind` is one of KINDS, `meeting` what it is from, where it is from a meeting."""

    id: int
    kind: str
    citizen: Citizen
    day: date
    author_role: str = ""
    meeting: Meeting | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A result; `several` where it also tells about somebody else."""

    id: int
    citizen: Citizen
    of: Measurement
    setting: str
    day: date
    several: bool


@dataclass(frozen=True)
class Corpus:
    """Everything that rules are asked about in a rehearsal; `kind` is the organisation's, `words` are its rules'."""

    kind: str
    citizens: tuple[Citizen, ...]
    appointments: tuple[Meeting, ...]
    written: tuple[Written, ...]
    measured: tuple[Measured, ...]
    free: tuple[tuple[SlotChoice, ...], ...]
    words: Words


def corpus_for(organisation: Manifest, words: Words) -> Corpus:
    """Build the corpus of an organisation from what it is and the words that its old and its new rules know."""
    chance = Random(SEED)  # noqa: S311  drawn the same each time, on purpose
    citizens = households(chance)
    draw = _Draw(chance, _visit_types(organisation, words), sorted(words["unit"]) or [""])
    appointments = tuple(draw.appointments(citizens))
    visits = tuple(draw.visits(citizens))
    roles = sorted({*ROLES, *words["author_role"]})
    written = tuple(draw.written(citizens, (*appointments, *visits), roles))
    tests = measurements(words["code"], words["category"])
    return Corpus(
        kind=organisation.kind,
        citizens=tuple(citizens),
        appointments=appointments,
        written=written,
        measured=tuple(draw.measured(citizens, tests)),
        free=tuple(draw.free()),
        words=words,
    )


def _visit_types(organisation: Manifest, words: Words) -> list[str]:
    return sorted({*_EVERYWHERE, *_OF_KIND.get(organisation.kind, ()), *words["visit_type"]})


class _Draw:
    """Draws things by turns, so that each visit type and each test comes up often, whatever chance says."""

    def __init__(self, chance: Random, visit_types: Sequence[str], units: Sequence[str]) -> None:
        self._chance = chance
        self._visit_types = visit_types
        self._units = units
        self._ids = iter(range(1_000_000))
        self._turn = 0

    def appointments(self, citizens: Iterable[Citizen]) -> Iterator[Meeting]:
        for citizen in citizens:
            for _ in range(2):
                yield self._meeting(citizen, NOW + timedelta(hours=self._chance.choice((6, 20, 30, 70, 150, 400, 900))))

    def visits(self, citizens: Iterable[Citizen]) -> Iterator[Meeting]:
        for citizen in citizens:
            for _ in range(3):
                yield self._meeting(citizen, NOW - timedelta(days=self._chance.randrange(1, 365 * _YEARS_BACK)))

    def written(
        self, citizens: Iterable[Citizen], meetings: Sequence[Meeting], roles: Sequence[str]
    ) -> Iterator[Written]:
        for meeting in meetings:
            coming = meeting.at > NOW
            for kind in ("appointment",) if coming else ("visit", "note"):
                role = self._chance.choice(roles)
                yield Written(next(self._ids), kind, meeting.citizen, meeting.at.date(), role, meeting)
        for citizen in citizens:
            for kind in ("document", "condition", "allergy", "vaccine", "medication"):
                yield Written(next(self._ids), kind, citizen, self._some_day(), self._chance.choice(roles))
        for meeting in meetings[::2]:
            yield Written(next(self._ids), "document", meeting.citizen, min(meeting.at, NOW).date(), "", meeting)

    def measured(self, citizens: Sequence[Citizen], tests: Sequence[Measurement]) -> Iterator[Measured]:
        rounds = 1 + 4 * len(citizens) // len(tests)
        for of in tests:
            for place in range(rounds):
                citizen = self._chance.choice(citizens)
                setting = _MEASURED_IN[place % len(_MEASURED_IN)]
                several = self._chance.random() < 1 / 50
                yield Measured(next(self._ids), citizen, of, setting, self._some_day(), several)

    def free(self) -> Iterator[tuple[SlotChoice, ...]]:
        for visit_type in self._visit_types:
            hours = (-2, 6, 11, 13, 20, 30, 47, 49, 71, 100, 200, 500)
            yield tuple(
                SlotChoice(f"time-{next(self._ids)}", NOW + timedelta(hours=ahead), visit_type, self._unit(visit_type))
                for ahead in hours
            )

    def _meeting(self, citizen: Citizen, at: datetime) -> Meeting:
        self._turn += 1
        visit_type = self._visit_types[self._turn % len(self._visit_types)]
        return Meeting(next(self._ids), citizen, visit_type, self._unit(visit_type), self._setting(visit_type), at)

    def _unit(self, visit_type: str) -> str:
        # A unit that bears the visit type's name is where it happens; any other happens everywhere.
        alike = [unit for unit in self._units if unit and visit_type.startswith(unit.rstrip("s"))]
        return self._chance.choice(alike or self._units)

    def _setting(self, visit_type: str) -> str:
        if visit_type in _AT_HOME:
            return "home"
        worded = (setting for word, setting in _SETTING_BY_WORD.items() if word in visit_type)
        return next(worded, None) or self._chance.choice(_USUAL_SETTINGS)

    def _some_day(self) -> date:
        return (NOW - timedelta(days=self._chance.randrange(1, 365 * _YEARS_BACK))).date()
