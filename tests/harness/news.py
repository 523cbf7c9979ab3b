"""What waits to be told of an organisation that is away, told as the kernel's clerk would."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from typing import Any

from helsami_kernel.database import AlreadyDone, Cause
from helsami_kernel.news import ASKED_AGAIN_AFTER, TELL
from helsami_kernel.obligations import claim
from helsami_kernel.store import OpenStore


def come_back(instance: Any, organisation: str = "trondheim") -> None:
    """Let an organisation be live again, and each promise be kept twice, as if its process had died in between."""
    store = instance.store
    instance.rules[organisation].enter("live")
    store._database._clock.move(ASKED_AGAIN_AFTER)
    for promised in claim(store._database, [TELL]):
        cause = Cause("obligation", promised.kind, promised.id)
        more = {"told": lambda: None, "decisions": store.decisions, "cause": cause}
        for _ in range(2):
            worker = copy(instance)
            worker.store = OpenStore(store._database, store._reads, store._writes, **more)
            with suppress(AlreadyDone):
                worker.tell_of_item(promised)
