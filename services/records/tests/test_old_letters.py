"""Letters that were kept before all items were known by what they are part of are hidden with it all the same."""

from dataclasses import replace

import orjson
import pytest

from helsami_kernel.database import Reads
from helsami_kernel.testing import citizen_token, open_store, service
from helsami_records.service import RecordsService
from helsami_records.storage import Writes
from helsami_sdk.testing import organisations_of, rules_of

AT = "2026-02-27 09:00:00+00:00"
COLUMNS = (
    "id, owner, organisation, key, digest, occurred_at, kind, setting, visit_type, author_role, body, received_at, "
    "is_letter, appointment, enclosed"
)
BODY = '{"id": "%s"}'
ROWS = [
    f"'{its}', 'c1', 'trondheim', '{its}', '', '{AT}', 'document', '', '', '', '{BODY % its}', '{AT}', "
    f"true, {about}, ''"
    for its, about in (("l1", "'a1'"), ("l2", "NULL"))
]


@pytest.fixture
def old_store(old_database, clock):
    """A store whose letters were kept by the release before."""
    left = [("c1", f"INSERT INTO documents ({COLUMNS}) VALUES ({row})") for row in ROWS]
    url = old_database("records", "0004", *left)
    opened = open_store("records", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


def test_a_letter_of_before_is_hidden_with_its_appointment(old_store, clock):
    records = service(RecordsService, store=old_store, rules=organisations_of(rules_of()), clock=clock)

    def shown(*hidden):
        reader = replace(citizen_token("c1", ["records:read"]), actor="c2", basis="grant", hidden=frozenset(hidden))
        return {item["id"] for item in orjson.loads(records.page({"section": "letters"}, reader))["items"]}

    assert (shown(), shown("a1")) == ({"l1", "l2"}, {"l2"})
