"""The common answers as data: policy.toml, read without running code, and answering hooks like any plugin."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from helsami_sdk.answers import (
    LONGEST_REVIEW_DAYS,
    REVIEW_DAYS,
    BookingDecision,
    Release,
    Restriction,
    ResultClass,
    Tier,
)
from helsami_sdk.defaults import HOME_CARE_HIDDEN
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.questions import (
    ACTIONS,
    AGE_BANDS,
    KINDS,
    READERS,
    SETTINGS,
    BookingQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
)
from helsami_sdk.tables import Table

FILE = "policy.toml"
CLOSES_HOURS_AHEAD = 24
_CODE = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_LONGEST_HOURS = 24 * 365
_Allowed = frozenset[str]


@dataclass(frozen=True)
class BookingRow:
    """How some visit types are booked; an empty set fits anything. `closes` is the time before the start."""

    tier: Tier
    closes: timedelta
    reason: str = ""
    visit_types: _Allowed = frozenset()
    units: _Allowed = frozenset()
    actions: _Allowed = frozenset()

    def fits(self, action: str, visit_type: str, unit: str) -> bool:
        """Whether the row is about this."""
        return (
            (not self.visit_types or visit_type in self.visit_types)
            and (not self.actions or action in self.actions)
            and (not self.units or unit in self.units)
        )

    def decision(self, starts_at: datetime) -> BookingDecision:
        """What the row says of an appointment that starts then; deadlines are counted in UTC."""
        if self.tier is Tier.PHONE:
            return BookingDecision.phone(self.reason or "by-phone-only")
        deadline = starts_at.astimezone(UTC) - self.closes
        if self.tier is Tier.REQUEST:
            return BookingDecision.request(self.reason or "by-request-only", deadline)
        return BookingDecision.direct(deadline)


@dataclass(frozen=True)
class ResultRow:
    """How some types of result are released; an empty set fits anything."""

    answer: ResultClass
    codes: _Allowed = frozenset()
    categories: _Allowed = frozenset()
    settings: _Allowed = frozenset()
    age_bands: _Allowed = frozenset()

    def fits(self, question: ResultQuestion) -> bool:
        """Whether the row is about this."""
        return (
            (not self.codes or question.code in self.codes)
            and (not self.categories or question.category in self.categories)
            and (not self.settings or question.setting in self.settings)
            and (not self.age_bands or question.age_band in self.age_bands)
        )


@dataclass(frozen=True)
class SharingRow:
    """Whether some kinds of item are shown; an empty set fits anything."""

    answer: Restriction
    kinds: _Allowed = frozenset()
    settings: _Allowed = frozenset()
    visit_types: _Allowed = frozenset()
    author_roles: _Allowed = frozenset()
    readers: _Allowed = frozenset()
    age_bands: _Allowed = frozenset()

    def fits(self, question: SharingQuestion) -> bool:
        """Whether the row is about this."""
        return (
            (not self.kinds or question.kind in self.kinds)
            and (not self.settings or question.setting in self.settings)
            and (not self.visit_types or question.visit_type in self.visit_types)
            and (not self.author_roles or question.author_role in self.author_roles)
            and (not self.readers or question.reader in self.readers)
            and (not self.age_bands or question.age_band in self.age_bands)
        )


# eq=False: pluggy refuses a plugin that equals one it has, and a child may have its parent's very rows.
@dataclass(frozen=True, eq=False)
class Policy:
    """An organisation's answers as data: in each table the first row that fits answers, and none leaves it open."""

    booking: tuple[BookingRow, ...] = ()
    results: tuple[ResultRow, ...] = ()
    sharing: tuple[SharingRow, ...] = ()

    @property
    def units(self) -> frozenset[str]:
        """Every unit the policy names."""
        return frozenset(unit for row in self.booking for unit in row.units)

    @hookimpl
    def decide_booking(self, question: BookingQuestion) -> BookingDecision | None:
        """Answer from the booking rows."""
        return self._booking(question.action, question.visit_type, question.unit, question.starts_at)

    @hookimpl
    def restrict_slots(self, question: SlotsQuestion) -> frozenset[str] | None:
        """Offer only the times that could be booked directly now."""
        if not self.booking:
            return None
        return frozenset(
            slot.id
            for slot in question.slots
            for decision in [self._booking("book", slot.visit_type, slot.unit, slot.starts_at)]
            if decision is None or (decision.tier is Tier.DIRECT and _still_open(decision, question.asked_at))
        )

    @hookimpl
    def classify_result(self, question: ResultQuestion) -> ResultClass | None:
        """Answer from the result rows."""
        return next((row.answer for row in self.results if row.fits(question)), None)

    @hookimpl
    def restrict_sharing(self, question: SharingQuestion) -> Restriction | None:
        """Answer from the sharing rows."""
        return next((row.answer for row in self.sharing if row.fits(question)), None)

    def _booking(self, action: str, visit_type: str, unit: str, starts_at: datetime) -> BookingDecision | None:
        for row in self.booking:
            if row.fits(action, visit_type, unit):
                return row.decision(starts_at)
        return None


