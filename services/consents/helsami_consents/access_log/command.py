"""`helsami access-log verify`: reads the whole access log back, and names what is not as it was written."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from helsami_consents.access_log.anchors import FILE, AnchorFile, Vouched
from helsami_consents.access_log.auditing import (
    NOTHING,
    Part,
    Report,
    anchors_in,
    audit,
    open_for_reading,
    parts_of,
)
from helsami_consents.access_log.verification import Finding
from helsami_kernel.config import Settings
from helsami_kernel.installed import CannotStart

BROKEN: Final = 1
MOST_PROCESSES: Final = 64


class AccessLogCommand:
    """The sub-command `access-log` of `helsami`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        verbs = subparsers.add_parser("access-log", help="look after the access log")
        verbs = verbs.add_subparsers(required=True, metavar="VERB")
        verify = verbs.add_parser("verify", help="read it back, and name each row that is not as it was written")
        verify.add_argument(
            "--anchors",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="another copy of the anchors, beside the one in the data folder",
        )
        verify.add_argument("--processes", type=_processes, default=os.cpu_count() or 1, metavar="N")
        verify.add_argument("--metrics", type=Path, metavar="FILE", help="tell Prometheus here (a textfile)")
        verify.add_argument("--json", action="store_true", help="as JSON")
        verify.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Verify: 0 when all is as it was written, 1 when not; `helsami` itself tells what hinders it, with 2."""
        began = time.monotonic()
        settings = Settings.read(os.environ)
        for file in arguments.anchors:
            if not file.is_file():
                raise CannotStart(f"there is no file {file}")
        copies = tuple(str(file.absolute()) for file in (settings.data / FILE, *arguments.anchors))
        whole = Part(settings.database_url("consents"), str(settings.keys), copies, newest_in(copies))
        try:
            anchors, report = verified(whole, arguments.processes)
        except SQLAlchemyError as failure:
            raise CannotStart(f"the database of consents cannot be read: {type(failure).__name__}") from None
        told = (*anchors.findings, *report.findings)
        if arguments.metrics is not None:
            _tell_prometheus(arguments.metrics, report, len(told))
        if arguments.json:
            sys.stdout.write(_as_json(anchors, report))
        else:
            sys.stdout.writelines(f"{finding}\n" for finding in told)
            sys.stdout.write(f"{summary(anchors, report, len(told))} in {time.monotonic() - began:.1f} s\n")
        return BROKEN if told else 0


command = AccessLogCommand()


def newest_in(copies: Sequence[str]) -> int:
    """The last anchor in any of these files, before the database is looked at."""
    return max((AnchorFile(Path(each)).last for each in copies), default=0)


def verified(whole: Part, processes: int) -> tuple[Vouched, Report]:
    """
    What the anchors say, and what all chains show; every process sees the same moment of the database.

    Raises SQLAlchemy's errors, KeysUnusable, and CannotStart where a process ends without a report.
    """
    with open_for_reading(whole.url).connect() as connection:
        # Nobody is in the range: what this looks at are the anchors themselves.
        anchors = anchors_in(connection, replace(whole, until=whole.since))
        if processes == 1 or connection.dialect.name != "postgresql":
            return anchors, audit(connection, whole)
        return anchors, _together(connection, parts_of(whole, processes))


def _together(connection: Connection, parts: Sequence[Part]) -> Report:
    snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
    program = [sys.executable, "-m", "helsami_consents.access_log.auditing"]
    running = [subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in parts]
    for process, part in zip(running, parts, strict=True):
        if process.stdin is not None:
            process.stdin.write(orjson.dumps(asdict(replace(part, snapshot=snapshot))))
            process.stdin.close()
    whole = NOTHING
    for process in running:
        told = process.stdout.read() if process.stdout is not None else b""
        if process.wait() != 0:
            raise CannotStart("a part of the log could not be read; what hindered it is told above")
        whole += _report(orjson.loads(told))
    return whole


def summary(anchors: Vouched, report: Report, findings: int) -> str:
    """All in one line."""
    said = "ok" if not findings else f"broken: {findings} findings"
    return (
        f"{said}: {report.rows} rows about {report.subjects} people, {anchors.count} anchors;"
        f" {report.unanchored} rows are newer than the last"
    )


def _report(told: dict[str, Any]) -> Report:
    return Report(**{**told, "findings": tuple(Finding(**finding) for finding in told["findings"])})


def _as_json(anchors: Vouched, report: Report) -> str:
    told = asdict(report) | {"anchors": anchors.count, "anchor_findings": [asdict(one) for one in anchors.findings]}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n"


def _tell_prometheus(file: Path, report: Report, findings: int) -> None:
    """Write a textfile of node_exporter, whole or not at all."""
    lines = {
        "helsami_access_log_verified_timestamp_seconds": int(time.time()),
        "helsami_access_log_rows": report.rows,
        "helsami_access_log_findings": findings,
    }
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text("".join(f"{name} {value}\n" for name, value in lines.items()), encoding="ascii")
    draft.replace(file)


def _processes(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST_PROCESSES}")
    return number
