"""One question of a rehearsal, what an answer to it means, and how a topic puts both into words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rules import Rules


@dataclass(frozen=True, slots=True)
class Case:
    """
    A question to both rules.

    `thing` is what it is counted as (a key of its topic's words), `one` tells things apart; a case without `one` is
    asked so that no opening goes unseen, and is not counted. `what`, `how` and `example` are for the reader.
    """

    question: Any
    thing: str
    one: str = ""
    what: str = ""
    how: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What an answer means: `short` is what a sentence is about, `words` all that a reader is told.

    `openness` is higher where more is seen; it is the same for all answers that have nothing to do with seeing. `why`
    is told as well, but another reason for the same is no change.
    """

    short: str
    words: str
    openness: int = 0
    why: str = field(default="", compare=False)

    @property
    def told(self) -> str:
        """The words, and why."""
        return f"{self.words} ({self.why})" if self.why else self.words


@dataclass(frozen=True, slots=True)
class Change:
    """Cases that change alike; `who` and `how` are empty where it holds for all of them."""

    thing: str
    before: Outcome
    after: Outcome
    count: int
    who: str
    how: str
    whats: tuple[str, ...]


class Topic(Protocol):
    """One hook, in a clinic manager's words."""

    @property
    def title(self) -> str:
        """What it is about."""

    @property
    def together(self) -> bool:
        """Whether things that change alike are told in one row."""

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Every question that the corpus gives rise to."""

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """What these rules answer."""

    def others(self, case: Case) -> Iterator[tuple[str, Any]]:
        """The same question for everybody (or everywhere) it might be asked, with words for each; perhaps none."""

    def sentence(self, change: Change) -> str:
        """Say in one sentence what changes."""
