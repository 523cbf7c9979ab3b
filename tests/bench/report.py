"""Says what was measured, for people."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

OURS: Final = "ours"
RANKS: Final = ("p50", "p99", "quiet")
RATIOS: Final = (("stock", 3.0), ("http", 1.0), ("monolith", None))


def tell(line: str) -> None:
    """Say one line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def machine() -> dict[str, Any]:
    """What it was measured on; the load of the last minute says whether we were alone."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / 1024**2, 1),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def tell_views(figures: Mapping[str, Any]) -> None:
    """A table of all contenders, the ratios that were promised, and who needed how much memory."""
    heads = ("", "views/s", "p50 ms", "p99 ms", "CPU ms/view", "failed", "peak MiB", "processes")
    rows = [
        (
            one["title"],
            f"{one['per_second']:.0f}",
            f"{one['p50_ms']:.0f}",
            f"{one['p99_ms']:.0f}",
            f"{cpu_ms(one):.1f}",
            str(one["failed"]),
            f"{sum(one['peak_mib'].values()):.0f}",
            ", ".join(f"{name} {held:.0f}" for name, held in one["peak_mib"].items()),
        )
        for one in figures.values()
    ]
    _table([heads, *rows])
    told = all_ratios(figures)
    for peer, promised in RATIOS:
        aim = "" if promised is None else f" (aim: {promised:g})"
        views, cpu = told[peer]["views"], told[peer]["cpu"]
        tell(f"HelsaMi : {figures[peer]['title']} = {views:.2f}{aim}; by processor time {cpu:.2f}")


def ratios(figures: Mapping[str, Any], peer: str) -> dict[str, float]:
    """
    How many times as many views ours gives as a peer, in a second and for the same processor time.

    The median of the rounds' own ratios: what disturbs a machine disturbs neighbouring rounds alike.
    """
    rounds = list(zip(figures[OURS]["rounds"], figures[peer]["rounds"], strict=True))
    return {
        "views": statistics.median(ours["per_second"] / theirs["per_second"] for ours, theirs in rounds),
        "cpu": statistics.median(cpu_ms(theirs) / cpu_ms(ours) for ours, theirs in rounds),
    }


def all_ratios(figures: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The ratios to each peer, by its name."""
    return {peer: ratios(figures, peer) for peer, _ in RATIOS}


def cpu_ms(figures: Mapping[str, Any]) -> float:
    """Processor time of a view (milliseconds): the system's own, and what broker and database spent on it."""
    return float(sum(spent for name, spent in figures.items() if name.startswith("cpu_ms ")))


def tell_embedded(figures: Mapping[str, Any]) -> None:
    """Everything in one process."""
    for name, value in figures.items():
        tell(f"{name.replace('_', ' ')}: {value}")


def tell_waitlist(figures: Mapping[str, Any]) -> None:
    """How long it takes to match a freed slot."""
    for whom, words in (("all", "who all wait for it"), ("few", "of whom one in a hundred waits for it")):
        took = figures[whom]
        tell(
            f"A freed slot against {figures['waiting']} {words}: "
            f"{took['median'] * 1000:.0f} ms, the slowest {took['slowest'] * 1000:.0f} ms (aim: 100)"
        )


def tell_slots(figures: Mapping[str, Any]) -> None:
    """How long a search for free times takes, among few and among many."""
    few, many = figures
    among = (figures[few]["searches"], figures[many]["searches"])
    heads = ("a search for free times by", *(f"{rank} ms of {size}" for size in figures for rank in RANKS[:2]), "ratio")
    rows = [
        (
            name,
            *(f"{one[name][rank]:.1f}" for one in among for rank in ("p50_ms", "p99_ms")),
            f"{slots_ratio(*among, name):.2f}",
        )
        for name in among[0]
    ]
    _table([heads, *rows])
    tell("(aim: p99 at most 50 ms, ratio of the medians at most 1.3)")


def tell_bookings(figures: Mapping[str, Any]) -> None:
    """How many bookings go in at the door."""
    tell(
        f"{figures['per_second']:.0f} bookings a second at the gateway by 16 clients, p50 {figures['p50_ms']:.0f} ms, "
        f"p99 {figures['p99_ms']:.0f} ms, {figures['cpu_ms']:.0f} ms of processor time each, {figures['failed']} failed"
    )


def slots_ratio(few: Mapping[str, Any], many: Mapping[str, Any], name: str) -> float:
    """How many times as long a search takes among many slots as among few."""
    return float(many[name]["p50_ms"] / few[name]["p50_ms"])


def tell_access_log(figures: Mapping[str, Any]) -> None:
    """What the access log takes in, and how fast it is read back."""
    for how, rate in figures["added"].items():
        tell(f"Rows added to the access log, {how}: {rate:.0f} a second (aim: 2000)")
    for how, one in figures["verified"].items():
        tell(f"{one['rows']} rows verified by {how}: {one['seconds']:.1f} s (aim: 60 for a million)")


PARTS_OF_DECISIONS: Final = (("processor time of its own", "own"), ("one row committed alone", "commit"))


def tell_decisions(figures: Mapping[str, Any]) -> None:
    """What a decision costs, and how much more of it with a thousand times as many grants."""
    for size, one in figures["milliseconds"].items():
        tell(f"A decision in consents with {size} grants: p50 {one['p50']:.1f} ms, p99 {one['p99']:.1f} ms (aim: 5)")
        beside = (
            (name, f"{one[f'{rank} p50']:.1f} ms, {one[f'{rank} p99']:.1f} ms") for name, rank in PARTS_OF_DECISIONS
        )
        tell("  ".join(["", *(f"{name}: {figures}" for name, figures in beside)]))
    ratio = figures["ratio"]
    tell(f"With a million grants {ratio['p50']:.2f} times as long at p50, {ratio['p99']:.2f} at p99 (aim: 1.3)")


def tell_rules(figures: Mapping[str, Any]) -> None:
    """What rules cost, and what was promised of that."""
    asked = figures["asked"]
    heads = ("microseconds a question, of organisations", *(f"{where} {rank}" for where in asked for rank in RANKS), "")
    rows = [
        (number, *(f"{asked[where][number][rank]:.0f}" for where in asked for rank in RANKS), "")
        for number in asked["host"]
    ]
    _table([heads, *rows])
    tell("(aim: host p99 at most 1000; quiet is the p99 of the tenth that was disturbed least)")
    for executor, start in figures["start"].items():
        told = f"{start['seconds']:.1f} s ({start['cpu_seconds']:.1f} s of processor time) and {start['mib']:.0f} MiB"
        tell(f"{start['number']:.0f} organisations add {told} to a start, {executor} (aim: 5 s, 150 MiB)")
    for executor, storm in figures["storm"].items():
        beside = f"{storm['calm']:.0f} to {storm['storm']:.0f} microseconds, ratio {storm['ratio']:.2f}"
        aim = " (aim: 1.05)" if executor == "host" else ""
        tell(f"p99 of the others while one loops for ever, {executor}: {beside}{aim}")


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True))
        tell("  ".join((row[0].ljust(widths[0]), *cells, row[-1])).rstrip())
