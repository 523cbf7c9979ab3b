"""What may be answered about sharing: how a result is released, and whether an item is withheld."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from helsami_sdk.answers.codes import is_code, is_whole

REVIEW_DAYS = 14
LONGEST_REVIEW_DAYS = 365


class Release(StrEnum):
    """How a result reaches the citizen, from the most open to the most closed (R48-R50, K14)."""

    AUTO = "auto"
    REVIEW = "review"
    MANUAL = "manual"
    BLOCKED = "blocked"


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
        if self.release is Release.REVIEW and not is_whole(self.review_days, 1, LONGEST_REVIEW_DAYS):
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
