"""Migrations: run once, by one, in the order of their line, and cheap when there is nothing to do."""

import sys
import time
from pathlib import Path

import eventlet
import pytest
import sqlalchemy as sa

from helsami_kernel import migrations
from helsami_kernel.migrations import MigrationsBroken, is_at_head, upgrade

MIGRATION = '''"""Step {revision}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before!r}


def upgrade():
    op.create_table("step_{revision}", sa.Column("id", sa.Integer, primary_key=True))
    {then}
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/steps.db"
    return request.getfixturevalue("new_database")("steps")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a migration of a service called `steps`."""
    folder = tmp_path / "helsami_steps" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text('raise RuntimeError("a service need not be imported to migrate it")')
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(revision, before=None, then="pass"):
        (folder / f"{revision}.py").write_text(MIGRATION.format(revision=revision, before=before, then=then))

    return write


def tables(url):
    with migrations.closing_engine(url) as engine:
        return {name for name in sa.inspect(engine).get_table_names() if name.startswith("step_")}


def test_a_database_is_brought_to_the_newest_revision_once(url, write):
    write("0001")
    write("0002", "0001")

    assert not is_at_head("steps", url)
    assert upgrade("steps", url)
    assert is_at_head("steps", url)
    assert tables(url) == {"step_0001", "step_0002"}
    assert not upgrade("steps", url)


def test_a_later_migration_is_added_to_what_is_there(url, write):
    write("0001")
    upgrade("steps", url)
    write("0002", "0001")

    assert not is_at_head("steps", url)
    assert upgrade("steps", url)
    assert tables(url) == {"step_0001", "step_0002"}


def test_a_migration_that_fails_leaves_nothing_behind(url, write):
    write("0001")
    upgrade("steps", url)
    write("0002", "0001")
    write("0003", "0002", then='raise RuntimeError("no")')

    with pytest.raises(RuntimeError):
        upgrade("steps", url)

    assert tables(url) == {"step_0001"}
    write("0003", "0002")
    assert upgrade("steps", url)
    assert tables(url) == {"step_0001", "step_0002", "step_0003"}


def test_a_database_of_a_newer_release_is_left_alone(url, write):
    write("0001")
    upgrade("steps", url)
    with migrations.closing_engine(url) as engine, engine.begin() as connection:
        connection.execute(sa.update(migrations.VERSION).values(version_num="0009"))

    assert is_at_head("steps", url)
    assert not upgrade("steps", url)


def test_two_newest_migrations_are_refused(url, write):
    write("0001")
    write("0002a", "0001")
    write("0002b", "0001")

    with pytest.raises(MigrationsBroken, match="0002a, 0002b"):
        upgrade("steps", url)


@pytest.mark.parametrize("service", ["kernel", "of_nobody"])
def test_a_service_without_migrations_has_nothing_to_do(service, tmp_path):
    assert not upgrade(service, f"sqlite:///{tmp_path}/none.db")
    assert is_at_head(service, f"sqlite:///{tmp_path}/none.db")
    assert not Path(tmp_path, "none.db").exists()


def test_of_two_that_migrate_at_once_one_does_it(new_database, write):
    address = new_database("steps")
    write("0001", then="op.execute('SELECT pg_sleep(0.5)')")
    write("0002", "0001")
    programs = [
        eventlet.spawn(
            lambda: eventlet.green.subprocess.run(
                [sys.executable, "-c", RACER, *sys.path[:1], address], capture_output=True, text=True, check=False
            )
        )
        for _ in range(3)
    ]
    answers = sorted((done.stdout.strip(), done.returncode) for done in (program.wait() for program in programs))

    assert answers == [("False", 0), ("False", 0), ("True", 0)]
    assert tables(address) == {"step_0001", "step_0002"}


RACER = """
import sys
sys.path.insert(0, sys.argv[1])
from helsami_kernel.migrations import upgrade
print(upgrade("steps", sys.argv[2]))
"""


def test_nothing_to_do_is_found_without_alembic_and_at_once(tmp_path, write):
    url = f"sqlite:///{tmp_path}/steps.db"
    write("0001")
    upgrade("steps", url)

    began = time.perf_counter()
    for _ in range(10):
        upgrade("steps", url)
    assert (time.perf_counter() - began) / 10 < 0.05
