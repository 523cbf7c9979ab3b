"""What may be answered about booking: direct, by request or by phone; and what may be done before a visit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from helsami_sdk.answers.codes import all_different, is_code, is_id, is_span

EARLIEST_CHECK_IN = timedelta(days=60)


class Tier(StrEnum):
    """How a citizen gets something done with an appointment, from the easiest to the last resort (R21)."""

    DIRECT = "direct"
    REQUEST = "request"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class BookingDecision:
    """
    How the citizen may act, why not more easily, and until when (aware time).

    `telephone` is filled in by the rules from the manifest, whatever a plugin wrote: a citizen may always phone.
    """

    tier: Tier
    reason: str = ""
    deadline: datetime | None = None
    telephone: str = ""

    def __post_init__(self) -> None:
        """Refuse an unknown tier, a missing reason and a deadline without a zone: ValueError."""
        if type(self.tier) is not Tier:
            raise ValueError("tier: expected one of Tier")
        if not (is_code(self.reason) or (self.tier is Tier.DIRECT and self.reason == "")):
            raise ValueError("reason: expected a kebab-case code")
        if self.deadline is not None and (type(self.deadline) is not datetime or self.deadline.tzinfo is None):
            raise ValueError("deadline: expected a time with a zone")

    @classmethod
    def direct(cls, deadline: datetime | None = None) -> Self:
        """Let the citizen act directly, until the deadline if there is one."""
        return cls(Tier.DIRECT, deadline=deadline)

    @classmethod
    def request(cls, reason: str = "by-request-only", deadline: datetime | None = None) -> Self:
        """Let the citizen send a request that staff answer."""
        return cls(Tier.REQUEST, reason, deadline)

    @classmethod
    def phone(cls, reason: str = "by-phone-only") -> Self:
        """Ask the citizen to phone."""
        return cls(Tier.PHONE, reason)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """
    How long before a visit check-in opens, which forms are filled in then, and whether "I am here" may be pressed.

    `opens` is None where there is no check-in, and then there are no forms either. `reason` says why there is nothing.
    """

    opens: timedelta | None = None
    forms: tuple[str, ...] = ()
    arrival_button: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a time that is none, forms without check-in, and nothing at all without a reason: ValueError."""
        if self.opens is not None and not is_span(self.opens, timedelta(minutes=1), EARLIEST_CHECK_IN):
            raise ValueError(f"opens: expected none, or up to {EARLIEST_CHECK_IN.days} days before the start")
        if type(self.forms) is not tuple or not all(map(is_id, self.forms)) or not all_different(self.forms):
            raise ValueError("forms: expected a tuple of different kinds of form")
        if self.forms and self.opens is None:
            raise ValueError("forms: expected none where check-in does not open")
        if type(self.arrival_button) is not bool:
            raise ValueError("arrival_button: expected true or false")
        if is_code(self.reason) is not self.nothing or (self.reason and not self.nothing):
            raise ValueError("reason: expected a kebab-case code where there is nothing to do, and only there")

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do before this visit or on arriving."""
        return self.opens is None and not self.arrival_button

    @classmethod
    def off(cls, reason: str = "no-check-in") -> Self:
        """Neither check-in nor an arrival button."""
        return cls(reason=reason)

    @classmethod
    def on(cls, opens: timedelta, *forms: str, arrival_button: bool = False) -> Self:
        """Check-in so long before the start, with these forms."""
        return cls(opens, forms, arrival_button)

    @classmethod
    def arrival(cls) -> Self:
        """An arrival button and nothing before it."""
        return cls(arrival_button=True)
