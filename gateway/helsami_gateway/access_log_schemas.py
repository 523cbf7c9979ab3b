"""What front ends ask of the access log, and what they get."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from helsami_gateway import texts
from helsami_gateway.answers import Item, nullable, one_of, section
from helsami_gateway.schemas import SHORT, Page

ROLES: Final = tuple(texts.catalogue("en")["access_role"])
PROFESSIONS: Final = tuple(texts.catalogue("en")["profession"])
KINDS: Final = tuple(texts.catalogue("en")["access_kind"])
OUTCOMES: Final = tuple(texts.catalogue("en")["access_outcome"])
LONGEST_EXPORT: Final = 500
WHEN: Final = "a day in Oslo such as 2026-03-01, or a time with its zone; %s"


def _when(words: str) -> dict[str, Any]:
    return {"validate": SHORT, "metadata": {"description": WHEN % words}}


class AccessLogQuery(Page):
    """Which part of the log; what is filtered by is left out of all pages."""

    since = fields.String(data_key="from", attribute="from", **_when("from its beginning on"))
    until = fields.String(data_key="to", attribute="to", **_when("to the end of the day, or before the time"))
    role = fields.String(validate=validate.OneOf(ROLES))
    organisation = fields.String(validate=SHORT)
    kind = fields.String(validate=validate.OneOf(KINDS))
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))


class ExportQuery(AccessLogQuery):
    """The same, in larger pages."""

    limit = fields.Integer(
        load_default=200,
        validate=validate.Range(1, LONGEST_EXPORT),
        metadata={"expected": f"a number from 1 to {LONGEST_EXPORT}"},
    )


class Access(Item):
    """Somebody looked, or asked to: who, why, and at which areas; never what was there."""

    organisation = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "from where staff looked; null for everybody else, and to a protected address"},
    )
    unit = nullable("the organisation's code of the unit, where it told one")
    actor = fields.String(
        required=True,
        metadata={"description": "the id of a citizen, or one that stays the same for staff, or a system's word"},
    )
    name = nullable("null for a system, for one at a protected address or not known now, and to a protected address")
    role = one_of(*ROLES)
    profession = fields.String(required=True, allow_none=True, metadata={"enum": [*PROFESSIONS, None]})
    basis = nullable(
        "grant, or what else somebody acts for another on; else the role; null for one who had nothing to act on"
    )
    purpose = fields.String(
        required=True,
        metadata={"description": "a key of the texts under `access_purpose`; any other reads as its `other`"},
    )
    kinds = fields.List(one_of(*KINDS), required=True)
    outcome = one_of(*OUTCOMES)


AccessLog: Final = section(Access, "AccessLog")
