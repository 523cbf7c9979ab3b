"""Where the code of plugins runs: the seam between asking an organisation and executing its rules."""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple, Protocol

from helsami_sdk.hooks import HOOKS

Implementation = Callable[[object], object]


class Said(NamedTuple):
    """What one layer of an organisation's rules answered, unchecked."""

    layer: str
    answer: object


class HookFailed(Exception):
    """
    A layer did not answer as it should; `outcome` is failed or invalid, `reason` a word to count it by.

    The reasons are raised, invalid, and those of a process of its own: late, died, too-long, garbled; refused, starting
    and busy when it could not be asked, quarantined when it was not, and not-a-question.
    """

    def __init__(self, layer: str, detail: str, outcome: str = "failed", reason: str = "") -> None:
        """Name the layer and what happened; the detail must hold nothing of the question."""
        super().__init__(outcome, layer, detail)
        self.layer = layer
        self.detail = detail
        self.outcome = outcome
        self.reason = reason or ("invalid" if outcome == "invalid" else "raised")


class Hosted(ABC):
    """Rules whose code runs elsewhere; they stand where a plugin's module would."""

    @property
    @abstractmethod
    def hooks(self) -> Collection[str]:
        """The hooks that they implement, once they are settled."""

    @abstractmethod
    def settle(self) -> None:
        """Wait until they are loaded; raises NotLoaded."""

    @abstractmethod
    def ask(self, hook: str, question: object) -> object:
        """Their answer to a question, None if they leave it open; raises HookFailed."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what they run on."""


@dataclass(frozen=True)
class Elsewhere:
    """One hook of hosted rules: an implementation that names its failures itself."""

    rules: Hosted
    hook: str

    def __call__(self, question: object) -> object:
        """Ask the rules; raises HookFailed."""
        return self.rules.ask(self.hook, question)


class Executor(Protocol):
    """Runs the rules of one organisation."""

    def ask(self, hook: str, question: object) -> Sequence[Said]:
        """
        Every answer that is not None, nearest layer first; where the nearest decides, no more than that.

        Raises HookFailed and nothing else.
        """


class InlineExecutor:
    """Runs the rules in this process, where it cannot stop one that never returns, but for those that run elsewhere."""

    def __init__(self, implementations: Mapping[str, Sequence[tuple[str, Implementation]]]) -> None:
        """Take the layers of each hook, nearest first."""
        self._implementations = implementations

    def ask(self, hook: str, question: object) -> Sequence[Said]:
        """Ask layer by layer, so that a failure and an answer have a name."""
        said = []
        for layer, implementation in self._implementations[hook]:
            # What is raised while one waits for an answer from elsewhere is the caller's own: a timeout, its end.
            elsewhere = isinstance(implementation, Elsewhere)
            answer = implementation(question) if elsewhere else _contained(layer, implementation, question)
            if answer is not None:
                said.append(Said(layer, answer))
                if HOOKS[hook].nearest:
                    break
        return said


def _contained(layer: str, implementation: Implementation, question: object) -> object:
    try:
        return implementation(question)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may raise SystemExit as well
        raise HookFailed(layer, whereabouts(error)) from error


def whereabouts(error: BaseException) -> str:
    """The type of an error and the line it came from, without its message, which may quote a question."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f" at {PurePath(frames[0].filename).name}:{frames[0].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
