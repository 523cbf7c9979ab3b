"""Two years of one person's life with the health service, told into the charts of the three organisations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from helsami_gateway.demo import ahead
from helsami_gateway.demo.chart import LASTING, PASSING, Chart, Visit
from helsami_gateway.demo.clinical import (
    ADULT_BOOSTER,
    ALLERGIES,
    BIRTH,
    BONE_TABLETS,
    CARE_GROUP,
    COVID_TEST,
    HEALTH_STATION,
    HOME_CARE,
    HOSPITAL,
    INFLUENZA,
    NO_KNOWN_ALLERGY,
    PHYSIOTHERAPY,
    PNEUMOCOCCI,
    PROGRAMME,
    SCHOOL_NURSE,
    TICK,
    TRAVEL,
    VIDEO,
    VITAMIN_DROPS,
    Drug,
    HospitalStory,
    Story,
    Vaccine,
)
from helsami_gateway.demo.clinical import LASTING as LASTING_STORIES
from helsami_gateway.demo.clinical import PASSING as PASSING_STORIES
from helsami_gateway.demo.diary import Diary, Times
from helsami_gateway.demo.fhir import ICD_10, ICPC_2, Json
from helsami_gateway.demo.organisations import OYA, ST_OLAVS, TRONDHEIM, Organisation
from helsami_gateway.demo.people import Person

Tale = TypeVar("Tale", Story, HospitalStory)

JOURNAL_NOTE = ("B02-2", "Journalnotat")
OUTPATIENT_NOTE = ("B03-2", "Poliklinisk notat")
DISCHARGE = ("A03-2", "Epikrise")

GENERAL_PRACTITIONERS = ("doctor-1", "doctor-2", "doctor-3")
NURSE, PHYSIOTHERAPIST, COLLEAGUE, CARER, COORDINATOR, PHYSICIAN = (
    "nurse-1",
    "physiotherapist-1",
    "physiotherapist-2",
    "carer-1",
    "coordinator-1",
    "physician-1",
)

INFANT, TODDLER, SCHOOL, YOUTH, GROWN, OLD, AT_HOME = (1, 4, 6, 16, 19, 65, 75)
"""Ages at which other things begin to happen."""

SHOWN_DOSES = 2
"""How many of a child's latest vaccines are told, to keep the demo small."""

NEWS = (5, 10)
"""How many days ago everybody has last been to their general practitioner."""

PREPARATION = "Skriv ned det du vil spørre om, og ta med en liste over det du bruker av medisiner."

OCTOBER = 10


@dataclass(frozen=True)
class Life:
    """One person on the day the demo is made, with a source of chance of their own."""

    person: Person
    today: date
    started: dict[str, date]
    diary: Diary
    rng: Random

    @property
    def age(self) -> int:
        """Whole years today."""
        return self.person.age_on(self.today)

    def times(self, organisation: Organisation) -> Times:
        """When things can have happened there."""
        return Times(self.today, self.started[organisation.id], self.person.birth_date)

    def meet(self, organisation: Organisation, clinician: str, day: date) -> datetime:
        """Find a time from that day on at which both are free."""
        return self.diary.meet(day, f"{organisation.id}.{clinician}", self.person.key)

    def perhaps(self, share: float) -> bool:
        """Whether something that happens to that share of people happens to this one."""
        return self.rng.random() < share


def general_practice(life: Life) -> Json:
    """Everybody has a general practitioner: consultations, medicines, tests, allergies and adults' vaccines."""
    chart = Chart(life.person, OYA)
    doctor = GENERAL_PRACTITIONERS[len(life.person.household) % len(GENERAL_PRACTITIONERS)]
    times = life.times(OYA)
    passing = _fitting(PASSING_STORIES, life.age, life.rng, 2)
    lasting = _fitting(LASTING_STORIES, life.age, life.rng, 2 if life.age >= AT_HOME else 1)

    if (early := times.before_start(life.rng.randint(10, 85))) is not None:
        _early_consultation(life, chart, doctor, early, passing[1])
    for number, story in enumerate(lasting):
        visit = _followed_up(life, chart, doctor, times.recent(0.5 + 0.4 * number + 0.1 * life.rng.random()), story)
        if number == 0:
            if life.age >= GROWN:
                chart.looked(visit)
            _basics(life, chart, visit, [story.drug for story in (*lasting, *passing) if story.drug is not None])
    _short_complaint(life, chart, doctor, times.lately(life.rng.randint(*NEWS)), passing[0])
    if life.age >= GROWN:
        _adult_vaccines(life, chart, doctor)
    _coming(life, chart, doctor, "consultation", lasting[0].title)
    return chart.bundle()


