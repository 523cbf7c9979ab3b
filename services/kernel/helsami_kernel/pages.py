"""One page of a section: filled with what may be shown, and written as finished JSON."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from marshmallow import Schema, fields
from sqlalchemy.engine import Row

from helsami_kernel.clock import written
from helsami_kernel.database import Reads
from helsami_kernel.errors import FieldProblem, Malformed
from helsami_kernel.showing import Oldest, Showing

LONGEST_PAGE: Final = 100
USUAL_PAGE: Final = 20
LONG_STRIDE: Final = 250


class PageQuery(Schema):
    """Which page of a section is asked for; `cursor` is the `next` of the page before."""

    limit = fields.Integer(
        load_default=USUAL_PAGE, strict=True, metadata={"expected": f"a number from 1 to {LONGEST_PAGE}"}
    )
    cursor = fields.String(load_default=None, allow_none=True)


@dataclass(frozen=True)
class Cursor:
    """Where a page ended."""

    at: datetime
    id: str

    def __str__(self) -> str:
        """Opaque to front ends."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str | None, start: Cursor) -> Cursor:
        """The cursor a front end sent back, or the start where it sent none; Malformed when it is none of ours."""
        if text is None:
            return start
        try:
            at, _, last = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition("|")
            read = datetime.fromisoformat(at)
            if read.tzinfo is not None and "\x00" not in last:  # which no database can be asked for
                return cls(read.astimezone(UTC), last)
        except (ValueError, OverflowError):
            pass
        raise Malformed("malformed-cursor", FieldProblem("cursor", "the `next` of an earlier page"))


NEWEST: Final = Cursor(datetime(9999, 12, 31, tzinfo=UTC), "")


class Page:
    """A page being filled."""

    def __init__(self, showing: Showing, limit: int, field_inside: str | None) -> None:
        """`field_inside` is the field of an item with what is inside it, if anything is."""
        if not 1 <= limit <= LONGEST_PAGE:
            raise Malformed("malformed-limit", FieldProblem("limit", f"a number from 1 to {LONGEST_PAGE}"))
        self._showing = showing
        self._field_inside = field_inside
        self._limit = limit
        self._shown: list[Row[Any]] = []
        self._inside: list[Row[Any]] = []
        self._oldest: Oldest = {}

    @property
    def stride(self) -> int:
        """How many rows are read first: as a rule enough for a full page past what is hidden from the reader."""
        return self._limit + 1 + min(self._showing.count_hidden, LONG_STRIDE - LONGEST_PAGE)

    @property
    def full(self) -> bool:
        """One more than asked for has been found: there is a next page."""
        return len(self._shown) > self._limit

    def fill(
        self,
        reads: Reads,
        statement: sa.CompoundSelect[Any],
        start: Cursor,
        *,
        newest_first: bool,
        begun: Sequence[Row[Any]] | None = None,
    ) -> None:
        """
        Read from a place on until the page is full, or there is no more to be shown; `begun` are the first rows read.

        What is not shown is passed over in long strides, so that it costs no more to look past it than to show it.
        """
        stride = self.stride
        rows = reads.fetch(statement, from_at=start.at, from_id=start.id, limit=stride) if begun is None else begun
        while True:
            items = self._take(rows)
            if self.full or len(items) < stride:
                return
            last = items[-1]
            if newest_first and self._showing.nothing_before(last.occurred_at, self._oldest):
                return
            start, stride = Cursor(last.occurred_at, last.id), LONG_STRIDE
            rows = reads.fetch(statement, from_at=start.at, from_id=start.id, limit=stride)

    def _take(self, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Keep what may be shown of the rows that were read; all their items."""
        items = [row for row in rows if row.what == "item"]
        for row in items:
            if self.full:  # of what is further on nobody is asked: nor does it show then that somebody was
                break
            if self._showing.may_show(row):
                self._shown.append(row)
        self._inside += [row for row in rows if row.what == "inside"]
        self._oldest = self._showing.oldest(row for row in rows if row.what == "oldest")
        return items

    def finished(self, now: datetime) -> bytes:
        """The page as JSON."""
        shown = self._shown[: self._limit]
        following = str(Cursor(shown[-1].occurred_at, shown[-1].id)) if self.full else None
        bodies = [row.body for row in shown] if self._field_inside is None else self._filled(shown)
        self._showing.note()
        rest = {
            "as_of": written(now),
            "status": "ok",
            # Of the page alone: how far was read beyond it, past what is hidden, must not show in what is explained.
            "absences": self._showing.absences(shown, self._oldest),
            "next": following,
        }
        return b'{"items":[' + ",".join(bodies).encode() + b"]," + orjson.dumps(rest)[1:]

    def _filled(self, shown: list[Row[Any]]) -> list[str]:
        parts: dict[str, list[str]] = {row.id: [] for row in shown}
        for row in sorted(self._inside, key=lambda row: (row.occurred_at, row.id)):
            if row.outer_id in parts and self._showing.may_show(row):
                parts[row.outer_id].append(row.body)
        field = f'"{self._field_inside}":'
        return [f"{row.body[:-1]},{field}[{','.join(parts[row.id])}]}}" for row in shown]
