"""What the migrations make is what the code reads and writes, for every service and on both databases."""

import importlib

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from helsami_kernel import installed
from helsami_kernel.database import KERNEL_TABLES, open_engine
from helsami_kernel.migrations import upgrade


def tables_of(service):
    """Every table that a service's models declare, and the kernel's."""
    models = importlib.import_module(f"helsami_{service}.models")
    whole = sa.MetaData()
    for metadata in {KERNEL_TABLES, *(each for each in vars(models).values() if isinstance(each, sa.MetaData))}:
        for table in metadata.tables.values():
            table.to_metadata(whole)
    return whole


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("service", installed.service_names())
def test_the_migrations_make_what_the_models_declare(request, tmp_path, service, database):
    sqlite = database == "sqlite"
    url = f"sqlite:///{tmp_path}/x.db" if sqlite else request.getfixturevalue("new_database")(service)
    upgrade(service, url)
    declared = tables_of(service)
    assert len(declared.tables) > len(KERNEL_TABLES.tables)

    engine = open_engine(url, 1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_declared_in_models})
        differences = compare_metadata(context, declared)
    engine.dispose()

    assert differences == []


def is_declared_in_models(_thing, name, kind, reflected, _compared):
    """Leave out alembic's own table, and indexes that only the migrations know: partial ones, and constraints'."""
    return name != "alembic_version" and not (kind == "index" and reflected)
