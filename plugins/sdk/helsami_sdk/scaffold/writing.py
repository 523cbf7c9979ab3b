"""Writes the folder of a new organisation, whole or not at all."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import helsami_sdk
from helsami_sdk.plugin_folder import PACKAGE, PluginFolder
from helsami_sdk.scaffold.kinds import BEGINNINGS
from helsami_sdk.scaffold.wishes import Wishes
from helsami_sdk.words import prefix_of

_SINCE = re.compile(r"\d+")


class Taken(Exception):
    """There is something where the folder would be; nothing has been written."""


def write(wishes: Wishes, into: Path) -> PluginFolder:
    """Write `into/<id>`; raises Taken if that exists, be it empty, and OSError."""
    folder = PluginFolder(into.resolve() / wishes.id)
    texts = {_place(folder, name): _filled(template, wishes) for name, template in _templates(wishes).items()}
    try:
        folder.path.mkdir(parents=True)
    except FileExistsError:
        raise Taken(f"{into / wishes.id} is there already, and nothing is overwritten") from None
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _place(folder: PluginFolder, name: str) -> Path:
    return folder.path / name.replace("PACKAGE", folder.package.name).replace("ID", folder.id)


def _templates(wishes: Wishes) -> dict[str, str]:
    """The template of each file, by its place in the folder."""
    common = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "PACKAGE/__init__.py": "package.py",
        "PACKAGE/py.typed": "nothing",
        "PACKAGE/manifest.toml": "manifest.toml",
        "PACKAGE/policy.toml": "policy.toml",
        "tests/test_ID.py": "test.py",
    }
    return {**common, "PACKAGE/rules.py": "rules.py"} if wishes.rules else common


def _filled(template: str, wishes: Wishes) -> str:
    text = files(__package__).joinpath("templates", f"{template}.template").read_text(encoding="utf-8")
    return Template(_chosen(text, wishes)).substitute(_values(wishes))


def _chosen(text: str, wishes: Wishes) -> str:
    """Without what stands between `%rules` or `%parent` and `%end` and is about what the organisation lacks."""
    kept, keeping = [], True
    for line in text.splitlines(keepends=True):
        if line.startswith("%"):
            keeping = {"%rules": wishes.rules, "%parent": bool(wishes.parent), "%end": True}[line.strip()]
        elif keeping:
            kept.append(line)
    return "".join(kept)


def _values(wishes: Wishes) -> Mapping[str, str]:
    beginning = BEGINNINGS[wishes.kind]
    major, minor = map(int, _SINCE.findall(helsami_sdk.__version__)[:2])
    return {
        "id": wishes.id,
        "distribution": distribution(wishes.id),
        "package": PACKAGE + wishes.id,
        "module": PACKAGE + wishes.id + (".rules" if wishes.rules else ""),
        "kind": wishes.kind,
        "what": beginning.what,
        "parent": wishes.parent,
        "parent_distribution": distribution(wishes.parent),
        "range": f">={major}.{minor},<{major}.{minor + 1}",
        "name": wishes.en,
        "prefix": prefix_of(wishes.id),
        "day": wishes.go_live.isoformat(),
        **{key: _quoted(getattr(wishes, key)) for key in ("nb", "nn", "en", "owner", "contact", "phone")},
        "description": _quoted(f"The rules of {wishes.en} in HelsaMi"),
        "unit": beginning.unit,
        "unit_nb": _quoted(beginning.nb),
        "unit_nn": _quoted(beginning.nn),
        "unit_en": _quoted(beginning.en),
        "direct": beginning.direct,
        "request": beginning.request,
        "by_phone": beginning.phone,
    }


def distribution(organisation: str) -> str:
    """The name under which pip knows an organisation."""
    return f"helsami-plugin-{organisation.replace('_', '-')}"


def _quoted(text: str) -> str:
    """A text as TOML has it; what cannot be printed has been refused before."""
    return json.dumps(text, ensure_ascii=False)
