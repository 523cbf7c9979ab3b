"""What the tests of notifications share: a store of each kind, the service on it, and a citizen's token."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from helsami_kernel.database import Reads
from helsami_kernel.origins import Origins
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service
from helsami_notifications.service import NotificationsService
from helsami_notifications.storage import Writes
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock) -> Iterator:
    opened = open_store("notifications", migrated("notifications", request.param), Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def notifications(store, clock) -> NotificationsService:
    """The service, with an organisation that keeps nothing from anybody (`open`), and one that is closed."""
    keeps_nothing = rules_of(manifest=manifest_of("open"))
    rules = organisations_of(keeps_nothing, closed_rules())
    return service(NotificationsService, store=store, rules=rules, clock=clock, origins=Origins(bytes(32)))


@pytest.fixture
def citizen() -> Callable:
    def token(subject: str = "c1", *scopes: str, **claims):
        return citizen_token(subject, ["notices:read", *scopes], **claims)

    return token
