"""A PostgreSQL cluster of the test run's own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from harness.caretaker import Caretaker
from harness.ports import reserve_port
from harness.programs import POSTGRESQL
from harness.server import POLL_SECONDS, STOP_SECONDS, NotReady, ProcessGroup, new_folder

SUPERUSER = "postgres"
READY_SECONDS = 30.0
MAX_CONNECTIONS = 200
ENDED = "Z"
CHOOSES_STRATEGY = 15_00_00

SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = {connections}
shared_buffers = '128MB'
timezone = 'UTC'
fsync = off
full_page_writes = off
log_line_prefix = '%m [%p] %q%u@%d '
"""


class Postgres:
    """
    One cluster with its own port, socket and data folder, run by an unprivileged account.

    Data survive `kill9` and `restart_immediate`. It does not wait for the disk until `make_durable` is called.
    """

    def __init__(self, caretaker: Caretaker) -> None:
        """Create the cluster's files; nothing runs before `start`."""
        self._programs = POSTGRESQL.folder()
        self._account = _unprivileged_account()
        self._folder = new_folder(caretaker, "postgres")
        self._data = self._folder / "data"
        self._server = ProcessGroup(caretaker, self._folder / "postgres.log")
        self.port = reserve_port()
        self._lay_out()

    @property
    def pid(self) -> int:
        """The id of the cluster's first process."""
        return self._server.pid

    @property
    def log(self) -> str:
        """What the cluster has written since its first start."""
        return self._server.log.read_text(errors="replace")

    def start(self) -> None:
        """Start the cluster and wait until it takes connections; raises NotReady."""
        self._server.start([self._programs / "postgres", "-D", self._data], self._environment(), self._account)
        self._server.wait_until(self.answers, READY_SECONDS)

    def stop(self) -> None:
        """End the cluster in order; open connections are closed by it."""
        self._server.send(signal.SIGINT)
        try:
            self._server.wait()
        except subprocess.TimeoutExpired:
            self.kill9()

    def restart_immediate(self) -> None:
        """End the cluster without a checkpoint and start it again: it recovers from its log."""
        self._server.send(signal.SIGQUIT)
        self._server.wait()
        self.start()

    def kill9(self) -> None:
        """End the cluster, every backend included, as a power cut would."""
        processes = self._everyone()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._server.wait()
        _wait_until_gone(processes)

    def freeze(self) -> None:
        """Stop every process of the cluster in its tracks: connections stay open and nothing answers."""
        self._signal_everyone(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen cluster go on."""
        self._signal_everyone(signal.SIGCONT)

    def close(self) -> None:
        """End the cluster and remove its folder."""
        if self._server.is_running():
            self.thaw()
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def make_durable(self) -> None:
        """Make every commit wait for the disk from now on, as in production: for benchmarks."""
        for setting in ("fsync", "full_page_writes"):
            self.execute(sql.SQL("ALTER SYSTEM SET {} = on").format(sql.Identifier(setting)))
        self.execute(sql.SQL("SELECT pg_reload_conf()"))

    def answers(self) -> bool:
        """Tell whether the cluster takes connections."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def url(self, name: str) -> str:
        """Return the SQLAlchemy address of a database as its owner; `name` may hold `{service}` to make a pattern."""
        return f"postgresql+psycopg2://{name}@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str) -> str:
        """
        Create an empty database and the role that owns it, and return its SQLAlchemy address.

        The role is no superuser, is held to row-level security, and may create the extensions PostgreSQL trusts, such
        as btree_gist.
        """
        owner = sql.Identifier(name)
        self.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(owner))
        self.execute(sql.SQL("CREATE DATABASE {} OWNER {}{}").format(owner, owner, self._quickly))
        return self.url(name)

    def copy_database(self, name: str, template: str) -> str:
        """Create a database with all that another holds and with its owner; return its address. Nobody may be in it."""
        names = (sql.Identifier(each) for each in (name, template, template))
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}{}").format(*names, self._quickly))
        return f"postgresql+psycopg2://{template}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it, and its role."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composable, database: str = SUPERUSER) -> list[tuple[object, ...]]:
        """Run one statement as the superuser and return its rows."""
        with self._cursor(database) as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @cached_property
    def _quickly(self) -> sql.SQL:
        """How a new database's files are made: copied, which is a third of the work of writing them to the log."""
        with closing(self._connect()) as connection:
            return sql.SQL(" STRATEGY FILE_COPY" if connection.server_version >= CHOOSES_STRATEGY else "")

    @contextmanager
    def _cursor(self, database: str) -> Iterator[Cursor]:
        with closing(self._connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def _connect(self, database: str = SUPERUSER) -> Connection:
        return psycopg2.connect(host=str(self._folder), port=self.port, user=SUPERUSER, dbname=database)

    def _lay_out(self) -> None:
        if self._account is not None:
            shutil.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._server.start([self._programs / "initdb", "-D", self._data, *options], self._environment(), self._account)
        if self._server.wait(READY_SECONDS) != 0:
            raise NotReady(self.log)
        settings = SETTINGS.format(port=self.port, folder=self._folder, connections=MAX_CONNECTIONS)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": str(self._folder)}

    def _signal_everyone(self, number: signal.Signals) -> None:
        for process in self._everyone():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _everyone(self) -> list[int]:
        # Every backend makes itself a process group of its own, so a signal to the server's group does not reach it.
        return [self._server.pid, *children_of(self._server.pid)]


def children_of(parent: int) -> list[int]:
    """Return the ids of a process's children."""
    return [child for child in _all_processes() if _parent_of(child) == parent]


def _all_processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _parent_of(process: int) -> int | None:
    """Return a process's parent; none if it has ended, waited for or not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    # The second field is a name in brackets that may itself hold blanks and brackets; state and parent follow it.
    state, parent = status.rpartition(")")[2].split()[:2]
    return None if state == ENDED else int(parent)


def _wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while any(_parent_of(process) is not None for process in processes):
        if time.monotonic() > deadline:
            message = "killed processes of the cluster are still there"
            raise NotReady(message)
        time.sleep(POLL_SECONDS)


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Return whom to run the cluster as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]
