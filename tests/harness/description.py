"""The served OpenAPI document as a sweep reads it: its operations, and every place where one may name something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

PLAIN: Final = frozenset({"date", "date-time", "byte", "binary"})
"""Formats of strings that name nothing."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb on one path: how one logs in, and the names of what it takes in path, query, header and body."""

    verb: str
    path: str
    login: str | None
    paths: tuple[str, ...]
    queries: tuple[str, ...]
    headers: tuple[str, ...]
    fields: tuple[str, ...]
    body: Any

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def operations(description: Json) -> list[Operation]:
    """All of them."""
    return [
        _operation(description, verb, path, told)
        for path, verbs in description["paths"].items()
        for verb, told in verbs.items()
    ]


def _operation(whole: Json, verb: str, path: str, told: Json) -> Operation:
    parameters = told.get("parameters", ())
    bodies = told.get("requestBody", {}).get("content", {}).values()
    security = told.get("security", [])
    return Operation(
        verb=verb.upper(),
        path=path,
        login=next(iter(security[0])) if security else None,
        paths=tuple(one["name"] for one in parameters if one["in"] == "path" and "enum" not in one["schema"]),
        queries=tuple(one["name"] for one in parameters if one["in"] == "query" and _may_name(whole, one["schema"])),
        headers=tuple(one["name"] for one in parameters if one["in"] == "header"),
        fields=tuple(dict.fromkeys(name for body in bodies for name in _fields(whole, body["schema"]))),
        body=next((body.get("example") for body in bodies), None),
    )


def _may_name(whole: Json, schema: Json) -> bool:
    """Whether such a value may be somebody's or something's: not what is chosen from a list, nor a moment or a file."""
    schema = _resolved(whole, schema)
    return "string" in schema.get("type", ()) and "enum" not in schema and schema.get("format") not in PLAIN


def _fields(whole: Json, schema: Json, name: str = "") -> Iterator[str]:
    """The names of a body's fields that may name something, at any depth."""
    schema = _resolved(whole, schema)
    for inner, part in schema.get("properties", {}).items():
        yield from _fields(whole, part, inner)
    if "items" in schema:
        yield from _fields(whole, schema["items"], name)
    if name and _may_name(whole, schema):
        yield name


def _resolved(whole: Json, schema: Mapping[str, Any]) -> Json:
    while "$ref" in schema:
        found: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return dict(schema)
