"""Where the code of plugins runs: the seam between asking an organisation and executing its rules."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple, Protocol

Implementation = Callable[[object], object]


class Said(NamedTuple):
    """What one layer of an organisation's rules answered, unchecked."""

    layer: str
    answer: object


class HookFailed(Exception):
    """A layer did not answer as it should; `outcome` is failed or invalid."""

    def __init__(self, layer: str, detail: str, outcome: str = "failed") -> None:
        """Name the layer and what happened; the detail must hold nothing of the question."""
        super().__init__(outcome, layer, detail)
        self.layer = layer
        self.detail = detail
        self.outcome = outcome


class Executor(Protocol):
    """Runs the rules of one organisation."""

    def ask(self, hook: str, question: object) -> Sequence[Said]:
        """Every answer that is not None, nearest layer first; raises HookFailed and nothing else."""


class InlineExecutor:
    """Runs the rules in this process; it cannot stop one that never returns."""

    def __init__(self, implementations: Mapping[str, Sequence[tuple[str, Implementation]]]) -> None:
        """Take the layers of each hook, nearest first."""
        self._implementations = implementations

    def ask(self, hook: str, question: object) -> Sequence[Said]:
        """Ask layer by layer, so that a failure and an answer have a name."""
        said = []
        for layer, implementation in self._implementations[hook]:
            try:
                answer = implementation(question)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a plugin may raise SystemExit as well
                raise HookFailed(layer, whereabouts(error)) from error
            if answer is not None:
                said.append(Said(layer, answer))
        return said


def whereabouts(error: BaseException) -> str:
    """The type of an error and the line it came from, without its message, which may quote a question."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f" at {PurePath(frames[0].filename).name}:{frames[0].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