def hospital(life: Life) -> Json | None:
    """Some have been to the hospital; the new-born were born there."""
    stories = _fitting(HOSPITAL, life.age, life.rng, 1)
    if life.age < INFANT:
        chart = Chart(life.person, ST_OLAVS)
        _born(life, chart)
        return chart.bundle()
    if life.person.number == ahead.WHO:
        chart = Chart(life.person, ST_OLAVS)
        ahead.at_hospital(chart, life.today, PHYSICIAN, life.meet(ST_OLAVS, PHYSICIAN, life.today + ahead.SUMMONED))
        return chart.bundle()
    if not stories or not life.perhaps(0.5):
        return None
    chart = Chart(life.person, ST_OLAVS)
    story, times = stories[0], life.times(ST_OLAVS)
    early = times.before_start(life.rng.randint(5, 80))
    if early is not None and life.perhaps(0.4):
        starts = life.meet(ST_OLAVS, PHYSICIAN, early)
        visit = chart.visit("AMB", "follow-up", PHYSICIAN, starts, why="Undersøkelse")
        chart.note(
            visit, OUTPATIENT_NOTE, "Undersøkelse", "Undersøkt etter henvisning fra fastlege. Ingen tegn til sykdom."
        )
    _treated(life, chart, story, times.recent(life.rng.random()))
    return chart.bundle()


def municipality(life: Life) -> Json | None:
    """Children see the public-health nurse, some adults a physiotherapist, and the oldest are helped at home."""
    chart = Chart(life.person, TRONDHEIM)
    if life.age < GROWN:
        _growing_up(life, chart)
    elif life.age >= AT_HOME:
        _helped_at_home(life, chart)
    elif life.perhaps(0.45) or life.person.number == ahead.WHO:
        _trained(life, chart)
    else:
        return None
    if life.person.number == ahead.WHO:
        ahead.in_municipality(chart, life.today, PHYSIOTHERAPIST)
    return chart.bundle()


def _early_consultation(life: Life, chart: Chart, doctor: str, day: date, story: Story) -> None:
    """Something from before the office joined: there, but not for the citizen."""
    visit = chart.visit("AMB", "consultation", doctor, life.meet(OYA, doctor, day), why=story.title)
    chart.condition(visit, ICPC_2, story.icpc, story.name, PASSING)
    if story.drug is not None and life.perhaps(0.6):
        chart.medicine(visit, story.drug, active=False)
    if life.perhaps(0.25):
        chart.report(visit, COVID_TEST, life.rng)


def _followed_up(life: Life, chart: Chart, doctor: str, day: date, story: Story) -> Visit:
    starts = life.meet(OYA, doctor, day)
    chart.appointment("consultation", doctor, starts, status="fulfilled", why=story.title)
    visit = chart.visit("AMB", "consultation", doctor, starts, why=story.title)
    chart.condition(visit, ICPC_2, story.icpc, story.name, LASTING)
    if story.drug is not None:
        chart.medicine(visit, story.drug, active=True)
    chart.report(visit, story.panel, life.rng)
    chart.note(visit, JOURNAL_NOTE, story.title, story.note)
    return visit


def _basics(life: Life, chart: Chart, visit: Visit, drugs: list[Drug]) -> None:
    """What is asked at every first consultation: allergies, and what people take besides."""
    tolerant = life.age < INFANT or life.perhaps(0.45)
    # Nobody is given what they do not tolerate, nor its near relatives: the first four characters of an ATC code.
    possible = [allergy for allergy in ALLERGIES if not any(drug.atc[:4] == allergy.code[:4] for drug in drugs)]
    chart.allergy(visit, NO_KNOWN_ALLERGY if tolerant else life.rng.choice(possible))
    if life.age < TODDLER:
        chart.medicine(visit, VITAMIN_DROPS, active=True)
    if life.age >= AT_HOME:
        chart.medicine(visit, BONE_TABLETS, active=True)


