"""policy.toml about sharing: classes of results, what is withheld, and what a representative may hold."""

from collections.abc import Collection

from helsami_sdk.answers import LONGEST_REVIEW_DAYS, REVIEW_DAYS, Release, Restriction, ResultClass
from helsami_sdk.defaults import HOME_CARE_HIDDEN
from helsami_sdk.policy.rows import AGES, CODE, VISIT_TYPES, Condition, PolicyTable
from helsami_sdk.questions import BASES, KINDS, READERS, SCOPES, SETTINGS
from helsami_sdk.tables import Table

_SETTINGS = Condition("settings", "setting", SETTINGS)


def _result(row: Table, _units: Collection[str]) -> ResultClass:
    release = Release(row.choice("class", frozenset(Release)) or Release.MANUAL)
    days = row.number("review_days", 1, LONGEST_REVIEW_DAYS, default=None)
    if days is not None and release is not Release.REVIEW:
        row.note("review_days", 'no such key unless class is "review"')
    review = ResultClass.review(days or REVIEW_DAYS)
    return review if release is Release.REVIEW else ResultClass(release)


def _sharing(row: Table, _units: Collection[str]) -> Restriction:
    shown = row.flag("show")
    reason = row.text("reason", CODE, expected="a kebab-case code", optional=True, default="hidden-by-policy")
    despite = row.choice("despite", {HOME_CARE_HIDDEN}, optional=True)
    if reason and shown:
        row.note("reason", "no such key where show is true")
    if despite and not shown:
        row.note("despite", "no such key where show is false")
    return Restriction.show(despite) if shown else Restriction.withhold(reason or "hidden-by-policy")


def _delegation(row: Table, _units: Collection[str]) -> frozenset[str]:
    return frozenset(row.words("scopes", SCOPES, optional=False))


RESULTS = PolicyTable(
    name="results",
    hooks=("classify_result",),
    about="When results of these types are shown; `review_days` is for the class review (14).",
    conditions=(
        Condition("codes", "code"),
        Condition("categories", "category"),
        _SETTINGS,
        AGES,
    ),
    says=_result,
)
SHARING = PolicyTable(
    name="sharing",
    hooks=("restrict_sharing",),
    about='What is shown and what is not; `despite = "home-care-hidden"` shows home care, which the region hides.',
    conditions=(
        Condition("kinds", "kind", KINDS),
        _SETTINGS,
        VISIT_TYPES,
        Condition("author_roles", "author_role"),
        Condition("readers", "reader", READERS),
        AGES,
    ),
    says=_sharing,
)
DELEGATION = PolicyTable(
    name="delegation",
    hooks=("limit_delegation",),
    about="What a representative may hold, within the region's table; an empty list is nothing.",
    conditions=(Condition("bases", "basis", BASES), AGES),
    says=_delegation,
)
