"""Locks a process in: no file, no network, no other process, little memory; it keeps the channel that it has."""

import ctypes
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from helsami_sdk.host import syscalls

_NOBODY: Final = 65534
_NEW_NETWORK: Final = 0x40000000
_SET_DEATH_SIGNAL: Final = 1


def leave_the_network() -> bool:
    """Move to a network without interfaces; every process forked from here is in it. False where that is not ours."""
    return bool(ctypes.CDLL(None).unshare(_NEW_NETWORK) == 0)


def empty_folder() -> int | None:
    """Open a folder that is empty for ever, as it is gone already; None where no folder can be made."""
    try:
        folder = tempfile.mkdtemp()
        try:
            return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        finally:
            os.rmdir(folder)  # noqa: PTH106  the descriptor is what is kept
    except OSError:
        return None


def be_first_when_memory_is_short() -> None:
    """Let the kernel end this process and its children before the service."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def lock_in(folder: int | None, memory: int, parent: int) -> list[str]:
    """
    Lock this process in, for good, and name the walls that stand: root, user, calls.

    No descriptor can be opened and no process started after this, whatever else the machine permits. `folder` is an
    open empty folder, `memory` in bytes; the process ends with `parent`.
    """
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (most, most))
    walls = [name for name, build in (("root", lambda: _see_only(folder)), ("user", _be_nobody)) if _stands(build)]
    # The kernel forgets the death signal when a process changes its user.
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    if syscalls.forbid_all_others():
        walls.append("calls")
    return walls


def _stands(build: Callable[[], None]) -> bool:
    try:
        build()
    except OSError:
        return False
    return True


def _see_only(folder: int | None) -> None:
    if folder is None:
        raise FileNotFoundError
    os.fchdir(folder)
    os.chroot(".")
    os.close(folder)


def _be_nobody() -> None:
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
