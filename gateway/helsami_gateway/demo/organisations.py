"""The three organisations of the demo: their units, the people who work there, and what can be booked."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Unit:
    """A part of an organisation that one can come to; the key is the unit's id in the organisation's manifest."""

    key: str
    name: str
    phone: str


@dataclass(frozen=True)
class Clinician:
    """Somebody who works at a unit; profession is a code of Volven 9060."""

    key: str
    name: str
    profession: str
    title: str
    unit: str


@dataclass(frozen=True)
class Offer:
    """What a clinician has free times for."""

    clinician: str
    visit_type: str
    lasts: timedelta


@dataclass(frozen=True)
class Organisation:
    """Where people work; `id` is the id of the organisation's plugin."""

    id: str
    name: str
    kind: str
    phone: str
    started: date
    units: tuple[Unit, ...]
    clinicians: tuple[Clinician, ...]
    offers: tuple[Offer, ...]

    def unit(self, key: str) -> Unit:
        """The unit of that key."""
        return next(unit for unit in self.units if unit.key == key)

    def clinician(self, key: str) -> Clinician:
        """The clinician of that key."""
        return next(clinician for clinician in self.clinicians if clinician.key == key)


VISIT_TYPES = {
    "consultation": "Legetime",
    "video-consultation": "Videokonsultasjon",
    "follow-up": "Kontroll på sykehuset",
    "inpatient-stay": "Innleggelse",
    "blood-test": "Blodprøve",
    "physiotherapy": "Fysioterapi",
    "health-station-check": "Time hos helsesykepleier",
    "vaccination": "Vaksinasjon",
    "home-care-visit": "Besøk av hjemmesykepleien",
    "care-group-meeting": "Ansvarsgruppemøte hjemme",
}
"""What a meeting is for: the codes that the organisations' rules know, and plain Norwegian."""

TWENTY_MINUTES = timedelta(minutes=20)
TEN_MINUTES = timedelta(minutes=10)
HALF_AN_HOUR = timedelta(minutes=30)

OYA = Organisation(
    id="oya_legesenter",
    name="Øya legesenter",
    kind="Fastlegekontor",
    phone="+47 00 00 00 20",
    started=date(2025, 9, 1),
    units=(Unit("doctors", "Fastlegene", "+47 00 00 00 20"),),
    clinicians=(
        Clinician("doctor-1", "Sindig Lykt", "LE", "Fastlege", "doctors"),
        Clinician("doctor-2", "Klar Kompass", "LE", "Fastlege", "doctors"),
        Clinician("doctor-3", "Våken Lampe", "LE", "Fastlege", "doctors"),
    ),
    offers=(
        Offer("doctor-1", "consultation", TWENTY_MINUTES),
        Offer("doctor-2", "consultation", TWENTY_MINUTES),
        Offer("doctor-3", "video-consultation", TWENTY_MINUTES),
    ),
)

ST_OLAVS = Organisation(
    id="st_olavs",
    name="St. Olavs hospital",
    kind="Sykehus",
    phone="+47 00 00 00 30",
    started=date(2025, 3, 1),
    units=(
        Unit("blood-tests", "Blodprøvepoliklinikken", "+47 00 00 00 32"),
        Unit("orthopaedics", "Ortopedisk avdeling", "+47 00 00 00 33"),
        Unit("maternity", "Fødeavdelingen", "+47 00 00 00 34"),
        Unit("genetics", "Avdeling for medisinsk genetikk", "+47 00 00 00 36"),
        Unit("medicine", "Medisinsk avdeling", "+47 00 00 00 30"),
        Unit("children", "Barne- og ungdomsklinikken", "+47 00 00 00 30"),
    ),
    clinicians=(
        Clinician("sampler-1", "Kjapp Fjær", "BI", "Bioingeniør", "blood-tests"),
        Clinician("surgeon-1", "Stø Bauta", "LE", "Overlege", "orthopaedics"),
        Clinician("midwife-1", "Varm Vugge", "JO", "Jordmor", "maternity"),
        Clinician("geneticist-1", "Klok Kveld", "LE", "Overlege", "genetics"),
        Clinician("physician-1", "Rolig Anker", "LE", "Overlege", "medicine"),
        Clinician("paediatrician-1", "Mild Måke", "LE", "Overlege", "children"),
    ),
    offers=(
        Offer("sampler-1", "blood-test", TEN_MINUTES),
        Offer("surgeon-1", "follow-up", HALF_AN_HOUR),
    ),
)

TRONDHEIM = Organisation(
    id="trondheim",
    name="Trondheim kommune",
    kind="Kommune",
    phone="+47 00 00 00 10",
    started=date(2025, 5, 1),
    units=(
        Unit("health-station", "Helsestasjon", "+47 00 00 00 12"),
        Unit("physiotherapy", "Fysioterapitjenesten", "+47 00 00 00 13"),
        Unit("home-care", "Hjemmetjenesten", "+47 00 00 00 15"),
    ),
    clinicians=(
        Clinician("nurse-1", "Blid Ball", "SP", "Helsesykepleier", "health-station"),
        Clinician("physiotherapist-1", "Spenstig Strikk", "FT", "Fysioterapeut", "physiotherapy"),
        Clinician("physiotherapist-2", "Myk Matte", "FT", "Fysioterapeut", "physiotherapy"),
        Clinician("carer-1", "Vennlig Hånd", "SP", "Sykepleier", "home-care"),
        Clinician("coordinator-1", "Jevn Bro", "SP", "Koordinator", "home-care"),
    ),
    offers=(
        Offer("nurse-1", "vaccination", TEN_MINUTES),
        Offer("physiotherapist-1", "physiotherapy", HALF_AN_HOUR),
    ),
)

ORGANISATIONS = (TRONDHEIM, OYA, ST_OLAVS)
