"""Says where the machine keeps RabbitMQ and PostgreSQL, and which Debian packages bring them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


class MissingProgram(Exception):
    """A server that tests need is not on this machine."""


@dataclass(frozen=True)
class Server:
    """A server program: the folders it may be in, a file that proves it, and the Debian package that brings it."""

    folders: tuple[str, ...]
    proof: str
    package: str

    def folder(self) -> Path:
        """Return the folder with the server's programs, the newest version's first; raises MissingProgram."""
        found = [path.parent for pattern in self.folders for path in Path("/").glob(f"{pattern}/{self.proof}")]
        if found:
            return max(found, key=_version)
        if (on_path := shutil.which(self.proof)) is not None:
            return Path(on_path).resolve().parent
        message = f"{self.proof} is not on this machine: install the Debian package {self.package}"
        raise MissingProgram(message)

    def is_missing(self) -> bool:
        """Tell whether the machine lacks this server."""
        try:
            self.folder()
        except MissingProgram:
            return True
        return False


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parts if part.isdecimal())


# Not /usr/sbin/rabbitmq-server: Debian's wrapper there insists on the system's own user and folders.
RABBITMQ = Server(folders=("usr/lib/rabbitmq/bin",), proof="rabbitmq-server", package="rabbitmq-server")
POSTGRESQL = Server(folders=("usr/lib/postgresql/*/bin",), proof="initdb", package="postgresql")
SERVERS = (RABBITMQ, POSTGRESQL)
