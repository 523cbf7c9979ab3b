"""policy.toml about forms: who handles a case, and how long an answered form is shown."""

from collections.abc import Collection

from helsami_sdk.answers import CaseRoute, FormWindow
from helsami_sdk.answers.forms import CASE_ANSWER_DAYS, LONGEST_CASE_ANSWER_DAYS, LONGEST_SHOWN_DAYS, SHOWN_DAYS
from helsami_sdk.policy.rows import AGES, UNITS, Condition, PolicyTable
from helsami_sdk.questions import CASE_KINDS, MAIL_RECEPTION
from helsami_sdk.tables import Table


def _case(row: Table, units: Collection[str]) -> CaseRoute:
    return CaseRoute(
        queue=row.choice("queue", {*units, MAIL_RECEPTION}) or MAIL_RECEPTION,
        answer_days=row.number("answer_days", 1, LONGEST_CASE_ANSWER_DAYS, default=CASE_ANSWER_DAYS),
    )


def _window(row: Table, _units: Collection[str]) -> FormWindow:
    return FormWindow(row.number("shown_days", 1, LONGEST_SHOWN_DAYS, default=SHOWN_DAYS))


CASES = PolicyTable(
    name="cases",
    hooks=("route_case",),
    about=f"Who handles a case. Each unit has a queue by its id, and the organisation has `{MAIL_RECEPTION}`.",
    conditions=(Condition("kinds", "kind", CASE_KINDS), Condition("services", "service"), UNITS),
    says=_case,
)
FORMS = PolicyTable(
    name="forms",
    hooks=("choose_form_window",),
    about="For how many days an answered form is shown.",
    conditions=(Condition("kinds", "kind"), UNITS, AGES),
    says=_window,
)
