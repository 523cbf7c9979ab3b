"""What may be answered about a letter: the channels, in their order, by which it reaches a recipient."""

from dataclasses import dataclass
from typing import Self

from helsami_sdk.answers.codes import all_different
from helsami_sdk.questions.delivery import CHANNELS

OPENED_WITHIN_DAYS = 2
LATEST_LAST_STEP_DAYS = 5


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """Channels tried at the same time; where one of them is not opened within so many working days, the next step."""

    channels: frozenset[str]
    opened_within_days: int = OPENED_WITHIN_DAYS

    def __post_init__(self) -> None:
        """Refuse a step without a channel, an unknown one, and days that are none: ValueError."""
        if type(self.channels) is not frozenset or not self.channels or not self.channels <= CHANNELS:
            raise ValueError(f"channels: expected some of {', '.join(sorted(CHANNELS))}")
        if type(self.opened_within_days) is not int or not 1 <= self.opened_within_days <= LATEST_LAST_STEP_DAYS:
            raise ValueError(f"opened_within_days: expected 1 to {LATEST_LAST_STEP_DAYS} working days")


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """
    The steps by which a letter reaches a recipient, each channel once.

    The last step begins after LATEST_LAST_STEP_DAYS working days at the latest, so that no letter lies for weeks.
    """

    steps: tuple[DeliveryStep, ...]

    def __post_init__(self) -> None:
        """Refuse a plan without a step, a channel that is there twice, and a last step that is too late: ValueError."""
        if type(self.steps) is not tuple or not self.steps or {type(step) for step in self.steps} != {DeliveryStep}:
            raise ValueError("steps: expected a tuple of DeliveryStep, and at least one")
        if not all_different([channel for step in self.steps for channel in step.channels]):
            raise ValueError("steps: expected each channel once")
        if self.last_step_after_days > LATEST_LAST_STEP_DAYS:
            raise ValueError(f"steps: expected the last one after {LATEST_LAST_STEP_DAYS} working days at the latest")

    @property
    def channels(self) -> frozenset[str]:
        """Every channel of the plan."""
        return frozenset(channel for step in self.steps for channel in step.channels)

    @property
    def last_step_after_days(self) -> int:
        """After how many working days the last step begins, if nothing is opened."""
        return sum(step.opened_within_days for step in self.steps[:-1])

    @classmethod
    def of(cls, *steps: DeliveryStep) -> Self:
        """First so, then so."""
        return cls(steps)
