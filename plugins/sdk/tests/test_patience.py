"""A plugin that never comes to an end ends the tool's command, whatever it catches."""

import subprocess
import sys

import pytest

TOOL = "import sys; from helsami_sdk import cli, patience; patience.SECONDS = 0.6; sys.exit(cli.main())"
STUBBORN = """
def stay():
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
RULE = """
from helsami_sdk import hookimpl

@hookimpl
def restrict_sharing(question):
    stay()
"""


def run(*arguments):
    """Run the tool as a program of its own, with little patience."""
    program = [sys.executable, "-c", TOOL, *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("body", [f"{STUBBORN}stay()", f"{STUBBORN}{RULE}"], ids=["when imported", "when asked"])
@pytest.mark.parametrize("command", [["rehearse"], ["ask", "restrict_sharing"]], ids=" ".join)
def test_rules_that_never_end_end_the_command(folder, command, body):
    (folder.package / "rules.py").write_text(body)
    question = ["--json", '{"kind": "visit"}'] if command[0] == "ask" else []

    told = run(*command, str(folder.path), *question)

    assert (told.returncode, told.stderr.splitlines()[-1].rpartition(":")[0]) == (
        2,
        "helsami-plugin: the rules do not come to an end, and are at rules.py",
    )
