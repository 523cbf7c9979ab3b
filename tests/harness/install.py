"""
Installs the servers that tests need, if the machine lacks them and lets us; if not, says what to install and exits 2.

Debian's packages would start system-wide servers as they are installed; they are kept from it, and none that runs is
touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.programs import SERVERS, Server

POLICY = Path("/usr/sbin/policy-rc.d")
START_NOTHING = "#!/bin/sh\nexit 101\n"
WITHOUT_QUESTIONS = ("env", "DEBIAN_FRONTEND=noninteractive")
INSTALL = (*WITHOUT_QUESTIONS, "apt-get", "install", "--yes", "--no-install-recommends", "--quiet=2")
CANNOT_INSTALL = 2


def main(servers: Sequence[Server] = SERVERS) -> int:
    """Install what is missing of these servers; return the exit code."""
    missing = [server.package for server in servers if server.is_missing()]
    if not missing:
        return 0
    root = _as_root()
    if root is None or shutil.which("apt-get") is None:
        return _ask_for(missing)
    print(f"Installing {' and '.join(missing)} from Debian's packages", file=sys.stderr)
    try:
        with _no_service_starts(root):
            _run([*root, "apt-get", "update", "--quiet=2"])
            _run([*root, *INSTALL, *missing])
    except subprocess.CalledProcessError as failure:
        print(f"This failed: {' '.join(failure.cmd)}", file=sys.stderr)
        return _ask_for(missing)
    return 0


def _ask_for(packages: Sequence[str]) -> int:
    print(f"Tests need {' and '.join(packages)}. Install: apt-get install {' '.join(packages)}", file=sys.stderr)
    return CANNOT_INSTALL


def _as_root() -> list[str] | None:
    """Return what to put before a command so that root runs it; None if nothing does without a password."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


@contextmanager
def _no_service_starts(root: Sequence[str]) -> Iterator[None]:
    # Whoever administers the machine may have a policy already: then theirs holds.
    if POLICY.exists():
        yield
        return
    _run([*root, "install", "-m", "755", "/dev/stdin", str(POLICY)], START_NOTHING)
    try:
        yield
    finally:
        _run([*root, "rm", "--force", str(POLICY)])


def _run(command: Sequence[str], text: str = "") -> None:
    subprocess.run(command, input=text, text=True, stdout=sys.stderr, check=True)


if __name__ == "__main__":
    sys.exit(main())
