"""`python -m helsami_gateway.demo [FOLDER]` writes today's demo as FHIR files, numbered in the order to load them."""

import argparse
import sys
from datetime import date
from pathlib import Path

from helsami_gateway.demo import bundles, dumps

FOLDER = Path("demo-data")


def main(arguments: list[str] | None = None) -> int:
    """Write one file a bundle, `<number>_<organisation>.json`; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m helsami_gateway.demo", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=FOLDER, help="where to write (demo-data); made if it does not exist"
    )
    parser.add_argument("--today", type=date.fromisoformat, default=None, help="the day to date everything from")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    # The machine's own day: the demo is for whoever sits at it.
    today = chosen.today or date.today()  # noqa: DTZ011
    written = 0
    for number, (organisation, bundle) in enumerate(bundles(today)):
        (chosen.folder / f"{number:03d}_{organisation}.json").write_bytes(dumps(bundle) + b"\n")
        written += 1
    sys.stdout.write(f"{written} bundles in {chosen.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
