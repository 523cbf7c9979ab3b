"""The settings of a process: from the environment and one TOML file, checked before anything starts."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from helsami_kernel.errors import Malformed, load
from helsami_kernel.logs import LEVELS

PREFIX: Final = "HELSAMI_"
FILE: Final = "HELSAMI_CONFIG"
OF_COMMANDS: Final = frozenset({FILE, "HELSAMI_URL", "HELSAMI_TOKEN"})  # the latter two are for `helsami import`
MEMORY_BUS: Final = "memory://"
INLINE: Final = "inline"
HOST: Final = "host"
HIGHEST_PORT: Final = 65535
RETRY_DELAYS: Final = (1.0, 10.0, 60.0, 600.0)
WEB: Final = r"(https://[a-zA-Z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?(/[\w./~-]*)?$"
LINK: Final = re.compile(r"https://[a-zA-Z0-9.-]+(:\d{1,5})?/([\w./~!$&'()*+,;=:@%?#-]|\{room\}|\{guest\})+")
HOLES: Final = ("{room}", "{guest}")


class SettingsWrong(Exception):
    """A setting is not what it should be; the text is one line, names the setting, and never repeats its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What a process was told; durations are `timedelta`, paths absolute.

    Addresses hold passwords: a repr leaves them out.
    """

    bus: str = field(repr=False)
    database: str | None = field(repr=False)
    data: Path
    keys: Path
    host: str
    port: int
    ops_port: int | None
    max_workers: int
    pool_size: int
    view_deadline: timedelta
    rpc_deadline: timedelta
    rules: str
    rules_deadline: timedelta
    grace: timedelta
    heartbeat: timedelta
    event_queue_arguments: Mapping[str, str | int | bool]
    retry_delays: tuple[timedelta, ...]
    video_url: str | None
    video_app: str
    video_audience: str
    video_links: Mapping[str, str] = field(repr=False)
    log_level: str | None
    register: str | None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """
        Read `HELSAMI_*` and the file that `HELSAMI_CONFIG` names; the environment goes first.

        Raises `SettingsWrong`, also for a variable of that prefix which is no setting: a misspelt one would be missed.
        """
        _refuse_strangers(environment)
        path = environment.get(FILE)
        told = _of_file(Path(path)) if path else {}
        told |= _of_environment(environment)
        try:
            return cls._of(load(_SettingsSchema, told))
        except Malformed as malformed:
            raise SettingsWrong(_explained(malformed, environment)) from None

    @classmethod
    def _of(cls, loaded: dict[str, Any]) -> "Settings":
        data = Path(loaded["data"]).absolute()
        return cls(
            **loaded
            | {
                "data": data,
                "keys": Path(loaded["keys"]).absolute() if loaded["keys"] else data / "keys",
                "rules": loaded["rules"] or (INLINE if loaded["bus"].startswith(MEMORY_BUS) else HOST),
                "event_queue_arguments": MappingProxyType(loaded["event_queue_arguments"]),
                "video_links": MappingProxyType(loaded["video_links"]),
                "retry_delays": tuple(loaded["retry_delays"]),
            }
        )

    @property
    def embedded(self) -> bool:
        """Say whether everything runs in one process, on a bus in its memory."""
        return self.bus.startswith(MEMORY_BUS)

    def database_url(self, service: str) -> str:
        """Return the address of a service's own database; without one set, a SQLite file in the data folder."""
        if self.database is None:
            return f"sqlite:///{self.data / service}.db"
        return self.database.replace("{service}", service)


