"""Where organisations' code runs in production: apart from the services, and locked in."""

import os
import re
from pathlib import Path

import pytest

PROC = Path("/proc")
NOBODY = "65534"

pytestmark = pytest.mark.system


def children(pid):
    """The processes that a process has started."""
    return [int(child) for child in (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]


def said(pid, name):
    """What the kernel says of a process."""
    return re.search(rf"^{name}:\s+(\S+)", (PROC / str(pid) / "status").read_text(), re.MULTILINE)[1]


@pytest.mark.parametrize("service", ["appointments", "results"])
def test_a_service_asks_organisations_that_can_do_nothing_but_answer(installation, service):
    (zygote,) = children(installation.portal.processes[service].pid)
    code = children(zygote)

    assert "helsami_sdk.host.zygote" in (PROC / str(zygote) / "cmdline").read_text()
    assert (PROC / str(zygote) / "environ").read_bytes() == b""
    assert len(code) >= 3
    for child in code:
        limits = (PROC / str(child) / "limits").read_text()
        assert re.search(r"^Max open files\s+0\s+0 ", limits, re.MULTILINE)
        assert re.search(r"^Max processes\s+0\s+0 ", limits, re.MULTILINE)
        assert said(child, "Seccomp") == "2"
        if os.getuid() == 0:
            assert said(child, "Uid") == NOBODY
            assert int(said(child, "CapEff"), 16) == 0
            assert str((PROC / str(child) / "root").readlink()).endswith("(deleted)")
            assert (PROC / str(child) / "ns" / "net").readlink() != (PROC / "self" / "ns" / "net").readlink()
