"""What messages asks: who may be written to, and where a message goes."""

from dataclasses import dataclass
from datetime import datetime

RECIPIENT_KINDS = frozenset({"unit", "employee", "user-support"})
DUTY_INBOX = "duty"


@dataclass(frozen=True, slots=True)
class Recipient:
    """
    Somebody who might be written to.

    `kind` is one of RECIPIENT_KINDS; `unit` and `role` are the organisation's own codes, empty where they are unknown.
    """

    id: str
    kind: str
    unit: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class RecipientsQuestion:
    """
    Which of these may this person write to (R78, R86, K22)?

    The recipients are those of units the citizen has a relation to, and user support. `actor` is one of READERS.
    """

    recipients: tuple[Recipient, ...]
    asked_at: datetime
    actor: str = "self"
    age_band: str = "16+"

    @property
    def ids(self) -> frozenset[str]:
        """The only ids an answer may name."""
        return frozenset(one.id for one in self.recipients)

    @property
    def user_support(self) -> tuple[str, ...]:
        """The ids of user support, which may always be written to."""
        return tuple(one.id for one in self.recipients if one.kind == "user-support")


@dataclass(frozen=True, slots=True)
class MessageQuestion:
    """
    Where does a message to this unit, or to this employee of it, go, and where if nobody opens it (R79, R81)?

    `inboxes` are the organisation's (`Manifest.inboxes`: one of each unit, by the unit's id, and DUTY_INBOX);
    `employee` is who was written to, empty for none; `colleagues` may stand in. An answer may name these alone.
    """

    unit: str
    inboxes: frozenset[str]
    asked_at: datetime
    topic: str = ""
    employee: str = ""
    colleagues: frozenset[str] = frozenset()
    actor: str = "self"
    age_band: str = "16+"

    @property
    def employees(self) -> frozenset[str]:
        """The only employees an answer may name."""
        return self.colleagues | ({self.employee} if self.employee else frozenset())
