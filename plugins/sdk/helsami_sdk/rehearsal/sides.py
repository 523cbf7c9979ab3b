"""The two sides of a rehearsal: the rules as they are, and as they would be, for an organisation and those below it."""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import ModuleType

from helsami_sdk.discovery import Found, NotLoaded, find_organisations, with_ancestors
from helsami_sdk.executors import InlineExecutor
from helsami_sdk.fingerprints import fingerprint
from helsami_sdk.organisations import implementations
from helsami_sdk.plugin_folder import NotAPlugin, PluginFolder, executor_of, find_around
from helsami_sdk.rules import Observer, Rules

INSTALLED = "installed"
DEFAULTS = "defaults"


@dataclass(frozen=True)
class Side:
    """
    Everything that is installed, with one organisation as it is on this side; `found` is by id.

    Where `found` does not hold the organisation, the regional defaults are this side. `name` is for the reader.
    """

    name: str
    found: Mapping[str, Found]
    files: Mapping[str, str]

    def rules(self, organisation: str, other: Found, observer: Observer | None = None) -> Rules:
        """
        The rules of an organisation on this side; those of the region, for what `other` is, where it is not here.

        Raises NotLoaded.
        """
        if organisation not in self.found:
            return Rules(other.manifest, InlineExecutor(implementations([])), observer=observer)
        line = list(with_ancestors(organisation, self.found))
        parents = [one.manifest for one in line[1:]]
        try:
            executor = executor_of(line)
        except Exception as error:
            # Also what a plugin's objects raise while they are looked at.
            raise NotLoaded(f"{organisation}: {error}") from error
        return Rules(line[0].manifest, executor, ancestors=parents, observer=observer)

    def line(self, organisation: str) -> list[Found]:
        """The organisation and its parents, as far as they load on this side."""
        if organisation not in self.found:
            return []
        try:
            return list(with_ancestors(organisation, self.found))
        except NotLoaded:
            return [self.found[organisation]]


def two_sides(folder: PluginFolder, against: str, scratch: Path) -> tuple[Side, Side]:
    """
    What is compared: before and after.

    `against` is a folder, `installed`, `defaults`, or a revision that git knows; empty is what is installed, or the
    regional defaults where nothing is. `scratch` is an empty folder that outlives the comparison, for a copy of the
    older rules. Raises NotAPlugin and NotLoaded when a side cannot be had.
    """
    installed = {one.id: one for one in find_organisations()}
    place = _place(folder) if folder.id in installed else None
    with _apart(folder):
        around = find_around(folder)
    after = Side("the folder", around, fingerprint(folder.package))
    after.rules(folder.id, around[folder.id])
    others = {name: one for name, one in around.items() if name != folder.id}
    if against == INSTALLED or (against == "" and place not in {None, folder.package}):
        if place is None:
            raise NotAPlugin(f"{folder.id} is not installed; expected --against {DEFAULTS}, a folder or a git revision")
        return Side("the installed rules", {**others, folder.id: installed[folder.id]}, fingerprint(place)), after
    if against in {"", DEFAULTS}:
        here = " (what is installed is this very folder)" if place == folder.package and not against else ""
        return Side(f"the regional defaults{here}", others, {}), after
    copy = _copied(folder, against, scratch)
    with _apart(copy):
        old = copy.load()
    before = Side(f"the rules of {Path(against).name}", {**others, folder.id: old}, fingerprint(copy.package))
    before.rules(folder.id, old)
    return before, after


def below(organisation: str, sides: Sequence[Side]) -> list[str]:
    """The organisations that have this one as a parent, near or far, and answer on every side."""
    return sorted(
        child
        for child in sides[-1].found
        if child != organisation and all(_answers_below(side, organisation, child) for side in sides)
    )


def _answers_below(side: Side, parent: str, child: str) -> bool:
    if child not in side.found or parent not in {one.id for one in side.line(child)}:
        return False
    try:
        side.rules(child, side.found[child])
    except NotLoaded:
        return False
    return True


def _place(folder: PluginFolder) -> Path | None:
    """Where the installed package is."""
    spec = importlib.util.find_spec(folder.package.name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() if places else None


@contextmanager
def _apart(folder: PluginFolder) -> Iterator[None]:
    """Import from this folder, whatever is installed, and leave no trace: old and new bear the same name."""
    path, kept = sys.path[:], _forget(folder.package.name)
    sys.path.insert(0, str(folder.path))
    try:
        yield
    finally:
        sys.path[:] = path
        _forget(folder.package.name)
        sys.modules.update(kept)


def _forget(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


def _copied(folder: PluginFolder, against: str, scratch: Path) -> PluginFolder:
    """The other version, under the organisation's own name, as its package wants it; raises NotAPlugin."""
    place = scratch / folder.id
    if Path(against).is_dir():
        shutil.copytree(Path(against), place, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    else:
        place.mkdir()
        _check_out(folder.path, against, place)
    return PluginFolder.of(place)


def _check_out(folder: Path, revision: str, place: Path) -> None:
    # The revision cannot be taken for an option: it stands behind the one that ends them.
    archive = ["git", "archive", "--format=tar", "--end-of-options", revision, "."]
    try:
        packed = subprocess.run(archive, cwd=folder, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        expected = f"{INSTALLED}, {DEFAULTS}, a folder or a git revision that holds {folder.name}"
        raise NotAPlugin(f"--against {revision}: expected {expected}") from None
    with tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(place, filter="data")
