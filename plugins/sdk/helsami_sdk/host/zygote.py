"""
Forks children that have everything imported already: started by exec, so that it has nothing of the service in it.

Run as `python -I -m helsami_sdk.host.zygote DESCRIPTOR` with an empty environment. It is told over that descriptor, in
one message each, to start a child on the descriptor that comes with it, or to kill one; it ends when the other side
closes.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Final
from zoneinfo import ZoneInfo

from helsami_sdk.host import child, sandbox
from helsami_sdk.host.runaways import LOOK_EVERY, Runaways

_EVERYDAY: Final = ("_strptime", "calendar", "decimal", "fractions", "statistics")
"""What rules use, and Python imports at first use, when a child could not."""
OSLO: Final = ZoneInfo("Europe/Oslo")  # held, as a child could not read it
_LONGEST_COMMAND: Final = 256


def main(control: socket.socket) -> None:
    """Obey until the service is gone; the children end with this process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the service decides when it ends, and it may have work to finish
    sandbox.be_first_when_memory_is_short()
    sandbox.leave_the_network()
    folder = sandbox.empty_folder()
    for name in _EVERYDAY:
        importlib.import_module(name)
    gc.freeze()
    children: dict[int, int] = {}
    runaways = Runaways()
    control.settimeout(LOOK_EVERY)
    while True:
        _reap(children)
        runaways.end(children.values())
        try:
            content, descriptors, _, _ = socket.recv_fds(control, _LONGEST_COMMAND, 1)
        except TimeoutError:
            continue
        if not content:
            return
        command = json.loads(content)
        if "start" in command:
            if (born := _fork(control, descriptors[0], folder)) is not None:
                children[command["start"]] = born
        elif (pid := children.pop(command["kill"], None)) is not None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _fork(control: socket.socket, channel: int, folder: int | None) -> int | None:
    """Start a child; where the machine has no room for another, its channel closes, and the others live on."""
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(channel)
        return None
    if pid != 0:
        os.close(channel)
        return pid
    try:
        control.close()
        child.live(_waiting(channel), folder, parent)
    finally:
        os._exit(1)


def _reap(children: dict[int, int]) -> None:
    """Forget the children that have ended; until then their ids are nobody else's."""
    for number, pid in list(children.items()):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            del children[number]


def _waiting(descriptor: int) -> socket.socket:
    """A socket that waits, which one of a cooperative process does not."""
    end = socket.socket(fileno=descriptor)
    end.settimeout(None)
    return end


if __name__ == "__main__":
    main(_waiting(int(sys.argv[1])))
