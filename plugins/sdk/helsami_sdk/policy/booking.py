"""policy.toml about appointments: booking, the waitlist and its order, check-in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from helsami_sdk.answers import MATCH_KEYS, BookingDecision, CheckIn, QuietHours, Tier, WaitlistTerms
from helsami_sdk.answers.booking import EARLIEST_CHECK_IN
from helsami_sdk.answers.waitlist import (
    BATCH,
    LARGEST_BATCH,
    LEAST_LEAD_TIME,
    LONGEST_LEAD_TIME,
    LONGEST_OFFER,
    OFFER_LIFE,
    QUIET_HOURS,
)
from helsami_sdk.policy.rows import ACTORS, AGES, CODE, UNITS, VISIT_TYPES, Condition, PolicyTable
from helsami_sdk.questions import ACTIONS, SETTINGS, RankingQuestion, Waiting
from helsami_sdk.tables import Table

CLOSES_HOURS_AHEAD = 24
_HOUR = timedelta(hours=1)
_LONGEST_HOURS = 24 * 365
_BY_TIME_JOINED, _BY_APPOINTMENT = "joined", "latest-appointment"


@dataclass(frozen=True)
class BookingTerms:
    """How something is booked; `closes` is the time before the start."""

    tier: Tier
    closes: timedelta
    reason: str = ""

    def decision(self, starts_at: datetime) -> BookingDecision:
        """What the terms say of an appointment that starts then; deadlines are counted in UTC."""
        if self.tier is Tier.PHONE:
            return BookingDecision.phone(self.reason or "by-phone-only")
        deadline = starts_at.astimezone(UTC) - self.closes
        if self.tier is Tier.REQUEST:
            return BookingDecision.request(self.reason or "by-request-only", deadline)
        return BookingDecision.direct(deadline)

    def bookable(self, starts_at: datetime, asked_at: datetime) -> bool:
        """Whether a time that starts then can be booked directly now."""
        decision = self.decision(starts_at)
        return decision.tier is Tier.DIRECT and (decision.deadline is None or decision.deadline > asked_at)


@dataclass(frozen=True)
class Order:
    """Those with the first of `priorities` come first, and among equals those who joined, or must wait, longest."""

    priorities: tuple[str, ...] = ()
    by_appointment: bool = False

    def ranked(self, question: RankingQuestion) -> tuple[str, ...]:
        """The ids of all who wait."""
        return tuple(one.id for one in sorted(question.waiting, key=self._place))

    def _place(self, one: Waiting) -> tuple[int, float, float, str]:
        urgency = self.priorities.index(one.priority) if one.priority in self.priorities else len(self.priorities)
        longest = -one.starts_at.timestamp() if self.by_appointment else 0
        return urgency, longest, one.joined_at.timestamp(), one.id


def _booking(row: Table, _units: Collection[str]) -> BookingTerms:
    return BookingTerms(
        tier=Tier(row.choice("tier", frozenset(Tier)) or Tier.PHONE),
        closes=_HOUR * row.number("closes_hours_ahead", 0, _LONGEST_HOURS, default=CLOSES_HOURS_AHEAD),
        reason=row.text("reason", CODE, expected="a kebab-case code", optional=True, default="by-<tier>-only"),
    )


def _waitlist(row: Table, _units: Collection[str]) -> WaitlistTerms:
    enabled = row.flag("enabled", default=True)
    offer = _HOUR * row.number("offer_hours", 1, LONGEST_OFFER // _HOUR, default=OFFER_LIFE // _HOUR)
    lead = _HOUR * row.number(
        "least_lead_hours", 1, LONGEST_LEAD_TIME // _HOUR, default=max(offer, LEAST_LEAD_TIME) // _HOUR
    )
    if lead < offer:
        row.note("least_lead_hours", "no fewer than offer_hours: an offer may not outlive the time it is for")
    batch = row.number("batch", 1, LARGEST_BATCH, default=BATCH)
    match = frozenset(row.words("match", MATCH_KEYS, default="visit-type")) | {"visit-type"}
    quiet = _quiet_hours(row)
    if not enabled:
        return WaitlistTerms.off()
    return WaitlistTerms(enabled, offer, max(lead, offer), batch, match & MATCH_KEYS, quiet)


def _quiet_hours(row: Table) -> QuietHours:
    since, until = row.clock("quiet_from", QUIET_HOURS.since), row.clock("quiet_until", QUIET_HOURS.until)
    if since == until:
        row.note("quiet_until", "another time than quiet_from")
        return QUIET_HOURS
    return QuietHours(since, until)


def _order(row: Table, _units: Collection[str]) -> Order:
    priorities = row.words("priorities", default="none")
    then_by = row.choice("then_by", {_BY_TIME_JOINED, _BY_APPOINTMENT}, optional=True, default=_BY_TIME_JOINED)
    return Order(priorities, by_appointment=then_by == _BY_APPOINTMENT)


def _check_in(row: Table, _units: Collection[str]) -> CheckIn:
    hours = row.number("opens_hours_ahead", 1, EARLIEST_CHECK_IN // _HOUR, default=None)
    forms = row.words("forms", default="none")
    arrival_button = row.flag("arrival_button", default=False)
    if forms and hours is None:
        row.note("forms", "no such key unless opens_hours_ahead says when check-in opens")
    if hours is None:
        return CheckIn.arrival() if arrival_button else CheckIn.off()
    return CheckIn.on(_HOUR * hours, *forms, arrival_button=arrival_button)


BOOKING = PolicyTable(
    name="booking",
    hooks=("decide_booking", "restrict_slots"),
    about="How visits are booked, changed and cancelled, and until when. Only what can be booked directly is offered.",
    conditions=(VISIT_TYPES, UNITS, Condition("actions", "action", ACTIONS)),
    says=_booking,
)
WAITLIST = PolicyTable(
    name="waitlist",
    hooks=("choose_waitlist_terms",),
    about="Whether those who wait are offered a time that comes free, and on what terms.",
    conditions=(VISIT_TYPES, UNITS),
    says=_waitlist,
)
WAITLIST_ORDER = PolicyTable(
    name="waitlist_order",
    hooks=("rank_waitlist",),
    about="Who is offered a time first: by the organisation's own priorities, and then by one of two clocks.",
    conditions=(VISIT_TYPES, UNITS),
    says=_order,
)
CHECK_IN = PolicyTable(
    name="check_in",
    hooks=("choose_check_in",),
    about="What is done before a visit, and on arriving for it.",
    conditions=(VISIT_TYPES, UNITS, Condition("settings", "setting", SETTINGS), ACTORS, AGES),
    says=_check_in,
)