def _short_complaint(life: Life, chart: Chart, doctor: str, day: date, story: Story) -> None:
    starts = life.meet(OYA, doctor, day)
    if life.age >= YOUTH and life.perhaps(0.4):
        visit = chart.visit("VR", "video-consultation", doctor, starts, why=story.title)
        chart.note(visit, JOURNAL_NOTE, story.title, VIDEO)
    else:
        visit = chart.visit("AMB", "consultation", doctor, starts, why=story.title)
    chart.condition(visit, ICPC_2, story.icpc, story.name, PASSING)
    if story.drug is not None:
        chart.medicine(visit, story.drug, active=False)
    chart.report(visit, story.panel, life.rng)


def _adult_vaccines(life: Life, chart: Chart, doctor: str) -> None:
    if life.perhaps(0.6):
        booster = life.today - timedelta(days=life.rng.randint(3 * 365, 9 * 365))
        chart.vaccine(ADULT_BOOSTER, booster, doctor, 1)
    chart.vaccine(INFLUENZA, _last_autumn(life), doctor, 1)
    if life.age >= OLD:
        chart.vaccine(PNEUMOCOCCI, life.today - timedelta(days=life.rng.randint(400, 1500)), doctor, 1)


def _last_autumn(life: Life) -> date:
    """A day in October of the newest influenza season that is over for this person."""
    season = date(life.today.year, OCTOBER, life.rng.randint(5, 25))
    return season if season < life.today else season.replace(year=season.year - 1)


def _coming(life: Life, chart: Chart, clinician: str, visit_type: str, why: str) -> None:
    """One appointment ahead; now and then another that was cancelled or missed."""
    starts = life.meet(chart.organisation, clinician, life.times(chart.organisation).coming(life.rng.randint(3, 60)))
    agreed = chart.appointment(visit_type, clinician, starts, status="booked", why=why)
    if chart.organisation is TRONDHEIM:
        chart.task(agreed, PREPARATION, starts)
    if life.perhaps(0.15):
        day = life.times(chart.organisation).recent(life.rng.random())
        status = "cancelled" if life.perhaps(0.7) else "noshow"
        starts = life.meet(chart.organisation, clinician, day)
        chart.appointment(visit_type, clinician, starts, status=status, why=why)


def _born(life: Life, chart: Chart) -> None:
    came, left = life.diary.stay(life.person.birth_date, BIRTH.nights, life.person.key)
    visit = chart.visit("IMP", "inpatient-stay", BIRTH.clinician, came, left, why=BIRTH.name)
    _written_up(life, chart, visit, BIRTH, DISCHARGE)


def _treated(life: Life, chart: Chart, story: HospitalStory, day: date) -> None:
    if story.nights:
        came, left = life.diary.stay(day, story.nights, life.person.key)
        visit = chart.visit("IMP", "inpatient-stay", story.clinician, came, left, why=story.name)
        _written_up(life, chart, visit, story, DISCHARGE)
    else:
        starts = life.meet(ST_OLAVS, story.clinician, day)
        chart.appointment("follow-up", story.clinician, starts, status="fulfilled", why=story.name)
        visit = chart.visit("AMB", "follow-up", story.clinician, starts, why=story.name)
        _written_up(life, chart, visit, story, OUTPATIENT_NOTE)
    if life.perhaps(0.4):
        _coming(life, chart, story.clinician, "follow-up", f"Kontroll: {story.name}")


def _written_up(life: Life, chart: Chart, visit: Visit, story: HospitalStory, kind: tuple[str, str]) -> None:
    chart.condition(visit, ICD_10, story.icd, story.name, PASSING)
    chart.report(visit, story.panel, life.rng)
    chart.note(visit, kind, story.name, story.note)


