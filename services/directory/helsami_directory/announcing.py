"""What the directory tells others, as the events that travel: opaque ids, and nothing of where anybody lives."""

from __future__ import annotations

from helsami_directory.register import schemas
from helsami_directory.register.domain import (
    AddressChanged,
    BirthDateChanged,
    CitizenDied,
    ParentalResponsibilityChanged,
    ProtectionChanged,
)
from helsami_kernel import Event


def event_of(happened: object, subject: str, sequence: int) -> Event:
    """What has happened, told to or of one citizen. Raises TypeError for what is not told."""
    match happened:
        case AddressChanged():
            told = schemas.AddressChanged().dump(happened)
            return Event.of("address_changed", subject=subject, data=told, sequence=sequence)
        case BirthDateChanged():
            told = schemas.BirthDateChanged().dump(happened)
            return Event.of("birth_date_changed", subject=subject, data=told, sequence=sequence)
        case CitizenDied():
            told = schemas.CitizenDied().dump(happened)
            return Event.of("citizen_died", subject=subject, data=told, sequence=sequence)
        case ParentalResponsibilityChanged():
            told = schemas.ParentalResponsibilityChanged().dump(happened)
            return Event.of("parental_responsibility_changed", subject=subject, data=told, sequence=sequence)
        case ProtectionChanged():
            told = schemas.ProtectionChanged().dump(happened)
            return Event.of("protection_changed", subject=subject, data=told, sequence=sequence)
    raise TypeError(type(happened).__name__)
