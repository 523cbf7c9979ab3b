"""Notices that were told before they were known by their items are hidden with them all the same."""

import orjson
import pytest

from helsami_kernel.database import Event, Reads
from helsami_kernel.origins import Origin, Origins
from helsami_kernel.testing import open_store, service
from helsami_notifications.service import NotificationsService
from helsami_notifications.storage import Writes
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

BODY = '{"id": "n1", "message": "notice.result-released", "about": {"type": "result", "id": "r1"}}'
COLUMNS = "id, owner, organisation, key, digest, occurred_at, kind, setting, visit_type, author_role, body, received_at"
AT = "2026-03-01 09:00:00+00:00"
ROW = f"'n1', 'c1', 'helsami', 'e1', '', '{AT}', 'result', '', '', '', '{BODY}', '{AT}'"


@pytest.fixture
def old_store(old_database, clock):
    """A store whose one notice was told two releases ago."""
    url = old_database("notifications", "0003", ("c1", f"INSERT INTO notices ({COLUMNS}) VALUES ({ROW})"))
    opened = open_store("notifications", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


def test_a_notice_of_before_is_for_its_citizen_until_it_is_told_whose_item_it_is_of(old_store, clock, citizen):
    origins, rules = Origins(bytes(32)), organisations_of(rules_of(manifest=manifest_of("open")))
    notifications = service(NotificationsService, store=old_store, rules=rules, clock=clock, origins=origins)

    def shown(**claims):
        token = citizen("c1", "results:read", **{"actor": "c2", "basis": "grant", **claims})
        return [item["about"]["id"] for item in orjson.loads(notifications.page({}, token))["items"]]

    assert (shown(actor="c1", basis="self"), shown()) == (["r1"], [])

    origin = origins.seal("c1", Origin("r1", "open", "results", clock(), "result"))
    told = {"item": "r1", "access_limit": "", "origin": origin}
    notifications.limit_of_results(Event(type="", subject="c1", data=told, id="e2", time=clock()))

    assert shown() == ["r1"]
    assert shown(hidden=frozenset({"r1"})) == []
