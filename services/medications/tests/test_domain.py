"""A medicine on the list."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from helsami_medications.domain import Medicine, Use
from helsami_medications.schemas import body

AT = datetime(2026, 2, 1, 8, tzinfo=UTC)
MEDICINE = Medicine("Metformin", "http://www.whocc.no/atc", "A10BA02", Use.ACTIVE, AT, "2026-02-01")


def test_a_citizen_reads_a_medicine_with_everything_that_nobody_said_as_nothing():
    assert body(MEDICINE) == {
        "name": "Metformin",
        "system": "http://www.whocc.no/atc",
        "code": "A10BA02",
        "status": "active",
        "since": "2026-02-01",
        "dosage": None,
        "prescriber": None,
    }


def test_a_medicine_does_not_change():
    with pytest.raises(FrozenInstanceError):
        MEDICINE.use = Use.ENDED
