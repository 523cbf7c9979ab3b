"""What an organisation may answer; an answer that makes no sense cannot be built."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

REVIEW_DAYS = 14
LONGEST_REVIEW_DAYS = 365
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_CODE = 60


def is_code(text: object) -> bool:
    """Whether this is a stable kebab-case code of at most 60 characters."""
    return isinstance(text, str) and len(text) <= _LONGEST_CODE and _CODE.fullmatch(text) is not None


class Tier(StrEnum):
    """How a citizen gets something done with an appointment, from the easiest to the last resort (R21)."""

    DIRECT = "direct"
    REQUEST = "request"
    PHONE = "phone"


class Release(StrEnum):
    """How a result reaches the citizen, from the most open to the most closed (R48-R50, K14)."""

    AUTO = "auto"
    REVIEW = "review"
    MANUAL = "manual"
    BLOCKED = "blocked"


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
class ResultClass:
    """
    How a result of this type is released; `review_days` is set for REVIEW alone.

    `provisional` is set by the rules when an organisation could not answer: ask again when it is healthy.
    """

    release: Release
    review_days: int | None = None
    provisional: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown release, and review days that do not fit it: ValueError."""
        if type(self.release) is not Release:
            raise ValueError("release: expected one of Release")
        if self.release is not Release.REVIEW and self.review_days is not None:
            raise ValueError("review_days: expected none unless the release is review")
        if self.release is Release.REVIEW and not (
            type(self.review_days) is int and 1 <= self.review_days <= LONGEST_REVIEW_DAYS
        ):
            raise ValueError(f"review_days: expected 1 to {LONGEST_REVIEW_DAYS} whole days")

    @classmethod
    def auto(cls) -> Self:
        """Show the result as soon as it arrives."""
        return cls(Release.AUTO)

    @classmethod
    def review(cls, days: int = REVIEW_DAYS) -> Self:
        """Let a clinician see it first; show it by itself after so many days."""
        return cls(Release.REVIEW, days)

    @classmethod
    def manual(cls) -> Self:
        """Show it only when a clinician releases it."""
        return cls(Release.MANUAL)

    @classmethod
    def blocked(cls) -> Self:
        """Never show it."""
        return cls(Release.BLOCKED)


@dataclass(frozen=True, slots=True)
class Restriction:
    """
    Whether an item is withheld, and why.

    `despite` names the one regional default that an organisation has decided to set aside for itself (K11); it lifts
    nothing that an organisation has restricted.
    """

    withheld: bool
    reason: str = ""
    despite: str = ""

    def __post_init__(self) -> None:
        """Refuse a restriction without a reason and codes that are none: ValueError."""
        if type(self.withheld) is not bool:
            raise ValueError("withheld: expected true or false")
        if is_code(self.reason) is not self.withheld or (self.reason and not self.withheld):
            raise ValueError("reason: expected a kebab-case code where the item is withheld, and only there")
        if self.despite != "" and (self.withheld or not is_code(self.despite)):
            raise ValueError("despite: expected the code of a regional default, and nothing withheld")

    @classmethod
    def withhold(cls, reason: str) -> Self:
        """Withhold the item, for this reason."""
        return cls(withheld=True, reason=reason)

    @classmethod
    def show(cls, despite: str = "") -> Self:
        """Withhold nothing, and set the named regional default aside."""
        return cls(withheld=False, despite=despite)
