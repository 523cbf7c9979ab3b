"""What a record system says of single items: hidden from parents, or from the young person (code system 9603; K23)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from helsami_kernel.origins import Origin

if TYPE_CHECKING:
    from helsami_kernel.database import Writes


class AccessLimit(StrEnum):
    """From whom an item is hidden, whatever else they may see; as it is stored, and told to other services."""

    NONE = ""
    PARENTS = "parents"
    YOUTH = "youth"
    BOTH = "parents-and-youth"


FROM_PARENTS = frozenset({AccessLimit.PARENTS, AccessLimit.BOTH})
FROM_YOUTH = frozenset({AccessLimit.YOUTH, AccessLimit.BOTH})


def together(limits: Iterable[str]) -> AccessLimit:
    """What limits something that consists of parts with these limits: whoever may not see one of them sees nothing."""
    found = {AccessLimit(limit) for limit in limits}
    if found & FROM_PARENTS and found & FROM_YOUTH:
        return AccessLimit.BOTH
    return next(iter(found - {AccessLimit.NONE}), AccessLimit.NONE)


def keeps_out(limit: str, basis: str, age_band: str | None, *, parent: bool = False) -> bool:
    """
    Whether an item with this limit is hidden from who reads on a basis, about a citizen in an age band.

    Parents are who reads as such, and `parent` who is or was one and reads on another ground: by a grant from 16 on, by
    a decision of staff, as a guardian. The young person is who reads about themselves below 16; nobody is taken to be
    older whose age is not known. Who stands in for them on other grounds sees no more than they do.
    """
    if limit == AccessLimit.NONE:
        return False
    if basis == "parental":
        return limit != AccessLimit.YOUTH
    from_parents = parent and limit != AccessLimit.YOUTH
    return from_parents or (limit != AccessLimit.PARENTS and age_band != "16+")


def is_told(limit: str) -> bool:
    """Whether citizens are told of what has this limit: not where they may not see it themselves."""
    return limit not in FROM_YOUTH


@dataclass(frozen=True, slots=True)
class AccessLimitChanged:
    """From whom an item is hidden has changed, or it is new and hidden from somebody: its id, and the limit."""

    item: str
    access_limit: str


class AccessLimitTold(Schema):
    """The event `access_limit_changed` of every service whose items citizens are told of."""

    item = fields.String(required=True)
    access_limit = fields.String(required=True)


def changed(tx: Writes, categories: Mapping[str, str]) -> Iterator[tuple[dict[str, Any], Origin | None]]:
    """
    What there is to tell of items whose limit this transaction has changed so far, each once.

    With it goes the origin of an item that has become another; `categories` are the go-live categories of those kinds
    of items of which there is news.
    """
    while tx.relimited:
        its, limit = tx.relimited.popitem()
        item = tx.reshared.get(its)
        origin = Origin.of_item(item, categories[item.kind]) if item is not None and item.kind in categories else None
        yield AccessLimitTold().dump(asdict(AccessLimitChanged(its, limit))), origin
