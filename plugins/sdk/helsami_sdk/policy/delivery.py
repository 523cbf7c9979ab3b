"""policy.toml about letters: the channels, in their order."""

from collections.abc import Collection

from helsami_sdk.answers import DeliveryPlan, DeliveryStep
from helsami_sdk.answers.delivery import LATEST_LAST_STEP_DAYS, OPENED_WITHIN_DAYS
from helsami_sdk.policy.rows import Condition, PolicyTable
from helsami_sdk.questions import CHANNELS, LETTER_RECIPIENTS, DeliveryQuestion
from helsami_sdk.questions.delivery import POST
from helsami_sdk.tables import Table

_BY_POST = DeliveryStep(frozenset({POST}))


def _step(row: Table) -> DeliveryStep:
    channels = frozenset(row.words("channels", CHANNELS, optional=False)) & CHANNELS
    days = row.number("opened_within_days", 1, LATEST_LAST_STEP_DAYS, default=OPENED_WITHIN_DAYS)
    return DeliveryStep(channels or _BY_POST.channels, days)


def _plan(row: Table, _units: Collection[str]) -> DeliveryPlan:
    steps = [_step(step) for step in row.rows("steps")]
    try:
        return DeliveryPlan.of(*steps)
    except ValueError:
        row.note(
            "steps",
            "one step or more, each channel once, and the last step after "
            f"{LATEST_LAST_STEP_DAYS} working days at the latest",
        )
        return DeliveryPlan.of(_BY_POST)


def within_reach(plan: DeliveryPlan, question: DeliveryQuestion) -> DeliveryPlan | None:
    """The plan's channels that reach this recipient, in their order; None if none does."""
    reaching = ((step.channels & question.reach, step.opened_within_days) for step in plan.steps)
    steps = tuple(DeliveryStep(channels, days) for channels, days in reaching if channels)
    return DeliveryPlan(steps) if steps else None


DELIVERY = PolicyTable(
    name="delivery",
    hooks=("plan_delivery",),
    about="By which channels a letter goes, step by step; a step waits so many working days for an opening. What the "
    "floor asks for and no step names is added.",
    conditions=(Condition("kinds", "kind"), Condition("recipients", "recipient", LETTER_RECIPIENTS)),
    says=_plan,
)
