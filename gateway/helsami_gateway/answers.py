"""What answers at the door are made of; each part of the API has its own beside it, in a module of schemas."""

from __future__ import annotations

from typing import Final, cast

from marshmallow import Schema, fields

from helsami_gateway import texts

ABSENCES: Final = tuple(texts.catalogue("en")["absence"])
CODES: Final = tuple(sorted(texts.catalogue("en")["problem"].keys() - {"other"}))
AS_WRITTEN: Final = r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?)?)?$"


def nullable(description: str = "") -> fields.String:
    """A text that may be unknown, and is then null."""
    told = {"description": description} if description else {}
    return fields.String(required=True, allow_none=True, metadata=told)


def one_of(*words: str) -> fields.String:
    """One of these words."""
    return fields.String(required=True, metadata={"enum": list(words)})


def moment(*, allow_none: bool = False) -> fields.AwareDateTime:
    """A time in UTC."""
    return fields.AwareDateTime(required=True, allow_none=allow_none)


def as_written(*, allow_none: bool = False) -> fields.String:
    """A time in UTC, or a year, a month or a day where nothing more precise was written."""
    told = {"description": "2026, 2026-10, 2026-10-17 or a time in UTC", "pattern": AS_WRITTEN}
    return fields.String(required=True, allow_none=allow_none, metadata=told)


def named() -> fields.Dict:
    """A name in each language."""
    return fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Absence(Schema):
    """Why something may be missing: a code, and what belongs to it."""

    code = one_of(*ABSENCES)
    organisation = fields.String(metadata={"description": "left out where it would tell of a protected address"})
    date = fields.Date(metadata={"description": "with before_go_live: the first day that is shown"})
    kind = fields.String(metadata={"description": "with hidden_by_rule: a key of the texts under `reason`"})


class Item(Schema):
    """One thing, from one organisation; `at` is when it counts from in lists."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    at = moment()


class Coded(Item):
    """A thing with a name and a code; `system` says whose code it is."""

    name = fields.String(required=True)
    system = fields.String(required=True)
    code = fields.String(required=True)


class Section(Schema):
    """A section: as of when, and why something may not be there."""

    as_of = moment(allow_none=True)
    status = one_of("ok", "unavailable")
    absences = fields.List(fields.Nested(Absence), required=True)
    next = nullable("the cursor of the next page; null on the last")


def section(item: type[Schema], plural: str) -> type[Schema]:
    """A section of these items."""
    items = fields.List(fields.Nested(item), required=True)
    return cast("type[Schema]", type(plural, (Section,), {"__doc__": f"A page of {plural.lower()}.", "items": items}))


class Me(Schema):
    """Who is logged in."""

    citizen = fields.String(required=True)
    name = nullable()


class FieldProblem(Schema):
    """A field, and what is expected there."""

    field = fields.String(required=True)
    expected = fields.String(required=True)


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(
        required=True,
        metadata={
            "anyOf": [{"enum": list(CODES)}, {"pattern": "^[a-z0-9]+(-[a-z0-9]+)+$"}],
            "description": "one of these, or an organisation's own reason, which begins with its id; all have texts",
        },
    )
    problems = fields.List(fields.Nested(FieldProblem))
    decision = fields.String(metadata={"description": "where an organisation's rules said no: support can explain it"})
    correlation = fields.String(metadata={"description": "with 500: by this we find what happened"})
