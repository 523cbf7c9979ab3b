"""What a new organisation of each kind begins with; all of it is there to be changed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Beginning(NamedTuple):
    """A unit with its names, and one visit type for each way of booking."""

    what: str
    unit: str
    nb: str
    nn: str
    en: str
    direct: str
    request: str
    phone: str


BEGINNINGS: Mapping[str, Beginning] = MappingProxyType(
    {
        "municipality": Beginning(
            "a municipality",
            "health-station",
            "Helsestasjonen",
            "Helsestasjonen",
            "Health station",
            "vaccination",
            "physiotherapy",
            "mental-health-consultation",
        ),
        "gp-office": Beginning(
            "a GP office",
            "doctors",
            "Fastlegene",
            "Fastlegane",
            "The doctors",
            "consultation",
            "annual-check",
            "minor-surgery",
        ),
        "hospital": Beginning(
            "a hospital",
            "outpatients",
            "Poliklinikken",
            "Poliklinikken",
            "Outpatient clinic",
            "blood-test",
            "follow-up",
            "operation",
        ),
        "hospital-trust": Beginning(
            "a hospital trust",
            "outpatients",
            "Poliklinikkene",
            "Poliklinikkane",
            "Outpatient clinics",
            "blood-test",
            "follow-up",
            "operation",
        ),
    },
)
