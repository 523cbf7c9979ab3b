"""What a citizen reads of a result, and what is remembered of what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson
from marshmallow import Schema, fields

from helsami_results.domain import Asked, Result, Value


class ResultReleased(Schema):
    """The event `result_released`."""

    result = fields.String(required=True)
    access_limit = fields.String(required=True)
    linked = fields.List(fields.String(), required=True)


class ResultLinked(Schema):
    """The event `result_linked`."""

    result = fields.String(required=True)
    linked = fields.List(fields.String(), required=True)


def body(result: Result) -> dict[str, Any]:
    """Give a result as its citizen reads it, with its own values."""
    return {
        "name": result.name,
        "system": result.system,
        "code": result.code,
        "taken_at": result.taken_at,
        "status": result.status,
        "values": values(result.values),
        "conclusion": result.conclusion,
    }


def values(found: Iterable[Value]) -> list[dict[str, Any]]:
    """Give values as their citizen reads them."""
    return [asdict(value) for value in found]


def dump_asked(asked: Iterable[Asked]) -> str:
    """Write what was asked, to ask it again."""
    return orjson.dumps([asdict(one) for one in asked]).decode()


def load_asked(written: str) -> tuple[Asked, ...]:
    """Read what was asked."""
    return tuple(Asked(**one) for one in orjson.loads(written))
