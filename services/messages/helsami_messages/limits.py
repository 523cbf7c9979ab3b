"""From whom care teams, and what is written to them, are hidden by those who send them (9603, K23)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from helsami_kernel.access_limits import AccessLimit, together
from helsami_messages.recipients.domain import Relation
from helsami_messages.threads.domain import Thread


def holding(relations: Iterable[Relation], now: datetime) -> list[Relation]:
    """Those that hold now; who is in several teams is hidden from whomever one of these is hidden from (K23)."""
    found = [one for one in relations if one.holds(now)]
    limits = defaultdict(set)
    for one in found:
        limits[one.to].add(one.access_limit)
    return [replace(one, access_limit=together(limits[one.to])) for one in found]


def limited(
    thread: Thread, relations: Iterable[Relation], now: datetime, before: Mapping[str, str], told: Mapping[str, str]
) -> Thread:
    """
    The thread as it is hidden after its organisation has told of care teams.

    It is hidden from whomever a team is hidden from that names whom it is with now, or the one that it began with;
    `relations` are of all that are stored. What ends lifts nothing: only a team that goes on and is hidden from others
    than `before` does. Both maps are limits by `record_key`; `told` has those of ended teams too.
    """
    own, to = thread.record_key, (thread.organisation, thread.unit, thread.employee)
    these = (one for one in relations if one.record_key == own or (one.to == to and one.holds(now)))
    naming = {one.record_key: one.access_limit for one in these}
    limits = [*naming.values(), told.get(own, AccessLimit.NONE)]
    changed = any(before.get(key, limit) != limit for key, limit in naming.items())
    if not (changed and own in naming):
        limits.append(thread.access_limit)
    return replace(thread, access_limit=together(limits))
