"""Points 1 to 4: who the organisation is, and whether everything that names it agrees; no code is run."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import helsami_sdk
from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.checks.sources import table
from helsami_sdk.discovery import manifests_installed
from helsami_sdk.manifest import FILE, Manifest, fits, read_manifest
from helsami_sdk.plugin_folder import PROJECT, NotAPlugin, PluginFolder
from helsami_sdk.rules import REGION
from helsami_sdk.tables import Misconfigured
from helsami_sdk.toml_lines import line_of

_POINTS: Mapping[str, Point] = MappingProxyType(
    {"id": Point.ONE_ID, "sdk": Point.SDK_RANGE, "parent": Point.PARENT, "words": Point.WORDS},
)


def look(folder: PluginFolder) -> Iterator[Finding]:
    """What is wrong with the manifest, and with what pyproject.toml says of the organisation."""
    yield from _entry_point(folder)
    if (told := table(folder.package / FILE).get("id", folder.id)) != folder.id:
        yield _about(folder, "id", Point.ONE_ID, f"id is {told}", f"{folder.id}, the name of the folder")
    try:
        manifest = read_manifest(folder.package)
    except Misconfigured as error:
        yield from _problems(folder, error)
        return
    if not fits(helsami_sdk.__version__, manifest.sdk):
        expected = f"a range that holds {helsami_sdk.__version__}"
        yield _about(folder, "sdk", Point.SDK_RANGE, f"sdk is {manifest.sdk}", expected)
    yield from _parents(folder, manifest)


def _problems(folder: PluginFolder, error: Misconfigured) -> Iterator[Finding]:
    path = folder.package / FILE
    for problem, line in zip(error.problems, error.lines, strict=True):
        key, _, rest = problem.partition(": ")
        what, _, expected = rest.rpartition("expected ")
        point = _POINTS.get(key.partition(".")[0], Point.OWNER)
        told = f"{key} {what.rstrip('; ') or 'is not right'}"
        yield Finding(point, path.relative_to(folder.path).as_posix(), line or 1, told, expected or "a TOML file")


def _about(folder: PluginFolder, key: str, point: Point, problem: str, expected: str) -> Finding:
    path = folder.package / FILE
    return Finding(point, path.relative_to(folder.path).as_posix(), line_of(path, key), problem, expected)


def _entry_point(folder: PluginFolder) -> Iterator[Finding]:
    line = line_of(folder.path / PROJECT, 'project.entry-points."helsami.organisations".x')
    module = folder.package.name + (".rules" if (folder.package / "rules.py").exists() else "")
    expected = f'{folder.id} = "{module}" under [project.entry-points."helsami.organisations"], and nothing else'
    try:
        points = dict(folder.entry_points())
    except NotAPlugin:
        yield Finding(Point.ONE_ID, PROJECT, line, "names no organisation", expected)
        return
    if points != {folder.id: module}:
        told = ", ".join(f'{name} = "{value}"' for name, value in points.items()) or "nothing"
        yield Finding(Point.ONE_ID, PROJECT, line, f"the entry point says {told}", expected)
    if folder.id == REGION:
        yield Finding(Point.ONE_ID, PROJECT, 1, f"{REGION} is the region's own id", "another id")


def _parents(folder: PluginFolder, own: Manifest) -> Iterator[Finding]:
    known = {**manifests_installed(), folder.id: own}
    seen, parent = {folder.id}, own.parent
    while parent is not None:
        found = known.get(parent) or _beside(folder, parent)
        if found is None:
            expected = "the id of an organisation that is installed, or whose folder lies beside this one"
            yield _about(folder, "parent", Point.PARENT, f"parent {parent} is not there", expected)
            return
        if parent in seen:
            yield _about(folder, "parent", Point.PARENT, f"{parent} is its own ancestor", "parents without a circle")
            return
        seen.add(parent)
        parent = found.parent


def _beside(folder: PluginFolder, parent: str) -> Manifest | None:
    try:
        return read_manifest(PluginFolder.of(folder.path.parent / parent).package)
    except (NotAPlugin, Misconfigured):
        return None
