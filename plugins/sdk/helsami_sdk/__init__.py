"""The contract between HelsaMi and its organisations; a plugin imports from here and from nowhere else."""

from helsami_sdk.answers import BookingDecision, Release, Restriction, ResultClass, Tier
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.questions import BookingQuestion, ResultQuestion, SharingQuestion, SlotChoice, SlotsQuestion

__all__ = [
    "BookingDecision",
    "BookingQuestion",
    "Release",
    "Restriction",
    "ResultClass",
    "ResultQuestion",
    "SharingQuestion",
    "SlotChoice",
    "SlotsQuestion",
    "Tier",
    "hookimpl",
]
__version__ = "0.1.0"
