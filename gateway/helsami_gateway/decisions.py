"""What organisations decided, as staff are told: every service's part together, in words for hooks and reasons."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import orjson

from helsami_gateway import texts
from helsami_kernel.errors import NotFound, Unavailable
from helsami_sdk import hookspecs
from helsami_sdk.organisations import Organisations

Texts = Mapping[str, Mapping[str, str]]

VIEW: Final = "decisions"
LONGEST_ID: Final = 64
CANNOT_DO: Final = frozenset({"decide_booking", "restrict_slots"})
"""The hooks whose reasons a citizen reads where something cannot be done; of all others, where it is not shown."""


def told(gathered: Mapping[str, bytes], rules: Organisations) -> dict[str, Any]:
    """
    What every service has kept, the newest first, and which of them did not answer.

    Raises NotFound("decision-not-found") for what nobody knows and for what is another's, and Unavailable where some
    service that did not answer might know it.
    """
    parts = {service: orjson.loads(body) for service, body in gathered.items()}
    away = sorted(service for service, part in parts.items() if part["status"] != "ok")
    kept = [{**one, "service": service} for service, part in parts.items() for one in part["items"]]
    if not kept:
        raise Unavailable(VIEW) if away else NotFound("decision-not-found")
    newest_first = sorted(kept, key=lambda one: str(one["last_at"]), reverse=True)
    said = {language: texts.everything(language, rules) for language in texts.LANGUAGES}
    return {"decisions": [explained(one, said) for one in newest_first], "unavailable": away}


def explained(decision: Mapping[str, Any], said: Mapping[str, Texts]) -> dict[str, Any]:
    """A decision, what was asked, and what its reason means in each language, null where there are no words for it."""
    return {
        **decision,
        "asked": asked(decision["hook"]),
        "words": {language: words_for(decision, known) for language, known in said.items()},
    }


def words_for(decision: Mapping[str, Any], said: Texts) -> str | None:
    """What a reason code means to a citizen."""
    groups = ("problem", "reason") if decision["hook"] in CANNOT_DO else ("reason", "problem")
    return next((said[group][decision["reason"]] for group in groups if decision["reason"] in said[group]), None)


@cache
def asked(hook: str) -> str:
    """The question that a hook is, in plain words: the first line of its specification."""
    specification = inspect.getdoc(getattr(hookspecs, hook, None)) or hook
    return specification.partition("\n")[0]