def _growing_up(life: Life, chart: Chart) -> None:
    doses = _doses_so_far(life)
    for vaccine, given, dose in doses[-SHOWN_DOSES:]:
        chart.vaccine(vaccine, given, NURSE, dose)
    times = life.times(TRONDHEIM)
    if not any(given >= times.started for _, given, _ in doses):
        chart.vaccine(life.rng.choice((TICK, TRAVEL)), times.recent(life.rng.random()), NURSE, 1)
    title, text = HEALTH_STATION if life.age < SCHOOL else SCHOOL_NURSE
    if (early := times.before_start(life.rng.randint(5, 85))) is not None and life.perhaps(0.5):
        chart.visit("AMB", "health-station-check", NURSE, life.meet(TRONDHEIM, NURSE, early), why=title)
    starts = life.meet(TRONDHEIM, NURSE, times.recent(life.rng.random()))
    visit = chart.visit("AMB", "health-station-check", NURSE, starts, why=title)
    chart.note(visit, JOURNAL_NOTE, title, text)
    if life.age < SCHOOL:
        _coming(life, chart, NURSE, "health-station-check", title)


def _doses_so_far(life: Life) -> list[tuple[Vaccine, date, int]]:
    doses = [
        (vaccine, life.person.birth_date + timedelta(days=days), number)
        for vaccine in PROGRAMME
        for number, days in enumerate(vaccine.due, 1)
    ]
    return sorted((dose for dose in doses if dose[1] < life.today), key=lambda dose: dose[1])


def _trained(life: Life, chart: Chart) -> None:
    title, text = PHYSIOTHERAPY
    times = life.times(TRONDHEIM)
    if (early := times.before_start(life.rng.randint(5, 85))) is not None:
        starts = life.meet(TRONDHEIM, PHYSIOTHERAPIST, early)
        chart.visit("AMB", "physiotherapy", PHYSIOTHERAPIST, starts, why=title)
    starts = life.meet(TRONDHEIM, PHYSIOTHERAPIST, times.recent(life.rng.random()))
    chart.appointment("physiotherapy", PHYSIOTHERAPIST, starts, status="fulfilled", why=title)
    visit = chart.visit("AMB", "physiotherapy", PHYSIOTHERAPIST, starts, why=title)
    chart.note(visit, JOURNAL_NOTE, title, text)
    _coming(life, chart, PHYSIOTHERAPIST, "physiotherapy", title)
    chart.treated_by("physiotherapy", PHYSIOTHERAPIST, COLLEAGUE)


def _helped_at_home(life: Life, chart: Chart) -> None:
    """Visits by home care, which nobody is shown, and a meeting at home, which is (R29, R30)."""
    times = life.times(TRONDHEIM)
    for share in (0.1, 0.6):
        title, text = HOME_CARE
        starts = life.meet(TRONDHEIM, CARER, times.recent(share))
        visit = chart.visit("HH", "home-care-visit", CARER, starts, why=title)
        chart.note(visit, JOURNAL_NOTE, title, text)
    starts = life.meet(TRONDHEIM, CARER, times.coming(life.rng.randint(1, 7)))
    chart.appointment("home-care-visit", CARER, starts, status="booked", why=HOME_CARE[0])

    title, text = CARE_GROUP
    starts = life.meet(TRONDHEIM, COORDINATOR, times.recent(0.3))
    visit = chart.visit("HH", "care-group-meeting", COORDINATOR, starts, why=title)
    chart.note(visit, JOURNAL_NOTE, title, text)
    starts = life.meet(TRONDHEIM, COORDINATOR, times.coming(life.rng.randint(14, 90)))
    chart.appointment("care-group-meeting", COORDINATOR, starts, status="booked", why=title)
    chart.treated_by("home-care", CARER, COORDINATOR)


def _fitting(stories: Sequence[Tale], age: int, rng: Random, count: int) -> list[Tale]:
    """Some stories that can be true of this age, no two alike; fewer if there are no more."""
    possible = [story for story in stories if story.ages[0] <= age <= story.ages[1]]
    return rng.sample(possible, min(count, len(possible)))
