"""The whole demo as FHIR transactions, in the order in which they are loaded."""

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random

from helsami_gateway.demo.diary import Diary
from helsami_gateway.demo.fhir import Json
from helsami_gateway.demo.history import Life, general_practice, hospital, municipality
from helsami_gateway.demo.organisations import ORGANISATIONS, OYA, ST_OLAVS, TRONDHEIM
from helsami_gateway.demo.people import SEED, people
from helsami_gateway.demo.register import organisation_bundle

STARTED = {organisation.id: organisation.started for organisation in ORGANISATIONS}

CHAPTERS = ((OYA.id, general_practice), (TRONDHEIM.id, municipality), (ST_OLAVS.id, hospital))


def bundles(today: date, started: Mapping[str, date] = STARTED) -> Iterator[tuple[str, Json]]:
    """
    Yield (organisation id, R4 transaction) for each organisation first, then for each person where they are known.

    `started` says since when each organisation shows what it writes; everybody has something newer in every section of
    the home view, and most have something older. Everything is dated relative to `today`, so that the demo is always
    fresh: the same day gives the same bytes (`dumps`), another day others under the same identifiers. Whoever wants a
    second load to change nothing remembers the day of the first.
    """
    for organisation in ORGANISATIONS:
        yield organisation.id, organisation_bundle(organisation, today)
    diary = Diary()
    for person in people(today):
        # One source of chance a person: what is added to one changes nothing for the next.
        rng = Random(f"{SEED} {person.key}")  # noqa: S311 - made-up illnesses, not secrets
        life = Life(person, today, dict(started), diary, rng)
        for organisation_id, chapter in CHAPTERS:
            if (bundle := chapter(life)) is not None:
                yield organisation_id, bundle
