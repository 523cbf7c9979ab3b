"""Measures what somebody who tries HelsaMi meets: the time until it is ready, its memory, and how fast it imports."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bench import usage
from harness.caretaker import Caretaker
from harness.portal import HELSAMI
from harness.ports import reserve_port
from harness.processes import Program, Programs

ROOT: Final = Path(__file__).parents[2]
SYNTHEA: Final = ROOT.parent / "shared" / "data" / "synthea"
READY: Final = "HelsaMi is ready"
READY_WITHIN: Final = 120.0
REST_SECONDS: Final = 5.0
IMPORT_WITHIN: Final = 600.0
PATIENTS: Final = 8
STORED: Final = "stored="


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Seconds from `make run` to the ready line, the first time and again; memory (MiB) at rest; resources a second.

    The import is of Synthea's bundles, and left out where they are not.
    """
    with closing(Programs(caretaker)) as programs, tempfile.TemporaryDirectory() as folder:
        env = {"HELSAMI_DATA": str(Path(folder) / "data"), "HELSAMI_PORT": str(reserve_port())}
        program, first = _started(programs, env)
        program.terminate()
        program, again = _started(programs, env)
        time.sleep(REST_SECONDS)
        told: dict[str, Any] = {
            "seconds_to_ready_with_demo_data": round(first, 1),
            "seconds_to_ready_again": round(again, 1),
            "mib_at_rest": round(usage.held_mib(program.pid)),
        }
        if SYNTHEA.is_dir():
            told |= _imported(env)
        return told


def _started(programs: Programs, env: dict[str, str]) -> tuple[Program, float]:
    began = time.monotonic()
    program = programs.start("run", "make", "-C", ROOT, "run", env=env)
    program.wait_for_line(READY, READY_WITHIN)
    return program, time.monotonic() - began


def _imported(env: dict[str, str]) -> dict[str, Any]:
    everything = sorted(SYNTHEA.glob("*.json.gz"))
    about_nobody = [file for file in everything if file.name.startswith(("hospital", "practitioner"))]
    files = about_nobody + [file for file in everything if file not in about_nobody][:PATIENTS]
    began = time.monotonic()
    told = subprocess.run(
        (HELSAMI, "import", "--org", "st_olavs", "--recent", *files),
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=IMPORT_WITHIN,
        check=False,
    )
    took = time.monotonic() - began
    stored = sum(int(word.removeprefix(STORED)) for word in told.stdout.split() if word.startswith(STORED))
    return {
        "import_files": len(files),
        "import_resources_stored": stored,
        "import_resources_a_second": round(stored / took),
        "import_exit_code": told.returncode,
    }
