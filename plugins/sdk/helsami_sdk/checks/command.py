"""`helsami-plugin check`: looks at plugins' folders for the twelve points, and tells everything that it finds."""

import argparse
import json
import sys
from pathlib import Path

from helsami_sdk.checks import check
from helsami_sdk.plugin_folder import PluginFolder


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add it to the command line."""
    parser = commands.add_parser("check", help="look at a plugin's folder for the twelve points")
    parser.add_argument("folders", nargs="*", type=Path, default=[Path()], metavar="FOLDER", help="a plugin's (here)")
    parser.add_argument("--json", action="store_true", help="tell it for a program")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check each folder; 1 if anything was found. Raises NotAPlugin, before any is checked."""
    plugins = [(folder, PluginFolder.of(folder)) for folder in arguments.folders]
    reports = [(folder, check(plugin)) for folder, plugin in plugins]
    if arguments.json:
        told = [report.plain() for _, report in reports]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        for folder, report in reports:
            sys.stdout.writelines(f"{line}\n" for line in report.lines(folder))
    return 0 if all(report.good for _, report in reports) else 1
