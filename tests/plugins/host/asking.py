"""What a plugin host is asked, and rules that do something else than answer."""

from harness.answering import IN_A_WEEK, NOW, RULES
from helsami_sdk import BookingQuestion
from helsami_sdk.host import Limits

BOOKING = BookingQuestion("book", "consultation", IN_A_WEEK, NOW)
LIMITS = Limits(deadline=1.5, start=5.0, failures=3, quarantine=1.0)


def rules_that(body):
    """Rules of which `decide_booking` does this, and the rest is right."""
    return RULES.replace("return BookingDecision.direct()", f"{body}\n    return BookingDecision.direct()")


def heard_of(region, hook):
    """What the observer was told of the hostile organisation's hook."""
    return [call for call in region.heard if call[:2] == ("malvik", hook)]
