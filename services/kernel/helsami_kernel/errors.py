"""The refusals a service may give, and the only shape in which an error crosses the bus."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate

CODE: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
DECISION: Final = re.compile(r"[0-9a-f]{32}")
LONGEST_CODE: Final = 64
MOST_PROBLEMS: Final = 100
SCHEMA_ERROR: Final = "_schema"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is wrong, as a dotted path, and what it should have held; never what it did hold."""

    field: str
    expected: str


class Refusal(Exception):
    """
    A service says no, for a reason its caller may know.

    `code` is kebab-case, stable and free of personal data, since exceptions travel in clear and end in logs.
    `decision` is the id under which an organisation's decision was kept, where it was one: support can explain it.
    """

    def __init__(self, code: str, *problems: FieldProblem) -> None:
        if not is_code(code):
            # The code is not repeated here: it may be somebody's name.
            raise ValueError("a refusal code is kebab-case words")
        super().__init__(code, *problems)
        self.code = code
        self.problems: tuple[FieldProblem, ...] = problems
        self.decision: str | None = None

    def __str__(self) -> str:
        return self.code


class NotFound(Refusal):
    """There is no such thing, or it is none of the asker's business: the two look the same."""


class Malformed(Refusal):
    """The question does not have the agreed form."""


class Forbidden(Refusal):
    """The asker may not do this."""


class Conflict(Refusal):
    """The state of things no longer allows it."""


class Refused(Refusal):
    """A rule says no."""


class Unavailable(Exception):
    """The service asked is dead, too slow, or its answer was lost."""

    code = "unavailable"

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class Internal(Exception):
    """Something broke elsewhere; the correlation id finds the log line that says what."""

    code = "internal"

    def __init__(self, correlation: str) -> None:
        super().__init__(correlation)
        self.correlation = correlation


REFUSALS: Final = {kind.__name__: kind for kind in (NotFound, Malformed, Forbidden, Conflict, Refused)}


def is_code(text: object) -> bool:
    """Say whether a text can be a refusal code."""
    return isinstance(text, str) and len(text) <= LONGEST_CODE and CODE.fullmatch(text) is not None


def to_wire(error: BaseException, correlation: str | None = None) -> dict[str, Any]:
    """
    Describe an error for the one who asked: `{"type", "code"}` and what that type adds.

    Anything but a refusal or `Unavailable` becomes `Internal` with a correlation id (the one given, or a new one): its
    text stays here.
    """
    for name, kind in REFUSALS.items():
        if isinstance(error, kind):
            problems = [{"field": problem.field, "expected": problem.expected} for problem in error.problems]
            decided = {} if error.decision is None else {"decision": error.decision}
            return {"type": name, "code": error.code, "problems": problems, **decided}
    if isinstance(error, Unavailable):
        return {"type": "Unavailable", "code": error.code, "service": error.service}
    if isinstance(error, Internal):
        return {"type": "Internal", "code": Internal.code, "correlation": error.correlation}
    return {"type": "Internal", "code": Internal.code, "correlation": correlation or new_correlation()}


def from_wire(wire: Mapping[str, Any]) -> Refusal | Unavailable | Internal:
    """Rebuild the error that `to_wire` described; what it did not write itself becomes `Internal`."""
    kind = REFUSALS.get(str(wire.get("type")))
    if kind is not None and is_code(wire.get("code")):
        refusal = kind(wire["code"], *_problems(wire.get("problems")))
        refusal.decision = _decision(wire.get("decision"))
        return refusal
    if wire.get("type") == "Unavailable" and isinstance(wire.get("service"), str):
        return Unavailable(wire["service"])
    correlation = wire.get("correlation")
    return Internal(correlation if isinstance(correlation, str) else new_correlation())


def new_correlation() -> str:
    """Mint an id that joins what a caller was told with what was logged: 16 hex digits."""
    return secrets.token_hex(8)


