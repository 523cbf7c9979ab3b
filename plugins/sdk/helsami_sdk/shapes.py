"""How each type that a question or an answer is made of is written for JSON, and read."""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

_Side = Callable[[Any], Any]


class Unreadable(ValueError):
    """A value is not of its type; the text says where it stands and what is expected there."""

    def __init__(self, expected: str, place: str = "") -> None:
        super().__init__(f"{place or 'the value'}: {expected}")
        self.expected = expected
        self.place = place

    def within(self, place: str) -> "Unreadable":
        """The same as seen from the value around it."""
        deeper = f"{place}{self.place}" if self.place.startswith("[") or not self.place else f"{place}.{self.place}"
        return Unreadable(self.expected, deeper)


class Shape(NamedTuple):
    """How values of one type are written as what JSON knows, and read; both raise Unreadable."""

    write: _Side
    read: _Side


@cache
def shape_of(kind: Any) -> Shape:
    """The shape of a type; raises TypeError for one that questions and answers do not have."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if (build := _BUILT.get(get_origin(kind))) is not None:
        return build(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    raise TypeError(f"questions and answers have no {kind}")


def _plain(*accepted: type, expected: str) -> Shape:
    def check(value: Any) -> Any:
        if type(value) not in accepted:
            raise Unreadable(f"expected {expected}")
        return value

    return Shape(check, check)


def _text() -> Shape:
    def check(value: Any) -> Any:
        # A member of a StrEnum is a text wherever one is asked for; JSON writes its letters.
        if not isinstance(value, str):
            raise Unreadable("expected a text")
        return value

    return Shape(check, check)


def _moment() -> Shape:
    expected = "expected a time with a zone, such as 2026-11-22T09:00:00+01:00"

    def write_moment(value: Any) -> str:
        if type(value) is not datetime or value.utcoffset() is None:
            raise Unreadable(expected)
        zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
        return f"{value.isoformat()}[{zone}]" if zone else value.isoformat()

    def read_moment(value: Any) -> datetime:
        try:
            text, _, zone = value.removesuffix("]").partition("[")
            moment = datetime.fromisoformat(text)
            placed = moment.astimezone(ZoneInfo(zone)) if zone else moment
        except (AttributeError, TypeError, ValueError, OverflowError, OSError, LookupError):
            raise Unreadable(expected) from None
        if moment.utcoffset() is None or placed.replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise Unreadable(expected)
        return placed

    return Shape(write_moment, read_moment)


def _iso(kind: type[date] | type[time], expected: str) -> Shape:
    def write_iso(value: Any) -> str:
        if type(value) is not kind:
            raise Unreadable(expected)
        return str(value.isoformat())

    def read_iso(value: Any) -> Any:
        try:
            return kind.fromisoformat(value)
        except (TypeError, ValueError):
            raise Unreadable(expected) from None

    return Shape(write_iso, read_iso)


def _duration() -> Shape:
    def write_duration(value: Any) -> float:
        if type(value) is not timedelta:
            raise Unreadable("expected a duration")
        return value.total_seconds()

    def read_duration(value: Any) -> timedelta:
        if type(value) not in {int, float}:
            raise Unreadable("expected a number of seconds")
        try:
            return timedelta(seconds=value)
        except OverflowError:
            raise Unreadable("expected a number of seconds") from None

    return Shape(write_duration, read_duration)


def _optional(arguments: tuple[Any, ...]) -> Shape:
    kinds = [argument for argument in arguments if argument is not types.NoneType]
    if len(kinds) != 1 or len(arguments) != len(kinds) + 1:
        raise TypeError("a field of a question or an answer has one type, or that and None")
    inner = shape_of(kinds[0])
    return Shape(
        lambda value: None if value is None else inner.write(value),
        lambda value: None if value is None else inner.read(value),
    )


def _literal(values: tuple[Any, ...]) -> Shape:
    def check(value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            raise Unreadable(f"expected one of {', '.join(map(str, values))}")
        return value

    return Shape(check, check)


def _set(arguments: tuple[Any, ...]) -> Shape:
    shape = _many(arguments[0], {set, frozenset}, frozenset)
    return Shape(lambda value: sorted(shape.write(value), key=_as_text), shape.read)


def _as_text(written: Any) -> str:
    return written if isinstance(written, str) else json.dumps(written)


def _tuple(arguments: tuple[Any, ...]) -> Shape:
    if arguments[1:] == (...,):
        return _many(arguments[0], {tuple}, tuple)
    inner = [shape_of(kind) for kind in arguments]

    def handler(sides: list[_Side], accepted: Any, built: Callable[[Any], Any]) -> _Side:
        def handle(value: Any) -> Any:
            if type(value) is not accepted or len(value) != len(sides):
                raise Unreadable(f"expected {len(sides)} values")
            turns = iter(sides)
            return built(_each(lambda one: next(turns)(one), value))  # noqa: PLW0108  each value has a turn of its own

        return handle

    return Shape(
        handler([shape.write for shape in inner], tuple, list), handler([shape.read for shape in inner], list, tuple)
    )


def _many(kind: Any, accepted: set[Any], built: Callable[[Any], Any]) -> Shape:
    inner = shape_of(kind)

    def write_many(value: Any) -> list[Any]:
        if type(value) not in accepted:
            raise Unreadable(f"expected one of {', '.join(sorted(each.__name__ for each in accepted))}")
        return _each(inner.write, value)

    def read_many(value: Any) -> Any:
        if type(value) is not list:
            raise Unreadable("expected a list")
        return built(_each(inner.read, value))

    return Shape(write_many, read_many)


def _each(handle: _Side, values: Any) -> list[Any]:
    handled: list[Any] = []
    try:
        for value in values:
            handled.append(handle(value))  # noqa: PERF401  the length says where it stopped
    except Unreadable as wrong:
        raise wrong.within(f"[{len(handled)}]") from None
    return handled


def _mapping(arguments: tuple[Any, ...]) -> Shape:
    keys, inner = map(shape_of, arguments)

    def handler(handle_key: _Side, handle: _Side, accepted: Any) -> _Side:
        def handle_mapping(value: Any) -> dict[Any, Any]:
            if not isinstance(value, accepted):
                raise Unreadable("expected a table")
            return {handle_key(name): _at(str(name), handle, each) for name, each in value.items()}

        return handle_mapping

    return Shape(handler(keys.write, inner.write, Mapping), handler(keys.read, inner.read, dict))


def _at(place: str, handle: _Side, value: Any) -> Any:
    try:
        return handle(value)
    except Unreadable as wrong:
        raise wrong.within(place) from None


def _enum(kind: type[Enum]) -> Shape:
    expected = f"expected one of {', '.join(str(member.value) for member in kind)}"

    def write_member(value: Any) -> Any:
        if type(value) is not kind:
            raise Unreadable(expected)
        return value.value

    def read_member(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise Unreadable(expected) from None

    return Shape(write_member, read_member)


def _dataclass(kind: type) -> Shape:
    hints = get_type_hints(kind)
    inner = {field.name: shape_of(hints[field.name]) for field in fields(kind) if field.init}
    needed = {field.name for field in fields(kind) if field.init and _is_needed(field)}

    def write_fields(value: Any) -> dict[str, Any]:
        # A subclass could answer differently each time it is looked at.
        if type(value) is not kind:
            raise Unreadable(f"expected a {kind.__name__}")
        return {name: _at(name, shape.write, getattr(value, name)) for name, shape in inner.items()}

    def read_fields(value: Any) -> Any:
        if type(value) is not dict:
            raise Unreadable(f"expected a table of {', '.join(inner)}")
        for name in sorted(value.keys() - inner.keys()):
            raise Unreadable(f"unknown; expected one of {', '.join(inner)}", name)
        for name in sorted(needed - value.keys()):
            raise Unreadable("missing", name)
        told = {name: _at(name, inner[name].read, each) for name, each in value.items()}
        try:
            return kind(**told)
        except (TypeError, ValueError) as refused:  # what the type's own check says names the field
            raise Unreadable(f"expected a {kind.__name__}: {refused}") from None

    return Shape(write_fields, read_fields)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


_PLAIN: dict[Any, Shape] = {
    str: _text(),
    bool: _plain(bool, expected="true or false"),
    int: _plain(int, expected="a whole number"),
    float: _plain(float, int, expected="a number"),
    types.NoneType: _plain(types.NoneType, expected="nothing"),
    datetime: _moment(),
    date: _iso(date, "expected a date such as 2026-11-22"),
    time: _iso(time, "expected a time of day such as 08:00:00"),
    timedelta: _duration(),
}
_BUILT: dict[Any, Callable[[tuple[Any, ...]], Shape]] = {
    Union: _optional,
    types.UnionType: _optional,
    Literal: _literal,
    set: _set,
    frozenset: _set,
    tuple: _tuple,
    list: lambda arguments: _many(arguments[0], {list}, list),
    dict: _mapping,
    Mapping: _mapping,
}
