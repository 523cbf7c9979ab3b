"""A day with an appointment as the README leads through it: its own commands, typed into one terminal."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from helsami_appointments.waitlist.domain import quiet_ends
from helsami_kernel.clock import OSLO
from helsami_sdk.answers.waitlist import QUIET_HOURS

PAGE = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```sh (a-day\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
STEP = "\n\x1e\n"

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="the page speaks to HelsaMi with curl")


@pytest.fixture
def follow(demo, tmp_path):
    """Type some of the page's blocks, in their order; the JSON of each answer that was printed."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HELSAMI")}
    port = demo.url.rpartition(":")[2]
    env = {**ours, "HELSAMI_DATA": str(demo.keys.path.parent), "HELSAMI_PORT": port}

    def typed(*kinds):
        blocks = [text for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind in kinds]
        script = "set -e\n" + "\n".join(blocks).replace(ADDRESS, demo.url)
        finished = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return list(answers(finished.stdout))

    return typed


def answers(printed):
    """Every JSON text among what was printed."""
    read, place = json.JSONDecoder(), 0
    while (place := printed.find("{", place)) >= 0:
        answer, place = read.raw_decode(printed, place)
        yield answer


def is_quiet():
    """Whether offers wait for the morning."""
    return quiet_ends(QUIET_HOURS.since, QUIET_HOURS.until, datetime.now(UTC), OSLO) is not None


def test_whoever_follows_the_page_has_a_day_with_an_appointment(follow, demo):
    quiet = is_quiet()

    told = follow("a-day") if quiet else follow("a-day", "a-day-offered")

    assert [answer["code"] for answer in told if "code" in answer] == []
    (booked,) = (answer for answer in told if "actions" in answer)
    assert booked["status"] == "booked"
    (offers,) = (answer["offers"] for answer in told if "offers" in answer)
    assert [offer["appointment"] for offer in offers] == ([] if quiet else [booked["id"]])
    if not quiet:
        accepted = next(one for one in told if one.get("id") == booked["id"] and one["at"] != booked["at"])
        assert accepted["at"] == offers[0]["slot"]["starts_at"] < booked["at"]
    (journal,) = (answer for answer in told if answer.get("type") == "batch-response")
    assert [entry["response"]["status"] for entry in journal["entry"]] == ["201 Created", "201 Created"]
    assert [answer["done"] for answer in told if "done" in answer] == [True]
    assert [answer["state"] for answer in told if "closes_at" in answer] == ["done", "done"]
    (day,) = (answer["appointments"] for answer in told if "appointments" in answer)
    (visit,) = (one for one in day if one["record_key"] == "urn:oya:timebok|4711")
    assert (visit["check_in"]["state"], visit["arrival"]["state"]) == ("done", "done")
    cancelled = [one for one in told if one.get("id") == booked["id"]][-1]
    assert cancelled["status"] == "cancelled"
    names = {one["name"] for one in requests.get(f"{demo.url}/dev/citizens", timeout=30).json()}
    assert names.isdisjoint(re.findall(r'"([^"]+)"', json.dumps(day, ensure_ascii=False)))
    messages = {notice["message"] for notice in told[-1]["items"]}
    assert {"notice.slot-booked", "notice.check-in-opened", "notice.appointment-cancelled"} <= messages
    assert quiet or {"notice.offer-made", "notice.appointment-changed"} <= messages
