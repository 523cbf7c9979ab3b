"""The report of a rehearsal, beside the rules that were rehearsed: by it `check` sees that they are still the same."""

import json
from pathlib import Path

import helsami_sdk
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.rehearsal.corpus import SEED
from helsami_sdk.rehearsal.findings import Rehearsal
from helsami_sdk.rehearsal.sides import Side
from helsami_sdk.rehearsal.text import summary

FILE = "rehearsal.json"


def write_report(folder: PluginFolder, rehearsal: Rehearsal, sides: tuple[Side, Side], *, accepted: bool) -> Path:
    """Write what was rehearsed, and what came of it, to the folder; the same rules give the same bytes."""
    before, after = sides
    content = {
        "organisation": rehearsal.organisation,
        "sdk": helsami_sdk.__version__,
        "files": dict(after.files),
        "against": {"name": before.name, "files": dict(before.files)},
        "corpus": {"seed": SEED, "citizens": rehearsal.citizens, "questions": rehearsal.questions},
        "accepted": accepted,
        "more_visible": [finding.sentence for finding in rehearsal.openings],
        "changes": [{"sentence": each.sentence, "count": each.count} for each in rehearsal.findings],
        "failures": list(rehearsal.failures),
        "why": summary(rehearsal, accepted=accepted),
    }
    place = folder.path / FILE
    place.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return place
