"""What rules in the shadow would have answered, in a few words that hold nothing of the question."""

from collections.abc import Collection
from dataclasses import fields
from enum import StrEnum

from helsami_sdk.answers import is_code


def in_short(answer: object) -> str:
    """The codes, numbers and yeses of an answer, and how many things it names: no id, no time, no free text."""
    if isinstance(answer, Collection) and not isinstance(answer, str):
        return str(len(answer))
    named = getattr(type(answer), "__dataclass_fields__", None)
    if named is None:
        return type(answer).__name__
    said = ((field.name, getattr(answer, field.name)) for field in fields(answer))  # type: ignore[arg-type]
    return " ".join(word for name, value in said if (word := _word(name, value)))


def _word(name: str, value: object) -> str:
    if isinstance(value, StrEnum):
        return value.value
    if name == "withheld":
        return "withheld" if value else "shown"
    if value is True:
        return name
    if type(value) is int:
        return f"{name}={value}"
    if isinstance(value, Collection) and not isinstance(value, str):
        return f"{name}={len(value)}"
    return str(value) if name in {"reason", "despite"} and is_code(value) else ""
