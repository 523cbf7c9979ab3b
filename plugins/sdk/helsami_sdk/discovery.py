"""Finds the organisations that are installed, each on its own, so that a broken one stands alone."""

import importlib.util
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, EntryPoint, distributions, version
from pathlib import Path

import helsami_sdk
from helsami_sdk.executors import Hosted, whereabouts
from helsami_sdk.manifest import FILE as MANIFEST
from helsami_sdk.manifest import Manifest, fits, read_manifest
from helsami_sdk.policy import FILE as POLICY
from helsami_sdk.policy import Policy, read_policy
from helsami_sdk.rules import REGION

GROUP = "helsami.organisations"

Stamp = tuple[tuple[int, int] | None, ...]
"""When each of some files was changed last (nanoseconds), and its size; None for one that is not there."""


class NotLoaded(Exception):
    """An organisation cannot be loaded; the message says why, for those who run the system."""


@dataclass(frozen=True)
class Found:
    """
    An installed organisation: all of it, or its manifest if that could be read, and the problem.

    `version` is its distribution's; `point` is where it was found, to be read again from there; `stamp` is that of its
    files before they were read.
    """

    id: str
    manifest: Manifest
    policy: Policy | None = None
    module: object = None
    problem: str = ""
    version: str = ""
    point: EntryPoint | None = None
    stamp: Stamp = ()

    def layers(self) -> Iterator[tuple[str, object]]:
        """The plugins that answer for it, by name: what its code says goes before what its data say."""
        if self.module is not None:
            yield f"{self.id}/rules.py", self.module
        if self.policy is not None:
            yield f"{self.id}/policy.toml", self.policy

    def files(self) -> tuple[Path, ...]:
        """Its manifest and policy, which may not be there (yet); none where the package cannot be found."""
        if self.point is None:
            return ()
        try:
            folder = _folder(self.point)
        except (NotLoaded, ImportError, ValueError):
            return ()
        return folder / MANIFEST, folder / POLICY


def stamp_of(files: Iterable[Path]) -> Stamp:
    """What tells files from what they were; whatever keeps its time of change while it is copied has a new one here."""
    return tuple(_stamp(path) for path in files)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ctime_ns, found.st_size


Load = Callable[[str, EntryPoint, Path], object]
"""Makes a plugin (None where there is no code) of an organisation's id, entry point and package; raises NotLoaded."""


def import_here(organisation: str, point: EntryPoint, folder: Path) -> object:  # noqa: ARG001  the loader's shape
    """Import a plugin into this process; raises NotLoaded."""
    try:
        return point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise NotLoaded(f"{point.value} cannot be imported: {whereabouts(error)}") from error


def find_organisations(load: Load = import_here) -> list[Found]:
    """Load every entry point of the group by itself; a problem is told in its place, never raised."""
    begun = [_load(name, claims, load) for name, claims in sorted(_entry_points().items())]
    return [_settled(one) for one in begun]


def find_again(found: Found, load: Load = import_here) -> Found:
    """
    Load an organisation once more from where it was; Python keeps what it has imported, the rest is read anew.

    A policy that is gone is a problem, as whoever replaces a file may take it away first: without it more could be
    shown.
    """
    again = _settled(_load(found.id, [found.point] if found.point is not None else [found.problem], load))
    if found.policy is not None and again.policy is None and not again.problem:
        return replace(again, problem=f"{POLICY} is gone")
    return again


def manifests_installed() -> dict[str, Manifest]:
    """The manifests of the installed organisations by id, those that can be read; no plugin's code is run."""
    found = {}
    for name, claims in _entry_points().items():
        with suppress(NotLoaded, ValueError, ImportError):
            found[name] = read_manifest(_folder(_only(claims)))
    return found


def _entry_points() -> dict[str, list[EntryPoint | str]]:
    """
    Entry points by name, a text instead of one that cannot be read.

    `importlib.metadata.entry_points` reads all distributions at once, so that one broken file hides every plugin.
    """
    found: dict[str, list[EntryPoint | str]] = defaultdict(list)
    seen: set[str] = set()
    for distribution in distributions():
        name, claims = _read_distribution(distribution)
        # The first on the path is the one that Python imports.
        if claims and name not in seen:
            seen.add(name)
            for organisation, claim in claims:
                found[organisation].append(claim)
    return found


