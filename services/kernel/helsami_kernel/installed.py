"""What is installed beside the kernel, found by entry points: services, commands, and what to do at a first start."""

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from helsami_kernel import logs

SERVICES = "helsami.services"
COMMANDS = "helsami.commands"
FIRST_START = "helsami.first_start"


class CannotStart(Exception):
    """Something outside the program keeps it from starting; the text is one line for whoever started it."""


def service_names() -> list[str]:
    """Return the names of all installed services, in order."""
    return sorted(entry_points(group=SERVICES).names)


def services(names: Iterable[str]) -> list[type]:
    """Load services by name. Raises `CannotStart` for one that is not installed or does not load."""
    found = entry_points(group=SERVICES)
    return [_loaded(found, name) for name in names]


def commands() -> list[Any]:
    """Load every sub-command that others add; one that does not load is told and left out, the others are there."""
    loaded = []
    for entry in sorted(entry_points(group=COMMANDS)):
        try:
            loaded.append(entry.load())
        except Exception as failure:  # noqa: BLE001  anything may be wrong with it
            logs.incident("command-not-loaded", reason=entry.name, failure=failure)
    return loaded


def first_start() -> list[Callable[..., None]]:
    """Load what is to be done, with the settings as argument, once everything runs for the first time."""
    return [entry.load() for entry in sorted(entry_points(group=FIRST_START))]


def _loaded(found: Iterable[EntryPoint], name: str) -> Any:
    entry = next((entry for entry in found if entry.name == name), None)
    if entry is None:
        raise CannotStart(f"no service is called {name}; installed are: {', '.join(service_names()) or 'none'}")
    try:
        return entry.load()
    except Exception as failure:
        logs.incident("service-not-loaded", service=name, failure=failure)
        raise CannotStart(f"the service {name} does not load: {type(failure).__name__}") from failure
