"""The processes of the real plugin host: locked in, replaced, and gone when their service is."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.answering import RULES
from helsami_kernel.testing import until
from helsami_sdk import Tier
from helsami_sdk.host import Limits, runaways, zygote
from helsami_sdk.host.program import Program

from .asking import BOOKING

SERVICE = """
import sys, time
from pathlib import Path
from helsami_sdk.host import Host, Limits
from helsami_sdk.host.hosted import HostedRules
from helsami_sdk.host.program import Program

host = Host(limits=Limits(start=20.0, deadline=20.0))
rules = HostedRules("x/rules.py", Program({"x.rules": ("rules.py", Path(sys.argv[1]).read_text())}, "x.rules"),
                    host, Limits(start=20.0, deadline=20.0), print)
rules.settle()
def descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [one for child in children for one in (child, *descendants(child))]
import os
print(*rules.walls, flush=True)
print(*descendants(os.getpid()), flush=True)
"""


def service(tmp_path, after, before=""):
    """A program of its own that hosts one plugin, and then does something."""
    (tmp_path / "rules.py").write_text(RULES)
    command = [sys.executable, "-c", before + SERVICE + after, str(tmp_path / "rules.py")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def is_gone(pid):
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", ["time.sleep(600)", "os._exit(1)", "host.close()", "raise SystemExit"])
def test_nothing_is_left_of_the_host_when_its_service_ends_however_it_does(tmp_path, end):
    with service(tmp_path, end) as program:
        walls, pids = program.stdout.readline().split(), program.stdout.readline().split()
        assert len(pids) == 2
        assert "calls" in walls
        if "sleep" in end:
            program.send_signal(signal.SIGKILL)
        program.wait(20)
    until = time.monotonic() + 10
    while not all(is_gone(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)

    assert all(is_gone(pid) for pid in pids)


def test_a_zygote_that_dies_takes_its_children_with_it_and_is_replaced(region):
    region.install("malvik", RULES)
    rules = region.load()["malvik"]
    zygote = region.make.__self__._zygote

    zygote.kill()
    zygote.wait()
    rules.decide_booking(BOOKING)

    assert rules.decide_booking(BOOKING).tier is Tier.DIRECT


AS_NOBODY = """
import os, socket
from helsami_sdk.host import host as module, zygote

class Forked:
    def __init__(self, pid): self.pid = pid
    def wait(self, timeout=None): os.waitpid(self.pid, 0)

def forked():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
        try: zygote.main(theirs)
        finally: os._exit(0)
    theirs.close()
    return Forked(pid), ours

for name in zygote._EVERYDAY:  # nobody may not be let into the folders of the Python that runs these tests
    __import__(name)
module._exec_zygote = forked
"""

WITHOUT_FILTER = """
from helsami_sdk.host import syscalls
syscalls.forbid_all_others = lambda: False
"""

ASK_EACH = """
from helsami_sdk import BookingQuestion
from datetime import datetime, UTC
question = BookingQuestion("book", "x", datetime.now(UTC), datetime.now(UTC))
rules.close()
for body in ("open('/etc/passwd')", "import socket; socket.socket()", "import os; os.fork()", "pass"):
    text = Path(sys.argv[1]).read_text().replace("return BookingDecision", body + "; return BookingDecision")
    program = Program({"x.rules": ("rules.py", text)}, "x.rules")
    rules = HostedRules("x/rules.py", program, host, Limits(start=20.0, deadline=20.0), print)
    rules.settle()
    try: print(type(rules.ask("decide_booking", question)).__name__)
    except Exception as failure: print(failure.reason)
    rules.close()
host.close()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else; all the other tests are this user's")
@pytest.mark.parametrize("filters", [True, False], ids=["with a filter", "where the kernel has no filter"])
def test_an_ordinary_user_can_lock_a_plugin_in_as_well(tmp_path, filters):
    before = AS_NOBODY if filters else AS_NOBODY + WITHOUT_FILTER
    with service(tmp_path, ASK_EACH, before=before) as program:
        walls, _, *said = program.stdout.read().splitlines()

    assert walls == ("calls" if filters else "")
    assert said == ["raised", "raised", "raised", "BookingDecision"]


def test_root_loses_root_and_every_folder(region):
    region.install("malvik", RULES)
    organisations = region.load()

    expected = ["root", "user", "calls"] if os.getuid() == 0 else ["calls"]
    assert organisations._found["malvik"].module.walls == expected


def test_a_plugin_that_is_larger_than_rules_are_is_not_read(region, host, monkeypatch):
    region.install("malvik", RULES + "#" * Limits().program)

    assert "bytes of code" in region.closed_because("malvik")


def test_a_process_that_works_while_nobody_asks_it_is_ended_and_one_that_waits_is_not(monkeypatch):
    monkeypatch.setattr(runaways, "_MOST", 0.1)  # of a processor: this machine's may have much else to do
    # It ends by itself as well, a while later: whoever ends this run with a signal leaves nothing that works for ever.
    works = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (60, 90))\nwhile True: pass"
    busy, idle = (subprocess.Popen([sys.executable, "-c", what]) for what in (works, "import time; time.sleep(60)"))
    watched = runaways.Runaways(look_every=0.5)
    with busy, idle:
        until(lambda: watched.end([busy.pid, idle.pid]) or busy.poll() is not None, within=30)

        assert busy.returncode == -signal.SIGKILL
        assert idle.poll() is None
        idle.kill()


def test_a_machine_without_room_for_another_process_keeps_those_that_it_has(monkeypatch):
    ours, theirs = socket.socketpair()

    def no_room():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", no_room)

    with ours, socket.socket() as control:
        assert zygote._fork(control, theirs.detach(), None) is None
        assert ours.recv(1) == b""


def test_an_entry_point_without_code_is_told_from_one_with_code():
    assert Program({"x": ("x", '"""Words."""\n__version__ = "1"\n')}, "x").is_empty
    assert Program({}, "x").is_empty
    assert not Program({"x": ("x", "import os")}, "x").is_empty
    assert not Program({"x": ("x", "def broken(:")}, "x").is_empty
    assert not Program({"x.rules": ("x", "")}, "x.rules").is_empty
