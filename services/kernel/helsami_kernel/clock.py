"""The time, asked for in one place, so that a test can move it."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from nameko.extensions import DependencyProvider

OSLO: Final = ZoneInfo("Europe/Oslo")


def written(at: datetime, timespec: str = "auto") -> str:
    """Write an aware time as others read it: ISO 8601 in UTC, ending in Z; `timespec` is that of `isoformat`."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


class Clock(DependencyProvider):  # type: ignore[misc]  # nameko carries no types
    """Gives a service the present moment: aware, in UTC. It is also that callable itself."""

    def __call__(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def get_dependency(self, worker_ctx: object) -> "Clock":  # noqa: ARG002  the time is the same for every worker
        """Return the callable that the service sees as `self.clock`."""
        return self
