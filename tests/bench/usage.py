"""What processes have used, read from /proc: processor time, and memory at its peak."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
PARENT, USER, SYSTEM = 1, 11, 12  # fields of /proc/<id>/stat, counted from behind the name
REAPED_USER, REAPED_SYSTEM = 13, 14
KIB_PER_MIB: Final = 1024


def cpu_seconds(roots: Iterable[int]) -> float:
    """Processor time of these processes, their descendants, and those of them that have ended."""
    fields = _fields()
    counted = (USER, SYSTEM, REAPED_USER, REAPED_SYSTEM)
    return sum(int(fields[one][place]) for one in _families(roots, fields) for place in counted) / TICKS


def peak_mib(root: int) -> float:
    """The most memory (resident set, MiB) that a process has ever held, without its children."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", (PROC / str(root) / "status").read_text(), re.MULTILINE)
    if found is None:
        raise ProcessLookupError(root)
    return int(found[1]) / KIB_PER_MIB


def held_mib(root: int) -> float:
    """The memory (resident set, MiB) that a process and its descendants hold now; shared pages count for each."""
    found = (PROC / str(one) / "statm" for one in _families([root], _fields()))
    pages = sum(int(path.read_text().split()[1]) for path in found)
    return pages * os.sysconf("SC_PAGE_SIZE") / KIB_PER_MIB**2


def own_mib(root: int) -> float:
    """The memory (proportional set, MiB) that a process and its descendants hold now; what they share counts once."""
    found = ((PROC / str(one) / "smaps_rollup").read_text() for one in _families([root], _fields()))
    kib = sum(int(number) for text in found for number in re.findall(r"^Pss:\s+(\d+) kB$", text, re.MULTILINE))
    return kib / KIB_PER_MIB


def _families(roots: Iterable[int], fields: dict[int, list[str]]) -> set[int]:
    family = {root for root in roots if root in fields}
    while more := {one for one, its in fields.items() if int(its[PARENT]) in family} - family:
        family |= more
    return family


def _fields() -> dict[int, list[str]]:
    """The fields behind the name, of every process; the name may itself hold blanks and brackets."""
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    return found
