"""The access log as a citizen reads it: a page of finished JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from helsami_consents.domain import Entry
from helsami_consents.people import Person
from helsami_kernel.clock import written
from helsami_kernel.errors import FieldProblem, Malformed

END: Final = 2**31 - 1
ROLE: Final = {"grant": "representative"}


def finished(entries: Sequence[Entry], limit: int, now: datetime, people: Mapping[str, Person]) -> bytes:
    """
    A section of at most `limit` items, given one link more where there are more; newest first.

    The reason of a refusal is left out: it may be the other's protected address. So is the name of whoever has one.
    """
    shown = entries[:limit]
    return orjson.dumps(
        {
            "items": [_item(entry, people.get(entry.asked.actor)) for entry in shown],
            "as_of": written(now),
            "status": "ok",
            "absences": [] if shown else [{"code": "none_recorded"}],
            "next": _cursor(shown[-1].sequence) if len(entries) > limit else None,
        }
    )


def read_cursor(text: str | None) -> int:
    """Before which sequence a page ends; Malformed for what is no cursor of ours."""
    if text is None:
        return END
    try:
        sequence = int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        sequence = 0
    if not 0 < sequence < END:
        raise Malformed("malformed-cursor", FieldProblem("cursor", "the `next` of an earlier page"))
    return sequence


def _cursor(sequence: int) -> str:
    return base64.urlsafe_b64encode(str(sequence).encode()).decode().rstrip("=")


def _item(entry: Entry, actor: Person | None) -> dict[str, Any]:
    asked = entry.asked
    return {
        "id": str(entry.sequence),
        "organisation": None,
        "at": written(asked.at),
        "actor": asked.actor,
        "name": None if actor is None or actor.protected else actor.name,
        "role": ROLE[asked.basis],
        "basis": asked.basis,
        "purpose": asked.purpose,
        "outcome": asked.outcome,
    }
