"""policy.toml about messages: who may be written to, and where a message goes."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from helsami_sdk.answers import Reachable, Route, Stop
from helsami_sdk.answers.messages import ANSWER_DAYS, LONGEST_ANSWER_DAYS, LONGEST_UNOPENED_HOURS, UNOPENED_HOURS
from helsami_sdk.policy.rows import ACTORS, AGES, UNITS, Condition, PolicyTable
from helsami_sdk.questions import DUTY_INBOX, RECIPIENT_KINDS, MessageQuestion
from helsami_sdk.tables import Table


@dataclass(frozen=True)
class Contact:
    """Whether somebody may be written to, and what the citizen may then expect."""

    writable: bool
    may_reply: bool
    answer_days: int

    def of(self, recipient: str) -> Reachable:
        """The recipient on these terms."""
        return Reachable(recipient, self.may_reply, self.answer_days)


@dataclass(frozen=True)
class Way:
    """First the employee, where one was written to and may be; then an inbox, the unit's own if none is named."""

    direct: bool
    inbox: str
    backups: tuple[str, ...]
    unopened_hours: int

    def route(self, question: MessageQuestion) -> Route | None:
        """The stops that the question has; None if it has none of them."""
        inboxes = dict.fromkeys((self.inbox or question.unit, *self.backups))
        stops = [Stop(inbox=inbox) for inbox in inboxes if inbox in question.inboxes]
        if self.direct and question.employee:
            stops.insert(0, Stop(employee=question.employee))
        stops = [replace(stop, unopened_hours=self.unopened_hours) for stop in stops]
        return Route.by(*stops) if stops else None


def _contact(row: Table, _units: Collection[str]) -> Contact:
    return Contact(
        writable=row.flag("writable", default=True),
        may_reply=row.flag("may_reply", default=True),
        answer_days=row.number("answer_days", 1, LONGEST_ANSWER_DAYS, default=ANSWER_DAYS),
    )


def _way(row: Table, units: Collection[str]) -> Way:
    inboxes = {*units, DUTY_INBOX}
    return Way(
        direct=row.flag("direct_to_employee", default=False),
        inbox=row.choice("inbox", inboxes, optional=True),
        backups=row.words("backups", inboxes, default=f"{DUTY_INBOX} alone"),
        unopened_hours=row.number("unopened_hours", 1, LONGEST_UNOPENED_HOURS, default=UNOPENED_HOURS),
    )


RECIPIENTS = PolicyTable(
    name="recipients",
    hooks=("list_recipients",),
    about="Who may be written to; whom no row names may not. A reply within the same thread needs `may_reply`; "
    "`answer_days` are working days.",
    conditions=(
        Condition("kinds", "kind", RECIPIENT_KINDS),
        UNITS,
        Condition("roles", "role"),
        ACTORS,
        AGES,
    ),
    says=_contact,
)
ROUTING = PolicyTable(
    name="routing",
    hooks=("route_message",),
    about="Where a message goes, and where after so many working hours unopened. Each unit has an inbox by its id, and "
    f"the organisation has `{DUTY_INBOX}`, which is added where it is missing; without `inbox` it is the unit's own.",
    conditions=(UNITS, Condition("topics", "topic"), ACTORS, AGES),
    says=_way,
)
