"""People as the population register writes them down: synthetic, and no more of each than a test is about."""

from typing import Any

Json = dict[str, Any]


def document(name: str = "Modig Fjell", born: str = "1986-03-13", **more: Any) -> Json:
    """A person's document; each of `more` is an element that holds, or a list of such."""
    given, _, family = name.partition(" ")
    elements = {"navn": {"fornavn": given, "etternavn": family}, "foedsel": {"foedselsdato": born}, **more}
    return {
        element: [{"erGjeldende": True, **one} for one in (said if isinstance(said, list) else [said])]
        for element, said in elements.items()
    }


def living_in(street: str, unit: str = "H0101", **more: str) -> Json:
    """An element: a dwelling in a street."""
    place = {
        "adressenavn": street,
        "adressenummer": {"husnummer": "1"},
        "bruksenhetsnummer": unit,
        "poststed": {"postnummer": "7030", "poststedsnavn": "TRONDHEIM"},
    }
    return {"bostedsadresse": {"adressegradering": "ugradert", "vegadresse": place, **more}}


def cared_for_by(*holders: str, kind: str = "felles") -> Json:
    """An element: the parental responsibility of some national ids."""
    return {"foreldreansvar": [{"ansvar": kind, "ansvarlig": holder} for holder in holders]}


def graded(grade: str) -> Json:
    """An element: the grade of an address."""
    return {"adressebeskyttelse": {"graderingsnivaa": grade}}


HEALTH_AND_CARE = ("kommune", "helseOgOmsorg")


def guarded_by(guardian: str, *tasks: tuple[str, str], kind: str = "voksen", until: str | None = None) -> Json:
    """An element: a guardianship, in what concerns health where nothing else is said."""
    met = [{"vergeTjenestevirksomhet": by, "vergeTjenesteoppgave": task} for by, task in tasks or (HEALTH_AND_CARE,)]
    appointed: Json = {"vergemaaltype": kind, "verge": {"foedselsEllerDNummer": guardian, "tjenesteomraade": met}}
    return {"vergemaalEllerFremtidsfullmakt": appointed | ({"opphoerstidspunkt": until} if until else {})}
