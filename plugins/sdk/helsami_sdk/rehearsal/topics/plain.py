"""A topic that is a hook and three functions: most hooks need no more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rules import Rules


@dataclass(frozen=True)
class Plain:
    """One hook: `asked` makes the cases, `meaning` an outcome of a case and its answer, `told` the sentence."""

    title: str
    hook: str
    asked: Callable[[Corpus], Iterator[Case]]
    meaning: Callable[[Case, Any], Outcome]
    told: Callable[[Change], str]
    together: bool = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Every question that the corpus gives rise to."""
        return self.asked(corpus)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """What these rules answer."""
        return self.meaning(case, getattr(rules, self.hook)(case.question))

    def others(self, case: Case) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  the topic's shape
        """None: it is the same for everybody, or said in the sentence itself."""
        yield from ()

    def sentence(self, change: Change) -> str:
        """Say in one sentence what changes."""
        return self.told(change)
