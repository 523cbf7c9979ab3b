"""
Questions and answers as JSON and back, by nothing but the type hints of their dataclasses.

Strict both ways: what is written is exactly of its type, and what is read has every key and no other. A time keeps its
zone (RFC 9557: `2026-11-22T09:00:00+01:00[Europe/Oslo]`), so that a rule counts hours as it would have without JSON.
"""

import json
from functools import cache
from typing import Any, NoReturn, get_type_hints

from helsami_sdk import hookspecs
from helsami_sdk.shapes import shape_of


def question_kind(hook: str) -> Any:
    """The type of a hook's question, from its specification."""
    return _kinds(hook)["question"]


def answer_kind(hook: str) -> Any:
    """The type of a hook's answer, from its specification; None is among them."""
    return _kinds(hook)["return"]


def dumps(value: object, kind: Any) -> bytes:
    """Write a value of exactly this type as JSON; raises ValueError that names the field."""
    return compact(write(value, kind))


def loads(text: bytes | str, kind: Any) -> Any:
    """Read a value of this type from JSON; raises ValueError that names the field."""
    return read(parse(text), kind)


def compact(told: object) -> bytes:
    """What JSON knows, as its shortest text; raises ValueError for a number that JSON has not."""
    return _ENCODER.encode(told).encode("ascii")


def parse(text: bytes | str) -> Any:
    """Read any JSON; raises ValueError, also for what is nested too deep and for numbers that JSON has not."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode("utf-8"))
    except RecursionError:
        raise ValueError("expected JSON that is not nested as deep") from None


def write(value: object, kind: Any) -> Any:
    """What JSON knows for a value of this type; a set is sorted. Raises ValueError that names the field."""
    return shape_of(kind).write(value)


def read(value: object, kind: Any) -> Any:
    """A value of this type for what JSON said; raises ValueError that names the field."""
    return shape_of(kind).read(value)


@cache
def _kinds(hook: str) -> dict[str, Any]:
    return get_type_hints(getattr(hookspecs, hook))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"expected a number, not {name}")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
