"""What a citizen reads of a medicine."""

from __future__ import annotations

from typing import Any

from helsami_medications.domain import Medicine


def body(medicine: Medicine) -> dict[str, Any]:
    """Give a medicine as its citizen reads it."""
    return {
        "name": medicine.name,
        "system": medicine.system,
        "code": medicine.code,
        "status": str(medicine.use),
        "since": medicine.since,
        "dosage": medicine.dosage,
        "prescriber": medicine.prescriber,
    }
