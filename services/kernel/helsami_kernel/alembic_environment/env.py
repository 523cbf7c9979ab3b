# ruff: noqa: INP001  alembic loads this file by its path
"""What alembic runs for every service: its migrations, on the connection it was handed, in one transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # also on SQLite, where our engine begins transactions itself
)
with context.begin_transaction():
    context.run_migrations()