def load(schema: Schema | type[Schema], payload: object) -> Any:
    """
    Load a payload through a marshmallow schema; unknown fields are wrong.

    Raises `Malformed("malformed")` naming each field and what belongs there. Neither values nor unknown field names are
    repeated: both are the sender's text and may hold anything. A field states its own expectation with
    `metadata={"expected": "…"}` where the type does not say enough.
    """
    loader = schema if isinstance(schema, Schema) else _made(schema)
    try:
        return loader.load(payload, unknown=RAISE)  # type: ignore[arg-type]  # marshmallow itself refuses what is no mapping
    except ValidationError as error:
        found = list(_of_schema(loader, error.messages, ()))[:MOST_PROBLEMS]
    raise Malformed("malformed", *found)


@cache
def _made(schema: type[Schema]) -> Schema:
    """Make a schema once: it copies every field when it is made, and keeps nothing of what it loads."""
    return schema()


def _problems(wire: object) -> Iterator[FieldProblem]:
    for problem in wire if isinstance(wire, list) else []:
        match problem:
            case {"field": str(field), "expected": str(expected)}:
                yield FieldProblem(field, expected)


def _of_schema(schema: Schema, messages: object, path: tuple[str, ...]) -> Iterator[FieldProblem]:
    """Walk marshmallow's messages beside the declarations, and speak in the words of the declarations only."""
    if not isinstance(messages, dict):
        yield FieldProblem(_dotted(path), "an object")
        return
    declared = {field.data_key or name: field for name, field in schema.load_fields.items()}
    unknown = False
    for key, inner in messages.items():
        if key in declared:
            yield from _of_field(declared[key], inner, (*path, key))
        elif isinstance(key, int):  # a schema that loads many
            yield from _of_schema(schema, inner, (*path, str(key)))
        elif key == SCHEMA_ERROR:
            whole = "Invalid input type." in inner
            yield FieldProblem(_dotted(path), "an object" if whole else "values that agree with each other")
        else:
            unknown = True
    if unknown:
        yield FieldProblem(_dotted(path), "no other fields than " + ", ".join(sorted(declared)))


def _of_field(field: fields.Field[Any], messages: object, path: tuple[str, ...]) -> Iterator[FieldProblem]:
    if isinstance(messages, dict) and isinstance(field, fields.Nested):
        yield from _of_schema(field.schema, messages, path)
    elif isinstance(messages, dict) and isinstance(field, fields.List):
        for index, inner in messages.items():
            yield from _of_field(field.inner, inner, (*path, str(index)))
    else:
        yield FieldProblem(_dotted(path), expectation(field))


def _decision(wire: object) -> str | None:
    return wire if isinstance(wire, str) and DECISION.fullmatch(wire) else None


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path) or "."


# Subclasses come before the classes they extend.
TYPES: Final[tuple[tuple[type[fields.Field[Any]], str], ...]] = (
    (fields.Nested, "an object"),
    (fields.List, "a list"),
    (fields.Mapping, "an object"),
    (fields.UUID, "an id"),
    (fields.Boolean, "true or false"),
    (fields.Integer, "a whole number"),
    (fields.Number, "a number"),
    (fields.AwareDateTime, "a time in ISO 8601 with its offset"),
    (fields.DateTime, "a time in ISO 8601"),
    (fields.Date, "a date in ISO 8601"),
    (fields.Time, "a time of day in ISO 8601"),
    (fields.String, "text"),
)


def expectation(field: fields.Field[Any]) -> str:
    """Say in a few words what a field holds, from its declaration alone."""
    if stated := field.metadata.get("expected"):
        return str(stated)
    words = next((words for kind, words in TYPES if isinstance(field, kind)), "a value of the agreed form")
    limits = [text for rule in field.validators if (text := _limit(rule))]
    return ", ".join([words, *limits])


def _limit(rule: object) -> str:
    if isinstance(rule, validate.OneOf):
        return "one of " + ", ".join(str(choice) for choice in rule.choices)
    if isinstance(rule, validate.Length | validate.Range):
        kind = "length " if isinstance(rule, validate.Length) else ""
        if isinstance(rule, validate.Length) and rule.equal is not None:
            return f"length {rule.equal}"
        least = f"at least {rule.min}" if rule.min is not None else ""
        most = f"at most {rule.max}" if rule.max is not None else ""
        return kind + " and ".join(part for part in (least, most) if part)
    return ""
