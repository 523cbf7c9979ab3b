"""Letters that were kept before all items were known by what they are part of are hidden with it all the same."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import helsami_records
from helsami_kernel.database import Reads
from helsami_kernel.migrations import ENVIRONMENT, closing_engine
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


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path, clock):
    """A store whose letters were kept by the release before."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/old.db" if sqlite else request.getfixturevalue("new_database")("records")
    with closing_engine(url) as engine, engine.connect() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ENVIRONMENT))
        config.set_main_option("version_locations", str(Path(helsami_records.__file__).parent / "migrations"))
        config.set_main_option("path_separator", "newline")
        command.upgrade(config, "0004")
        connection.commit()
        if not sqlite:
            connection.execute(sa.text("select set_config('app.owner', 'c1', true)"))
        for row in ROWS:
            connection.execute(sa.text(f"INSERT INTO documents ({COLUMNS}) VALUES ({row})".replace(":", r"\:")))
        connection.commit()
    opened = open_store("records", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


def test_a_letter_of_before_is_hidden_with_its_appointment(old_store, clock):
    records = service(RecordsService, store=old_store, rules=organisations_of(rules_of()), clock=clock)

    def shown(*hidden):
        reader = replace(citizen_token("c1", ["records:read"]), actor="c2", basis="grant", hidden=frozenset(hidden))
        return {item["id"] for item in orjson.loads(records.page({"section": "letters"}, reader))["items"]}

    assert (shown(), shown("a1")) == ({"l1", "l2"}, {"l2"})
