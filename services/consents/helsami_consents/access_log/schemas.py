"""What the access log is asked and told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from helsami_consents.access_log.codes import STAFF_PURPOSES
from helsami_consents.access_log.domain import KINDS, OUTCOMES, ROLES
from helsami_consents.access_log.storage import Wanted
from helsami_kernel.clock import OSLO
from helsami_kernel.journal import DeliveredEntry, EntryOutcome

LONGEST_PAGE: Final = 100
PAGE: Final = 20
LONGEST_EXPORT: Final = 500
EXPORT: Final = 200
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
CITIZEN: Final = validate.Regexp(r"[0-9a-f]{32}\Z")
CODE: Final = validate.Regexp(r"[a-z]+(-[a-z]+){0,4}\Z")
ORGANISATION: Final = validate.Regexp(r"[a-z0-9_]{1,60}\Z")
DAY: Final = len("2026-03-01")
FAR: Final = 9000
"""A year that no day in the log is near."""


class Moment(fields.Field[datetime]):
    """A time with its zone, or a day in Oslo: its beginning, or its end where the day is the last."""

    default_error_messages = {"invalid": "Not a time."}  # noqa: RUF012  marshmallow's own form

    def __init__(self, *, ends: bool = False, **more: Any) -> None:
        expected = "a day such as 2026-03-01, or a time with its zone such as 2026-03-01T12:00:00Z"
        expected += ", not before from" if ends else ""
        super().__init__(load_default=LATEST if ends else EARLIEST, metadata={"expected": expected}, **more)
        self._ends = ends

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002
        try:
            if isinstance(value, str) and len(value) == DAY:
                day = date.fromisoformat(value) + timedelta(days=self._ends)
                read = datetime.combine(day, time(), OSLO)
            else:
                read = datetime.fromisoformat(value)
        except (TypeError, ValueError, OverflowError):
            raise self.make_error("invalid") from None
        if read.tzinfo is None or not EARLIEST.year < read.year < FAR:
            raise self.make_error("invalid")
        return read.astimezone(UTC)


def _filter(*words: str) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.OneOf(words))


class Page(Schema):
    """A page of the access log; what is filtered by is left out for all of it."""

    limit = fields.Integer(load_default=PAGE, strict=True, validate=validate.Range(1, LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True)
    since = Moment(data_key="from")
    until = Moment(data_key="to", ends=True)
    role = _filter(*ROLES)
    organisation = fields.String(
        load_default=None,
        allow_none=True,
        validate=ORGANISATION,
        metadata={"expected": "the id of an organisation"},
    )
    kind = _filter(*KINDS)
    outcome = _filter(*OUTCOMES)

    @post_load
    def _wanted(self, page: dict[str, Any], **_kwargs: object) -> dict[str, Any]:
        names = ("since", "until", "role", "organisation", "kind", "outcome")
        told: dict[str, Any] = {name: page.pop(name) or "" for name in names}
        wanted = Wanted(**told)
        if wanted.since >= wanted.until:
            raise ValidationError("before it begins", "to")
        return {**page, "wanted": wanted}


class Export(Page):
    """A page of the access log as FHIR; `path` is where the next one is found."""

    limit = fields.Integer(load_default=EXPORT, strict=True, validate=validate.Range(1, LONGEST_EXPORT))
    path = fields.String(required=True, validate=validate.Regexp(r"/[a-z0-9/-]{1,80}\Z"))


class SystemAccess(Schema):
    """A system of the portal looked for somebody; what is to be in the log but once is told by a word, `once`."""

    subject = fields.String(required=True, validate=CITIZEN, metadata={"expected": "the id of a citizen"})
    actor = fields.String(required=True, validate=CODE)
    purpose = fields.String(required=True, validate=CODE)
    kinds = fields.List(fields.String(validate=validate.OneOf(KINDS)), required=True, validate=validate.Length(min=1))
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))


class StaffAccess(Schema):
    """Staff of an organisation are about to see a list with something of each of these citizens."""

    subjects = fields.List(fields.String(validate=CITIZEN), required=True, validate=validate.Length(1, LONGEST_PAGE))
    organisation = fields.String(required=True, validate=ORGANISATION)
    shown = fields.String(required=True, validate=CODE)
    purpose = fields.String(required=True, validate=validate.OneOf(STAFF_PURPOSES))
    kinds = fields.List(fields.String(validate=validate.OneOf(KINDS)), required=True, validate=validate.Length(min=1))


class LoggedStaff(Schema):
    """It is in their logs; `new` is in how many it was not yet."""

    new = fields.Integer()


class Logged(Schema):
    """It is in the log; `new` is false for what was there already."""

    new = fields.Boolean()


class AuditEntry(DeliveredEntry):
    """An AuditEvent as the journal sends it: each about a citizen of its own, or about the delivery's."""

    class Meta:
        """What a later journal adds is for later services."""

        unknown = EXCLUDE

    citizen = fields.String(load_default=None, allow_none=True, validate=CITIZEN)


class AuditOutcome(EntryOutcome):
    """What became of an AuditEvent; `status` where it is in conflict with what was told before."""

    status = fields.Integer()


class AuditOutcomes(Schema):
    """An outcome for each entry, in their order."""

    outcomes = fields.List(fields.Nested(AuditOutcome), required=True)


class AuditEvents(Schema):
    """AuditEvents about several citizens, or all about one."""

    citizen = fields.String(required=True, allow_none=True, validate=CITIZEN)
    entries = fields.List(fields.Nested(AuditEntry), required=True)
