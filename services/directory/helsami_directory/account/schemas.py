"""What the directory is asked, answers and tells about accounts."""

from __future__ import annotations

from marshmallow import Schema, fields

from helsami_directory.schemas import Person


class LoggedIn(Person):
    """
    Who has logged in; `language` is the one they have chosen here, null where they have not.

    `first_login` is true once, when the register's data are to be shown (R13); `reactivated` after a deactivation.
    """

    first_login = fields.Boolean()
    reactivated = fields.Boolean()


class ByPost(Schema):
    """Whether what has to reach a citizen must go another way than through here."""

    by_post = fields.Boolean()


class State(Schema):
    """Whether an account is in use."""

    state = fields.String()


class AccountDeactivated(Schema):
    """A citizen uses their account no longer."""


class AccountReactivated(Schema):
    """A citizen has taken their account up again."""
