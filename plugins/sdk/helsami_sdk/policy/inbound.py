"""policy.toml about what comes in: what the organisation's own codes mean here."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from helsami_sdk.answers import Meaning, Translation
from helsami_sdk.policy.rows import CODE, Condition, PolicyTable, Rows, first
from helsami_sdk.questions import InboundQuestion
from helsami_sdk.tables import Table


class _Fact(NamedTuple):
    """A code of an entry with all that a row may be about."""

    resource: str
    element: str
    system: str
    code: str


@dataclass(frozen=True)
class Reading:
    """What a code is here, or why its entry is to wait for a person."""

    system: str = ""
    code: str = ""
    quarantine: str = ""


def translate(rows: Rows, question: InboundQuestion) -> Translation | None:
    """Each code by the first row that fits it; one that sets the entry aside outweighs all others."""
    meanings = []
    for fact in question.facts:
        reading = first(rows, _Fact(question.resource, fact.element, fact.system, fact.code))
        if reading is not None and reading.quarantine:
            return Translation.hold(reading.quarantine)
        if reading is not None:
            meanings.append(Meaning(fact.id, reading.system, reading.code))
    return Translation.take(*meanings) if meanings else None


def _reading(row: Table, _units: Collection[str]) -> Reading:
    system = row.text("to_system", optional=True, default="the code has none")
    code = row.text("to_code", optional=True)
    quarantine = row.text("quarantine", CODE, expected="a kebab-case code", optional=True)
    if bool(code) is bool(quarantine):
        row.note("to_code", "a code, or a reason in quarantine, and not both")
    if system and not code:
        row.note("to_system", "no such key without to_code")
    return Reading(system, code or "unknown", quarantine)


INBOUND = PolicyTable(
    name="inbound",
    hooks=("translate_inbound",),
    about="What the organisation's own codes mean: a code becomes `to_code`, or its entry waits for a person.",
    conditions=(
        Condition("resources", "resource"),
        Condition("elements", "element"),
        Condition("systems", "system"),
        Condition("codes", "code"),
    ),
    says=_reading,
)
