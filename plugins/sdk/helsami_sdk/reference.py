"""`python -m helsami_sdk.reference plugins/README.md`: what is asked, and what policy.toml may say, from the code."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from helsami_sdk import hookspecs, questions
from helsami_sdk.hooks import HOOKS
from helsami_sdk.policy import TABLES
from helsami_sdk.policy.rows import PolicyTable
from helsami_sdk.tables import Table

BEGIN = "<!-- made by `make reference` from the code; a test holds it to that -->"
END = "<!-- made until here -->"
_PARTS = ("Asked by", "Every answer counts", "Nearest", "Nobody answers", "An answer fails")
_UNITS = frozenset({"units of the manifest"})


class Told(NamedTuple):
    """A hook in its own words: the question, and what its specification says of each part."""

    question: str
    parts: dict[str, str]


class Key(NamedTuple):
    """A key of policy.toml: what is expected there, and what it means to leave it out."""

    name: str
    expected: str
    left_out: str


def main(arguments: list[str]) -> int:
    """Print the reference, or write it into the marked part of the file that is named."""
    if not arguments:
        sys.stdout.write(page())
        return 0
    path = Path(arguments[0])
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def renewed(text: str) -> str:
    """The text with the marked part as it should be; raises ValueError where nothing is marked."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"expected {BEGIN} and, after it, {END}")
    return f"{before}{BEGIN}\n{page()}{END}{after}"


def page() -> str:
    """The reference in Markdown."""
    return "\n".join([*_questions(), "", *_policy()]) + "\n"


def told(hook: str) -> Told:
    """What the specification of a hook says."""
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""
    question, _, rest = text.partition("\n")
    found = re.split(rf"^({'|'.join(_PARTS)}): ", rest, flags=re.MULTILINE)[1:]
    return Told(question, {part: _line(words) for part, words in zip(found[::2], found[1::2], strict=True)})


def keys_of(table: PolicyTable[Any]) -> list[Key]:
    """Every key of a row, conditions first, found by reading a row that has none."""
    row = _Described()
    for condition in table.conditions:
        condition.read(row, _UNITS)
    table.says(row, _UNITS)
    return row.keys


class _Described(Table):
    """A table that notes what is looked for in it."""

    def __init__(self) -> None:
        super().__init__({})
        self.keys: list[Key] = []

    def rows(self, key: str) -> Iterator[Table]:
        """One table, so that its keys are looked for too."""
        below = _Described()
        yield below
        self.keys += [each._replace(name=f"{key}.{each.name}") for each in below.keys]

    def _value(self, key: str, expected: str, *, optional: bool = False, default: object = None) -> Any:
        self.keys.append(Key(key, expected, _said(default) if optional else "*needed*"))
        return super()._value(key, expected, optional=True, default=default)


def _said(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def _questions() -> Iterator[str]:
    yield "## What is asked"
    yield ""
    yield "| question | asked by | how answers combine | nobody answers | an answer fails |"
    yield "|---|---|---|---|---|"
    for hook in HOOKS:
        parts = dict(told(hook).parts)
        asked, fails, nobody = (parts.pop(part) for part in ("Asked by", "An answer fails", "Nobody answers"))
        ((shape, combined),) = parts.items()
        cells = (f"[`{hook}`](#{hook})", asked, f"*{shape.lower()}*: {combined}", nobody, fails)
        yield f"| {' | '.join(cell.removesuffix('.') for cell in cells)} |"
    yield ""
    yield "The words that questions use, from `helsami_sdk.questions`:"
    yield ""
    for name in questions.__all__:
        words = getattr(questions, name)
        if isinstance(words, frozenset):
            yield f"- `{name}`: {', '.join(f'`{word}`' for word in sorted(words))}"
    for hook in HOOKS:
        yield from ("", *_question(hook))


def _question(hook: str) -> Iterator[str]:
    hints = get_type_hints(getattr(hookspecs, hook))
    yield f"### `{hook}`"
    yield ""
    yield told(hook).question
    yield ""
    for kind in _with_parts(hints["question"]):
        yield f"- `{_signature(kind)}`: {_line(inspect.getdoc(kind) or '')}"
    yield ""
    yield "Answer with None, which leaves it open, or with"
    yield ""
    for kind in _with_parts(hints["return"]):
        yield from _ways(kind)


def _with_parts(kind: Any) -> Iterator[Any]:
    """A type and the types it is made of, as far as they are this contract's own."""
    if is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Enum)):
        yield kind
        parts = get_type_hints(kind).values() if is_dataclass(kind) else ()
    elif get_args(kind) and not any(_own(part) for part in get_args(kind)):
        yield from [kind] if type(None) not in get_args(kind) else _with_parts(_some(kind))
        return
    else:
        parts = get_args(kind)
    for part in parts:
        yield from (each for each in _with_parts(part) if _own(each))


def _own(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__module__.startswith("helsami_sdk.")


def _some(kind: Any) -> Any:
    """A type without the None in it."""
    (some,) = (each for each in get_args(kind) if each is not NoneType)
    return some


def _ways(kind: Any) -> Iterator[str]:
    """How an answer is built: by the class's own builders, or as it is."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield f"- `{kind.__name__}`: {', '.join(f'`{each.name}`' for each in kind)}"
    elif not is_dataclass(kind):
        yield f"- `{kind}`: of what is in the question"
    else:
        yield f"- `{_signature(kind)}`: {_line(inspect.getdoc(kind) or '')}"
        for name, builder in inspect.getmembers(kind, inspect.ismethod):
            if not name.startswith("_"):
                yield f"  - `{builder.__qualname__}{_parameters(builder)}`: {_line(inspect.getdoc(builder) or '')}"


def _signature(kind: Any) -> str:
    return f"{kind.__name__}({', '.join(map(_field, fields(kind)))})"


def _field(each: Field[Any]) -> str:
    default = "" if each.default is MISSING else f"={_value_of(each.default)}"
    return f"{each.name}{default}"


def _parameters(builder: Callable[..., Any]) -> str:
    told_of = (
        f"{'*' if each.kind is each.VAR_POSITIONAL else ''}{name}"
        + ("" if each.default is each.empty else f"={_value_of(each.default)}")
        for name, each in inspect.signature(builder).parameters.items()
    )
    return f"({', '.join(told_of)})"


def _value_of(default: object) -> str:
    """A default as one would write or say it."""
    if isinstance(default, timedelta):
        return f"timedelta(hours={default // timedelta(hours=1)})"
    if is_dataclass(default) and not isinstance(default, type):
        return f"{type(default).__name__}({', '.join(str(getattr(default, each.name)) for each in fields(default))})"
    return repr(default) if isinstance(default, str | bool | NoneType | tuple | frozenset) else str(default)


def _policy() -> Iterator[str]:
    yield "## What policy.toml may say"
    yield ""
    yield "In each table the first row that fits answers; a row that leaves a list out fits anything there. Where no"
    yield "row fits, the question is left open. What is wrong is told with its line, its key and what belongs there."
    for table in TABLES.values():
        yield from ("", f"### `[[{table.name}]]`", "")
        yield f"{table.about} Answers {' and '.join(f'[`{hook}`](#{hook})' for hook in table.hooks)}."
        yield from ("", "| key | expected | left out |", "|---|---|---|")
        for key in keys_of(table):
            yield f"| `{key.name}` | {key.expected} | {key.left_out.replace('<', '&lt;')} |"


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
