"""What the directory tells others, as the events that travel: opaque ids, and nothing of where anybody lives."""

from __future__ import annotations

from helsami_directory.account import schemas as account
from helsami_directory.account.domain import AccountDeactivated, AccountReactivated
from helsami_directory.register import schemas
from helsami_directory.register.birthdays import Turned16, Turning16Soon
from helsami_directory.register.domain import (
    AddressChanged,
    BirthDateChanged,
    CitizenDied,
    GuardianshipChanged,
    ParentalResponsibilityChanged,
    ProtectionChanged,
)
from helsami_kernel import Event


def event_of(happened: object, subject: str, sequence: int) -> Event:
    """What has happened, told to or of one citizen. Raises TypeError for what is not told."""
    match happened:
        case AccountDeactivated():
            told = account.AccountDeactivated().dump(happened)
            event = Event.of("account_deactivated", subject=subject, data=told, sequence=sequence)
        case AccountReactivated():
            told = account.AccountReactivated().dump(happened)
            event = Event.of("account_reactivated", subject=subject, data=told, sequence=sequence)
        case AddressChanged():
            told = schemas.AddressChanged().dump(happened)
            event = Event.of("address_changed", subject=subject, data=told, sequence=sequence)
        case BirthDateChanged():
            told = schemas.BirthDateChanged().dump(happened)
            event = Event.of("birth_date_changed", subject=subject, data=told, sequence=sequence)
        case CitizenDied():
            told = schemas.CitizenDied().dump(happened)
            event = Event.of("citizen_died", subject=subject, data=told, sequence=sequence)
        case GuardianshipChanged():
            told = schemas.GuardianshipChanged().dump(happened)
            event = Event.of("guardianship_changed", subject=subject, data=told, sequence=sequence)
        case ParentalResponsibilityChanged():
            told = schemas.ParentalResponsibilityChanged().dump(happened)
            event = Event.of("parental_responsibility_changed", subject=subject, data=told, sequence=sequence)
        case ProtectionChanged():
            told = schemas.ProtectionChanged().dump(happened)
            event = Event.of("protection_changed", subject=subject, data=told, sequence=sequence)
        case _:
            event = _of_birthday(happened, subject, sequence)
    return event


def _of_birthday(happened: object, subject: str, sequence: int) -> Event:
    match happened:
        case Turning16Soon():
            told = schemas.Turning16Soon().dump(happened)
            event = Event.of("turning_16_soon", subject=subject, data=told, sequence=sequence)
        case Turned16():
            told = schemas.Turned16().dump(happened)
            event = Event.of("turned_16", subject=subject, data=told, sequence=sequence)
        case _:
            raise TypeError(type(happened).__name__)
    return event
