"""
What a record system lets its citizen do with an appointment, as Helsenorge's Flag codes say.

A record system that sends any Flag says all that may be done: what it does not flag is left the phone. It can only
narrow what the organisation's rules decide, never widen it. The profile allows its senders no flag for the waitlist or
for video, so that these are the rules' alone; an appointment without flags is so altogether.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from helsami_sdk.answers import BookingDecision, Tier

BY_REQUEST: Final = "appointment-by-request"
BY_PHONE: Final = "appointment-by-phone"
MOST: Final[Mapping[str, Mapping[str, Tier]]] = MappingProxyType(
    {
        "cancel": {"cancel": Tier.DIRECT, "cancelWithComment": Tier.REQUEST},
        "change": {"canChangeAppointment": Tier.DIRECT, "canChangeAppointmentDialog": Tier.REQUEST},
    }
)
"""How easily an action may be done at most, by the flags that allow it."""

ORDER: Final = (Tier.DIRECT, Tier.REQUEST, Tier.PHONE)


def narrowed(action: str, decision: BookingDecision, flags: frozenset[str] | None) -> BookingDecision:
    """What an organisation's rules have decided, as far as the flags of an appointment allow it; the stricter holds."""
    if flags is None or action not in MOST:
        return decision
    most = min((MOST[action][flag] for flag in flags & MOST[action].keys()), key=ORDER.index, default=Tier.PHONE)
    if ORDER.index(decision.tier) >= ORDER.index(most):
        return decision
    if most is Tier.PHONE:
        return BookingDecision.phone(BY_PHONE)
    return BookingDecision.request(BY_REQUEST, decision.deadline)
