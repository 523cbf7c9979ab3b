"""Everything in one process, on a bus in memory and a file for each database: to try HelsaMi, and to work on it."""

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn

from helsami_kernel import installed
from helsami_kernel.config import Settings
from helsami_kernel.installed import CannotStart
from helsami_kernel.keys import KeyFolder
from helsami_kernel.lifetime import Lifetime
from helsami_kernel.migrations import upgrade

GRACE: Final = timedelta(seconds=2.5)  # whoever pressed Ctrl-C is waiting
LOCK: Final = ".lock"
STARTED: Final = ".started"


def run(settings: Settings) -> NoReturn:
    """
    Serve until told to stop; a new data folder is given keys, tables and whatever the first start brings.

    Raises `CannotStart` before anything has begun, and `KeysUnusable`.
    """
    if not settings.embedded:
        raise CannotStart("`helsami run` keeps the bus in memory: unset HELSAMI_BUS, or use `helsami serve`")
    with _alone_in(settings.data):
        _check_port(settings.host, settings.port)
        KeyFolder(settings.keys).make()
        services = installed.services(installed.service_names())
        for name in installed.service_names():
            upgrade(name, settings.database_url(name))
        Lifetime(settings, services, min(settings.grace, GRACE)).run(lambda: _greet(settings))


def _greet(settings: Settings) -> None:
    """Bring in what a new data folder begins with, then say that all is ready."""
    started = settings.data / STARTED
    if not started.exists():
        for begin in installed.first_start():
            begin(settings)
        started.touch()
    address = f"http://{settings.host}:{settings.port}"
    sys.stdout.write(
        f"HelsaMi is ready at {address} - log in with one of the people in {address}/dev/citizens: "
        f"curl -c cookies -H 'Content-Type: application/json' -d '{{\"pid\": \"...\"}}' {address}/dev/login\n"
    )
    sys.stdout.flush()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Make the data folder, see that it can be written, and keep any other process out of it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(f"cannot write in the data folder {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(f"another HelsaMi runs on the data folder {folder}") from None
    else:
        yield
    finally:
        os.close(lock)


def _check_port(host: str, port: int) -> None:
    """See that the gateway will get its port, before anything is made for it."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        reason = "it is busy" if error.errno == errno.EADDRINUSE else error.strerror
        raise CannotStart(f"cannot listen on {host}:{port}: {reason} (HELSAMI_PORT names another)") from error
