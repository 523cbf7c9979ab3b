"""What the directory answers about accounts: who logs in, and who leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from helsami_directory import schemas
from helsami_directory.account import schemas as own
from helsami_directory.account.storage import Reads, Writes
from helsami_directory.domain import Citizen
from helsami_directory.oneself import oneself
from helsami_directory.profile.entrypoints import Profiles
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden, NotFound, Unavailable, load
from helsami_kernel.store import OpenStore

DEACTIVATED: Final = "deactivated"


class Accounts(Profiles):
    """Part of the directory: accounts (R5-R8, K19)."""

    store: OpenStore[Reads, Writes]

    @rpc(scope="directory:identify", answers=own.LoggedIn)
    def log_in(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """
        Somebody has proved who they are: the register is asked, and an account that was left is taken up again (R8).

        Whom the register knows may log in without being anybody's patient (R6). Raises NotFound, Forbidden for the
        dead, and Unavailable when the register is away and has never spoken of this person.
        """
        national_id = load(schemas.Identify, command)["national_id"]
        citizen = self._asked_about(national_id)
        if citizen.facts.deceased:
            raise Forbidden("account-of-the-dead")
        account = self.store.reading(None).account(citizen.id)
        if account.to_note:
            with self.store.transaction(citizen.id) as tx:
                account = tx.log_in(citizen.id)
        return {
            "citizen": citizen.id,
            **asdict(citizen.facts),
            "language": self.store.reading(citizen.id).profile().language,
            "first_login": account.first_login_at is None,
            "reactivated": account.deactivated_at is not None,
        }

    @rpc(scope="account:act", answers=own.State)
    def deactivate(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Leave one's own account, which hides the portal and erases nothing (K19); twice is once."""
        load(schemas.Nothing, command)
        citizen = oneself(access)
        with self.store.transaction(citizen) as tx:
            if (done := tx.once(access.idempotency_key, "deactivate")) is not None:
                return dict(done)
            tx.deactivate(citizen)
            return dict(tx.remember({"state": DEACTIVATED}))

    @rpc(scope="directory:reader", answers=own.ByPost)
    def by_post(self, question: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """Whether a citizen reads nothing here now, since they have left their account or died (K19)."""
        citizen = load(schemas.WhichCitizen, question)["citizen"]
        return {"by_post": bool(self.store.reading(None).by_post([citizen]))}

    def _asked_about(self, national_id: str) -> Citizen:
        lookup = self.identity.lookup(national_id)
        known = self.store.reading(None).found(lookup)
        if known is not None:
            self.renewed([known.id])
        else:
            answers = self.answers([national_id])
            if all(entry is None for entry in answers.entries.values()):
                raise NotFound("citizen-not-found")
            with self.store.transaction(None) as tx:
                self.keep(tx, answers)
        found = self.store.reading(None).found(lookup)
        if found is None:
            raise Unavailable("register")
        return found
