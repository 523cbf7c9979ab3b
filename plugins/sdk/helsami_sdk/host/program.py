"""A plugin's code as text: read by the service, which never runs it, and run by the child, which can read nothing."""

import ast
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_IMPORT = re.compile(r"\b(?:from|import)\s+(.+)")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NOT_FOR_RULES = frozenset({"antigravity", "idlelib", "test", "this", "tkinter", "turtle", "turtledemo"})


class TooMuchCode(Exception):
    """A plugin's package is larger than any rules are."""


@dataclass(frozen=True)
class Program:
    """
    The package of a plugin and what to make of it.

    `sources` holds (file, text) by module name; `module` is the one with the rules, `attribute` what in it, or empty.
    """

    sources: Mapping[str, tuple[str, str]]
    module: str
    attribute: str = ""

    @classmethod
    def read(cls, folder: Path, module: str, attribute: str, largest: int) -> "Program":
        """Read all Python files of a package (at most so many bytes); raises TooMuchCode, OSError and SyntaxError."""
        sources = {}
        for file in sorted(folder.rglob("*.py")):
            largest -= file.stat().st_size
            if largest < 0:
                raise TooMuchCode
            inner = file.relative_to(folder).with_suffix("").parts
            name = ".".join((folder.name, *inner)).removesuffix(".__init__")
            sources[name] = (str(file), importlib.util.decode_source(file.read_bytes()))
        return cls(sources, module, attribute)

    @classmethod
    def told(cls, content: Mapping[str, Any]) -> "Program":
        """The program that `content` tells of."""
        sources = {name: (str(file), str(text)) for name, (file, text) in content["sources"].items()}
        return cls(sources, content["module"], content["attribute"])

    def tell(self) -> dict[str, Any]:
        """What JSON knows of it."""
        return {"sources": dict(self.sources), "module": self.module, "attribute": self.attribute}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run: an entry point to a package that says nothing but what it is."""
        if "." in self.module or self.attribute:
            return False
        try:
            body = ast.parse(self.sources.get(self.module, ("", ""))[1]).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return all(isinstance(one, ast.Expr | ast.Assign) and isinstance(one.value, ast.Constant) for one in body)

    def needs(self) -> list[str]:
        """The modules of the standard library that its text speaks of; a few too many do no harm."""
        words = {
            word
            for _, text in self.sources.values()
            for line in _IMPORT.findall(text)
            for word in _DOTTED.findall(line)
        }
        return sorted(word for word in words if _root(word) in sys.stdlib_module_names - _NOT_FOR_RULES)

    def load(self) -> Any:
        """Run it, with nothing to import but itself and what is imported already; raises whatever it raises."""
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter, _InMemory(self.sources)]
        sys.path.clear()
        sys.path_importer_cache.clear()
        found: Any = importlib.import_module(self.module)
        for name in filter(None, self.attribute.split(".")):
            found = getattr(found, name)
        return found


def _root(name: str) -> str:
    return name.partition(".")[0]


class _InMemory(MetaPathFinder, Loader):
    """Imports a package from its texts."""

    def __init__(self, sources: Mapping[str, tuple[str, str]]) -> None:
        self._sources = sources

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None  # noqa: ARG002  as Python asks
    ) -> ModuleSpec | None:
        """Find a module by its name, and a package without `__init__` by what is in it."""
        package = any(name.startswith(f"{fullname}.") for name in self._sources)
        if not package and fullname not in self._sources:
            return None
        file, _ = self._sources.get(fullname, (fullname, ""))
        spec = ModuleSpec(fullname, self, origin=file, is_package=package or file.endswith("__init__.py"))
        spec.has_location = fullname in self._sources
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's text."""
        file, text = self._sources.get(module.__name__, (module.__name__, ""))
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  it is what a child is for
