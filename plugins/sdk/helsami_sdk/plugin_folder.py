"""A plugin's folder as its author has it before them: read and loaded whether it is installed or not."""

import importlib
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from helsami_sdk.discovery import GROUP, Found, NotLoaded, find_organisations, with_ancestors
from helsami_sdk.executors import InlineExecutor, whereabouts
from helsami_sdk.manifest import Manifest, read_manifest
from helsami_sdk.organisations import WrongHook, implementations
from helsami_sdk.policy import read_policy
from helsami_sdk.rules import Observer, Rules

PACKAGE = "helsami_plugin_"
PROJECT = "pyproject.toml"


class NotAPlugin(Exception):
    """A folder is not that of a plugin; the message says what is expected there."""


@dataclass(frozen=True)
class PluginFolder:
    """The folder of one organisation's distribution; its name is the organisation's id."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> "PluginFolder":
        """Look at a folder; raises NotAPlugin unless it holds a pyproject.toml and a package."""
        folder = cls(path.resolve())
        if not (folder.path / PROJECT).is_file() or not folder.package.is_dir():
            expected = f"{PROJECT} and a folder {folder.package.name}"
            raise NotAPlugin(f"{path} is not the folder of a plugin: expected {expected} in it; `new` makes one")
        return folder

    @property
    def id(self) -> str:
        """The organisation's id, as the folder has it."""
        return self.path.name

    @property
    def package(self) -> Path:
        """The folder of the package, which pip installs."""
        return self.path / f"{PACKAGE}{self.id}"

    def load(self) -> Found:
        """Read and import it as a service would once it is installed; what hinders that is told in `problem`."""
        manifest = Manifest.unknown(self.id)
        try:
            manifest = read_manifest(self.package)
            return Found(self.id, manifest, read_policy(self.package, manifest.units), self.module())
        except KeyboardInterrupt:
            raise
        except (NotLoaded, ValueError) as error:
            return Found(self.id, manifest, problem=str(error))
        except BaseException as error:  # noqa: BLE001  whatever a folder hides
            return Found(self.id, manifest, problem=f"{self.package.name} cannot be imported: {whereabouts(error)}")

    def module(self) -> ModuleType:
        """Import rules.py, or the package where there is none; from here, whatever else is installed."""
        name = f"{self.package.name}.rules" if (self.package / "rules.py").exists() else self.package.name
        for known in [known for known in sys.modules if known.partition(".")[0] == self.package.name]:
            del sys.modules[known]
        if str(self.path) not in sys.path:
            sys.path.insert(0, str(self.path))
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def entry_points(self) -> Mapping[str, str]:
        """The organisations that pyproject.toml says are in this distribution, and where; raises NotAPlugin."""
        try:
            project = tomllib.loads((self.path / PROJECT).read_text(encoding="utf-8"))
            return dict(project["project"]["entry-points"][GROUP])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise NotAPlugin(f"{PROJECT}: expected a table [project.entry-points.{GROUP!r}]") from None


def find_around(folder: PluginFolder) -> dict[str, Found]:
    """The organisation of a folder, those that are installed, and its parents where they lie beside it, by id."""
    found = {one.id: one for one in find_organisations()}
    found[folder.id] = folder.load()
    parent = found[folder.id].manifest.parent
    while parent is not None and parent not in found:
        try:
            found[parent] = PluginFolder.of(folder.path.parent / parent).load()
        except NotAPlugin:
            break
        parent = found[parent].manifest.parent
    return found


def line_of(folder: PluginFolder) -> list[Found]:
    """The organisation of a folder and its parents, nearest first; raises NotLoaded."""
    return list(with_ancestors(folder.id, find_around(folder)))


def executor_of(line: Sequence[Found]) -> InlineExecutor:
    """Run the rules of an organisation and its parents here; raises NotLoaded for a wrong hook."""
    try:
        return InlineExecutor(implementations([layer for one in line for layer in one.layers()]))
    except WrongHook as error:
        raise NotLoaded(str(error)) from error


def rules_in(path: Path, observer: Observer | None = None) -> Rules:
    """
    The rules in a plugin's folder, under its parents' and the region's, as they hold once the organisation is live.

    For the tests of a plugin. Raises NotAPlugin and NotLoaded.
    """
    line = line_of(PluginFolder.of(path))
    parents = [one.manifest for one in line[1:]]
    return Rules(line[0].manifest, executor_of(line), ancestors=parents, observer=observer)