class _Seconds(fields.Float):
    """Seconds as a number, loaded as a `timedelta`."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return timedelta(seconds=super()._deserialize(*args, **kwargs))


def _seconds(default: float, least: float = 0.01, most: float = 3600.0) -> _Seconds:
    return _Seconds(
        load_default=timedelta(seconds=default),
        validate=validate.Range(timedelta(seconds=least), timedelta(seconds=most)),
        metadata={"expected": f"seconds, from {least:g} to {most:g}"},
    )


def _count(default: int, most: int) -> fields.Integer:
    return fields.Integer(load_default=default, validate=validate.Range(1, most))


def _plain(value: object) -> None:
    """Marshmallow listens to what a validator raises, not to what it returns."""
    if not isinstance(value, str | int):
        raise ValidationError("a list, a table, a time or a number with decimals")


def _is_link(value: str) -> None:
    """Its host is written out, and each of HOLES stands once behind it."""
    if LINK.fullmatch(value) is None or any(value.count(hole) != 1 for hole in HOLES):
        raise ValidationError("not such an address")


def _text(default: str | None, form: str, expected: str) -> fields.String:
    return fields.String(load_default=default, validate=validate.Regexp(form), metadata={"expected": expected})


def _port(default: int | None, least: int) -> fields.Integer:
    return fields.Integer(load_default=default, validate=validate.Range(least, HIGHEST_PORT))


class _SettingsSchema(Schema):
    """The settings by name: in a TOML file as they stand here, in the environment in capitals behind `HELSAMI_`."""

    bus = _text(MEMORY_BUS, "(memory|amqps?|pyamqp)://", "an address beginning with amqp://, amqps:// or memory://")
    # SQLAlchemy takes a URL without a driver for psycopg 3, which blocks the whole hub while it waits.
    database = _text(
        None,
        r"(postgresql\+psycopg2|sqlite)://",
        "an address that names its driver: postgresql+psycopg2:// or sqlite://",
    )
    data = _text(".helsami", ".", "a folder")
    keys = _text(None, ".", "a folder")
    host = _text("127.0.0.1", ".", "an address to listen on")
    port = _port(8000, least=1)
    ops_port = _port(None, least=0)
    max_workers = _count(10, most=1000)
    pool_size = _count(5, most=200)
    view_deadline = _seconds(2.5, most=60.0)
    rpc_deadline = _seconds(5.0, most=60.0)
    rules = fields.String(load_default=None, validate=validate.OneOf((INLINE, HOST)))
    rules_deadline = _seconds(0.25, most=5.0)
    grace = _seconds(30.0)
    heartbeat = _seconds(10.0, least=1.0)
    event_queue_arguments = fields.Dict(
        keys=fields.String(validate=validate.Regexp("x-[a-z-]+$")),
        values=fields.Raw(validate=_plain),
        load_default=dict,
        metadata={"expected": "a table of queue arguments, such as x-queue-type"},
    )
    retry_delays = fields.List(
        _seconds(1.0, most=86_400.0),
        load_default=lambda: [timedelta(seconds=delay) for delay in RETRY_DELAYS],
        metadata={"expected": "a list of seconds"},
    )
    video_url = _text(None, WEB, "an address beginning with https://, or http:// on this machine, without a query")
    video_app = _text("helsami", r"\S{1,100}$", "a word of up to 100 characters")
    video_audience = _text("jitsi", r"\S{1,100}$", "a word of up to 100 characters")
    video_links = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"[a-z][a-z0-9_]{0,59}$")),
        values=fields.String(validate=_is_link),
        load_default=dict,
        metadata={"expected": "a table of https addresses by organisation, each with {room} and {guest} in it"},
    )
    # A national id in clear may cross this machine, and no network.
    register = _text(
        None, r"https://|http://(127\.0\.0\.1|localhost)[:/]", "the population register's address, beginning with https://"
    )
    log_level = fields.String(load_default=None, validate=validate.OneOf(LEVELS))


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsWrong(f"{FILE}: cannot read the file: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at .*\)$", str(error))
        raise SettingsWrong(f"{FILE}: the file is not TOML {where.group() if where else ''}".rstrip()) from None
    except UnicodeDecodeError:
        raise SettingsWrong(f"{FILE}: the file is not UTF-8") from None


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Pick the settings that are set and not empty; a list is written with commas, a table has no such form."""
    told: dict[str, Any] = {}
    for name, declared in _of_variables().items():
        if text := environment.get(_variable(name)):
            told[name] = text.split(",") if isinstance(declared, fields.List) else text
    return told


def _of_variables() -> dict[str, fields.Field[Any]]:
    return {name: field for name, field in _SettingsSchema().fields.items() if not isinstance(field, fields.Dict)}


def _refuse_strangers(environment: Mapping[str, str]) -> None:
    known = {*map(_variable, _of_variables()), *OF_COMMANDS}
    set_here = (name for name, value in environment.items() if name.startswith(PREFIX) and value)
    if strangers := sorted(set(set_here) - known):
        near = difflib.get_close_matches(strangers[0].removeprefix(PREFIX).lower(), _of_variables(), n=1)
        hint = f"; {_variable(near[0])} is one" if near else ""
        raise SettingsWrong(f"{', '.join(strangers)}: not a setting that the environment has{hint}")


def _explained(malformed: Malformed, environment: Mapping[str, str]) -> str:
    sentences = []
    for problem in malformed.problems:
        name = problem.field.partition(".")[0]
        if not name:
            sentences.append(f"{FILE}: expected {problem.expected}")
        elif environment.get(_variable(name)):
            sentences.append(f"{_variable(name)}: expected {problem.expected}")
        else:
            sentences.append(f"{name} in the file of {FILE}: expected {problem.expected}")
    return "; ".join(sentences)


def _variable(name: str) -> str:
    return PREFIX + name.upper()
