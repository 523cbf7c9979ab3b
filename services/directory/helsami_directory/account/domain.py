"""What is told of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """How a citizen uses their account; nothing of it is lost while it is left (K19)."""

    first_login_at: datetime | None
    deactivated_at: datetime | None

    @property
    def to_note(self) -> bool:
        """Whether a login changes anything."""
        return self.first_login_at is None or self.deactivated_at is not None


@dataclass(frozen=True, slots=True)
class AccountDeactivated:
    """A citizen uses their account no longer: nobody acts for them, and nothing is told or offered."""


@dataclass(frozen=True, slots=True)
class AccountReactivated:
    """A citizen has taken their account up again by logging in; grants wait to be confirmed."""