def _still_open(decision: BookingDecision, asked_at: datetime) -> bool:
    return decision.deadline is None or decision.deadline > asked_at


def read_policy(folder: Path, units: Collection[str] = ()) -> Policy | None:
    """Read and check `folder/policy.toml`, None if there is none; `units` are the manifest's. Raises Misconfigured."""
    if not (folder / FILE).exists():
        return None
    table = Table.read(folder / FILE)
    policy = Policy(
        booking=tuple(_read_booking(row, units) for row in table.rows("booking")),
        results=tuple(_read_result(row) for row in table.rows("results")),
        sharing=tuple(_read_sharing(row) for row in table.rows("sharing")),
    )
    table.finish(FILE)
    return policy


def _read_booking(row: Table, units: Collection[str]) -> BookingRow:
    hours = row.number("closes_hours_ahead", 0, _LONGEST_HOURS)
    return BookingRow(
        tier=Tier(row.choice("tier", frozenset(Tier)) or Tier.PHONE),
        closes=timedelta(hours=CLOSES_HOURS_AHEAD if hours is None else hours),
        reason=row.text("reason", _CODE, expected="a kebab-case code", optional=True),
        visit_types=row.words("visit_types"),
        units=row.words("units", units),
        actions=row.words("actions", ACTIONS),
    )


def _read_result(row: Table) -> ResultRow:
    release = Release(row.choice("class", frozenset(Release)) or Release.MANUAL)
    days = row.number("review_days", 1, LONGEST_REVIEW_DAYS)
    if days is not None and release is not Release.REVIEW:
        row.note("review_days", 'no such key unless class is "review"')
    review = ResultClass.review(days or REVIEW_DAYS)
    return ResultRow(
        answer=review if release is Release.REVIEW else ResultClass(release),
        codes=row.words("codes"),
        categories=row.words("categories"),
        settings=row.words("settings", SETTINGS),
        age_bands=row.words("age_bands", AGE_BANDS),
    )


def _read_sharing(row: Table) -> SharingRow:
    shown = row.flag("show")
    reason = row.text("reason", _CODE, expected="a kebab-case code", optional=True)
    despite = row.choice("despite", {HOME_CARE_HIDDEN}, optional=True)
    if reason and shown:
        row.note("reason", "no such key where show is true")
    if despite and not shown:
        row.note("despite", "no such key where show is false")
    return SharingRow(
        answer=Restriction.show(despite) if shown else Restriction.withhold(reason or "hidden-by-policy"),
        kinds=row.words("kinds", KINDS),
        settings=row.words("settings", SETTINGS),
        visit_types=row.words("visit_types"),
        author_roles=row.words("author_roles"),
        readers=row.words("readers", READERS),
        age_bands=row.words("age_bands", AGE_BANDS),
    )