def _read_distribution(distribution: Distribution) -> tuple[str, list[tuple[str, EntryPoint | str]]]:
    text = distribution.read_text("entry_points.txt") or ""
    if GROUP not in text:
        return "", []
    name = distribution.metadata["Name"].lower().replace("_", "-").replace(".", "-")
    try:
        points = distribution.entry_points
        return name, [(point.name, point) for point in points if point.group == GROUP]
    except Exception as error:  # noqa: BLE001  whatever is wrong with the file, the others load
        return name, [(name, f"entry_points.txt cannot be read: {whereabouts(error)}")]


def _load(organisation: str, claims: list[EntryPoint | str], load: Load) -> Found:
    found = Found(organisation, Manifest.unknown(organisation))
    try:
        _check_id(organisation)
        point = _only(claims)
        found = replace(found, point=point, version=_version(point))
        found = replace(found, stamp=stamp_of(found.files()))
        folder = _folder(point)
        _check_named(folder, point)
        manifest = _read_manifest(organisation, folder)
        found = replace(found, manifest=manifest)
        return replace(found, policy=read_policy(folder, manifest.units), module=load(organisation, point, folder))
    except KeyboardInterrupt:
        raise
    except (NotLoaded, ValueError) as error:
        return replace(found, problem=str(error))
    except BaseException as error:  # noqa: BLE001  whatever a folder hides, the others load
        return replace(found, problem=whereabouts(error))


def _check_id(organisation: str) -> None:
    if organisation == REGION:
        raise NotLoaded("region is no organisation's id: its token is that of the region's operators")


def _version(point: EntryPoint) -> str:
    """The version of the distribution that is installed now, which may be another than the one that was."""
    return version(point.dist.name) if point.dist is not None else ""


def _only(claims: list[EntryPoint | str]) -> EntryPoint:
    if len(claims) > 1:
        raise NotLoaded("several distributions claim this id")
    (claim,) = claims
    if isinstance(claim, str):
        raise NotLoaded(claim)
    return claim


def _folder(point: EntryPoint) -> Path:
    """The folder of the plugin's package, found without importing it."""
    try:
        package = point.module.partition(".")[0]
    except AttributeError:
        raise NotLoaded("the entry point names no module") from None
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise NotLoaded(f"the entry point names a package that is not there: {package}")
    return Path(places[0])


def _check_named(folder: Path, point: EntryPoint) -> None:
    """Code that nobody asks would withhold nothing: it came after the plugin was installed for its policy alone."""
    if point.module == folder.name and (folder / "rules.py").exists():
        raise NotLoaded(f"rules.py: expected an entry point {folder.name}.rules; install the plugin again")


def _read_manifest(organisation: str, folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest.id != organisation:
        raise NotLoaded(f"manifest.toml: id: expected {organisation}, the name of the entry point")
    if not fits(helsami_sdk.__version__, manifest.sdk):
        raise NotLoaded(f"manifest.toml: sdk: expected a range that holds {helsami_sdk.__version__}")
    return manifest


def _settled(found: Found) -> Found:
    """Wait for rules that start elsewhere: all of them have begun by now."""
    if isinstance(found.module, Hosted):
        try:
            found.module.settle()
        except NotLoaded as problem:
            return replace(found, module=None, problem=str(problem))
    return found


def with_ancestors(organisation: str, found: Mapping[str, Found]) -> Iterator[Found]:
    """An organisation and its parents, nearest first; raises NotLoaded for an unknown parent, a cycle or a problem."""
    seen: set[str] = set()
    current: str | None = organisation
    while current is not None:
        if current in seen:
            raise NotLoaded(f"manifest.toml: parent: expected no cycle, but {current} is its own ancestor")
        seen.add(current)
        if current not in found:
            raise NotLoaded(f"manifest.toml: parent: expected an installed organisation, not {current}")
        if found[current].problem:
            # What a parent would have narrowed is not known, so its children are closed with it.
            message = found[current].problem if current == organisation else f"its parent {current} is closed"
            raise NotLoaded(message)
        yield found[current]
        current = found[current].manifest.parent
