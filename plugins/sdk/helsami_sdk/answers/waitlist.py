"""What may be answered about the waitlist: whether there is one, and the terms of an offer."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Self

from helsami_sdk.answers.codes import is_code, is_span, is_whole

OFFER_LIFE = timedelta(hours=24)
SHORTEST_OFFER = timedelta(minutes=10)
LONGEST_OFFER = timedelta(hours=24)
LEAST_LEAD_TIME = timedelta(hours=72)
LONGEST_LEAD_TIME = timedelta(days=60)
BATCH = 5
LARGEST_BATCH = 50
MATCH_KEYS = frozenset({"visit-type", "unit", "clinician", "place"})


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When no offer is sent: from one time of day to another in Europe/Oslo, past midnight if `until` is earlier."""

    since: time
    until: time

    def __post_init__(self) -> None:
        """Refuse what is no time of day, one with a zone, and hours that never or always are: ValueError."""
        for name, clock in (("since", self.since), ("until", self.until)):
            if type(clock) is not time or clock.tzinfo is not None:
                raise ValueError(f"{name}: expected a time of day, without a zone")
        if self.since == self.until:
            raise ValueError("until: expected another time than since")


QUIET_HOURS = QuietHours(time(21), time(8))


@dataclass(frozen=True, slots=True)
class WaitlistTerms:
    """
    Whether those who wait are offered an earlier time, and on what terms (R23-R28).

    An offer lives for `offer_life` and is made for times at least `least_lead_time` away, to `batch` people at once, in
    whose appointments all of `match` are alike; none is sent in the `quiet` hours. `reason` says why there is none.
    """

    enabled: bool
    offer_life: timedelta = OFFER_LIFE
    least_lead_time: timedelta = LEAST_LEAD_TIME
    batch: int = BATCH
    match: frozenset[str] = frozenset({"visit-type"})
    quiet: QuietHours | None = QUIET_HOURS
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse terms no offer could keep, such as one that outlives the time it is for: ValueError."""
        if type(self.enabled) is not bool:
            raise ValueError("enabled: expected true or false")
        if not is_span(self.offer_life, SHORTEST_OFFER, LONGEST_OFFER):
            raise ValueError(f"offer_life: expected {SHORTEST_OFFER} to {LONGEST_OFFER}")
        if not is_span(self.least_lead_time, self.offer_life, LONGEST_LEAD_TIME):
            raise ValueError(f"least_lead_time: expected no shorter than offer_life, nor over {LONGEST_LEAD_TIME}")
        if not is_whole(self.batch, 1, LARGEST_BATCH):
            raise ValueError(f"batch: expected 1 to {LARGEST_BATCH} people")
        if type(self.match) is not frozenset or not {"visit-type"} <= self.match <= MATCH_KEYS:
            raise ValueError(f"match: expected visit-type and others of {', '.join(sorted(MATCH_KEYS))}")
        if self.quiet is not None and type(self.quiet) is not QuietHours:
            raise ValueError("quiet: expected quiet hours or none")
        if is_code(self.reason) is self.enabled or (self.reason and self.enabled):
            raise ValueError("reason: expected a kebab-case code where there is no waitlist, and only there")

    @classmethod
    def off(cls, reason: str = "no-waitlist") -> Self:
        """No waitlist here."""
        return cls(enabled=False, reason=reason)
