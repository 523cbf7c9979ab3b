"""`python -m helsami_kernel.describe`: who owns what, answers, announces and hears what, read from the code."""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from helsami_kernel import installed
from helsami_kernel.container import KernelEntrypoint
from helsami_kernel.events import Handles
from helsami_kernel.http import Http
from helsami_kernel.obligations import Fulfils
from helsami_kernel.rpc import RemoteService, Rpc
from helsami_kernel.timers import Every
from helsami_kernel.views import Contributes

HEAD = """\
# The services

Made by `python -m helsami_kernel.describe` from the code; a test holds it to that.

Each service is a folder here, a process, an image and a database of the same name. It owns its data alone: others ask
it over the bus, or hear what it announces. A citizen's call needs a token of the scope named behind the method.
"""


def main() -> int:
    """Print the page."""
    sys.stdout.write(page())
    return 0


def page() -> str:
    """The page in Markdown."""
    services = installed.services(installed.service_names())
    return HEAD + "".join(f"\n{section(service)}" for service in services)


def section(service: type) -> str:
    """One service's part of the page."""
    lines = [f"## {service.name}", "", inspect.getdoc(service) or "", ""]  # type: ignore[attr-defined]
    for label, told in (
        ("Answers", [f"`{each.method_name}` ({each.scope})" for each in entrypoints(service, Rpc)]),
        (
            "Gives to views",
            [
                f"{', '.join(each.sections)} of `{each.view}` ({each.scope})"
                for each in entrypoints(service, Contributes)
            ],
        ),
        ("Serves", [f"`{each.verb} {each.path}`" for each in entrypoints(service, Http)]),
        ("Announces", [f"`{event}`" for event in announced(service)]),
        ("Hears", [f"`{each.event}` of {each.source}" for each in entrypoints(service, Handles)]),
        ("Fulfils", [f"`{each.obligation}`" for each in entrypoints(service, Fulfils)]),
        (
            "Does again and again",
            [f"`{each.method_name}` ({each.pause.total_seconds():g} s)" for each in entrypoints(service, Every)],
        ),
        ("Asks", sorted(each.service for each in vars(service).values() if isinstance(each, RemoteService))),
    ):
        if told:
            lines.append(f"- {label}: {', '.join(told)}")
    return "\n".join(lines) + "\n"


def entrypoints(service: type, kind: type[KernelEntrypoint]) -> list[KernelEntrypoint]:
    """The entrypoints of one kind, each with the name of its method, in the order of the code; a part's come after."""
    return list(_entrypoints(service, kind))


def _entrypoints(service: type, kind: type[KernelEntrypoint]) -> Iterator[KernelEntrypoint]:
    for name, method in ((name, method) for part in service.__mro__ for name, method in vars(part).items()):
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            if isinstance(entrypoint, kind):
                entrypoint.method_name = name
                yield entrypoint


def announced(service: type) -> list[str]:
    """The types of the events that a service's package makes, as its text has them."""
    package = Path(inspect.getfile(service)).parent
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Event.of":
                named = [keyword.value for keyword in node.keywords if keyword.arg == "type"]
                found.add(str(ast.literal_eval([*node.args[:1], *named][0])))
    return sorted(found)


if __name__ == "__main__":
    sys.exit(main())
