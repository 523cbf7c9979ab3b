"""The page for integrators, followed: its own commands and files, from an empty folder to a live organisation."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from harness.portal import Portal
from harness.ports import reserve_port
from harness.processes import Program
from helsami_kernel.keys import KeyFolder

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "plugins" / "README.md"
BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
KEEP = "\nexport -p > '{state}'\n"

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="the page speaks to HelsaMi with curl")


@dataclass
class Reader:
    """Somebody who follows the page: a terminal, a second one for HelsaMi, and an empty folder."""

    folder: Path
    env: dict[str, str]
    programs: object
    steps: list[tuple[str, str]] = field(default_factory=lambda: BLOCK.findall(PAGE.read_text()))
    running: Program | None = None

    def follow(self, until):
        """Do what the page says, up to the block that holds this text; what was printed on the way."""
        told = []
        while self.steps:
            what, text = self.steps.pop(0)
            if what == "run":
                told.append(self._type(text))
            elif what == "serve":
                self._serve(text)
            else:
                self._add(self.folder / what, text)
            if until in text:
                return "".join(told)
        raise AssertionError(f"the page does not say {until!r} any more")

    def _type(self, text):
        state = self.folder.parent / "state"
        before = f". '{state}'\n" if state.exists() else ""
        script = "set -ea\n" + before + self._here(text) + KEEP.format(state=state)
        finished = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, f"{text}\n{finished.stdout}"
        return finished.stdout

    def _serve(self, text):
        script = f"cd '{self.folder}'\n" + text.replace("helsami run", "exec helsami run")
        self.running = self.programs.start("reader", "bash", "-ec", script, env=self.env)
        self.running.wait_for_line("HelsaMi is ready", within=120)

    def _add(self, path, text):
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(text)

    def _here(self, text):
        return text.replace(ADDRESS, f"http://127.0.0.1:{self.env['HELSAMI_PORT']}")


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an environment of its own: it has all that ours has, and ours has not what is installed there."""
    folder = tmp_path / "checkout"
    environment = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    ours = sysconfig.get_path("purelib")
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    helsami = environment / "bin" / "helsami"
    helsami.write_text(f"#!{python}\nimport sys\nfrom helsami_kernel.launcher import main\nsys.exit(main())\n")
    helsami.chmod(0o755)
    (folder / "plugins").symlink_to(ROOT / "plugins")
    return folder


@pytest.fixture
def reader(tmp_path, checkout, programs):
    """Somebody in an empty folder who has a checkout, and no network."""
    folder = tmp_path / "work"
    folder.mkdir()
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HELSAMI", "PYTEST", "VIRTUAL"))}
    own = {
        "HELSAMI": str(checkout),
        "HELSAMI_DATA": str(tmp_path / "data"),
        "HELSAMI_PORT": str(reserve_port()),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return Reader(folder, ours | own, programs)


def somebody(reader):
    """The citizen whom the page logs in, for a look that does not depend on what it prints."""
    keys = KeyFolder(Path(reader.env["HELSAMI_DATA"]) / "keys")
    running = Portal(f"http://127.0.0.1:{reader.env['HELSAMI_PORT']}", keys)
    return running.log_in(requests.get(f"{running.url}/dev/citizens", timeout=30).json()[0]["pid"])


def is_installed(reader):
    """Whether Frosta is still in the checkout's environment."""
    python = Path(reader.env["HELSAMI"]) / ".venv" / "bin" / "python"
    look = [python, "-m", "pip", "show", "helsami-plugin-frosta"]
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


def soon(look, within=10.0):
    """Wait until a look at what a citizen sees is true."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def offered(citizen):
    """The visit types of the free times that Frosta offers a citizen."""
    return [slot["visit_type"] for slot in citizen.get("/api/v1/slots?organisation=frosta").json()["slots"]]


def visits(citizen):
    """Frosta's visits as a citizen sees them, and the reasons for which any visit is not shown."""
    page = citizen.get("/api/v1/records/visits?limit=100").json()
    shown = [visit["name"] for visit in page["items"] if visit["organisation"] == "frosta"]
    return shown, {absence["kind"] for absence in page["absences"] if absence["code"] == "hidden_by_rule"}


def test_whoever_follows_the_page_brings_an_organisation_live_and_sees_it_as_a_citizen(reader):
    told = reader.follow("helsami-plugin ask")
    assert "frosta is written" in told
    assert re.search(r"^decided by +frosta/policy.toml$", told, re.MULTILINE)
    assert "Frosta municipality, compared with the regional defaults" in reader.follow("helsami-plugin rehearse")
    assert "Frosta" in (reader.folder / "rehearsal.html").read_text()
    told = reader.follow("helsami-plugin check")
    assert "frosta: 12 of 12" in told
    assert " passed" in told

    reader.follow("helsami run")
    citizen = somebody(reader)
    assert re.search(r"^frosta .* is live$", reader.follow("organisation live"), re.MULTILINE)
    told = reader.follow("/api/v1/texts/nn")
    assert "Dette fekk du vite av oss" in told
    assert "stored=6" in told
    soon(lambda: offered(citizen) == ["vaccination"])
    shown, hidden = visits(citizen)
    assert shown == ["Kontroll"]
    assert "frosta-told-in-person" in hidden
    slot = citizen.get("/api/v1/slots?organisation=frosta").json()["slots"][0]
    assert citizen.post("/api/v1/appointments", {"slot": slot["id"]}).status_code == 201

    told = reader.follow("pip uninstall")
    assert re.findall(r"^frosta .* is (\w+)$", told, re.MULTILINE) == ["paused", "live", "left"]
    soon(lambda: visits(citizen)[0] == [])
    assert reader.steps == [], "the page goes on"
    assert not is_installed(reader)
