"""What was decided, on whose rules, of which question: all of an answer that is kept for later."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from helsami_sdk import codec
from helsami_sdk.answers import Release

A = TypeVar("A")
_Said = tuple[str, Any]
"""A layer, and its answer: executors.Said."""

SAFE_DEFAULT = "safe default"
OFFERED, NOT_OFFERED = "offered", "not-offered"
ALL, SOME, NONE = "all", "some", "none"


@dataclass(frozen=True)
class Decision:
    """
    What holds after one question to an organisation, in words of which none is the question's or a person's.

    `layer` is whose answer held (`st_olavs/policy.toml`, `region`, SAFE_DEFAULT where no rule answered), `version` the
    plugin's, `outcome` a short code of the answer, `reason` its reason code or, of a safe default, why there is one.
    With `shadow` it is what the rules would have decided, and did not.
    """

    hook: str
    organisation: str
    layer: str
    version: str
    outcome: str
    reason: str = ""
    shadow: bool = False
    question: object = field(default=None, repr=False, compare=False)

    @cached_property
    def question_hash(self) -> str:
        """The SHA-256 of the question's JSON with its keys sorted; empty for what is no question of this hook."""
        try:
            written = codec.write(self.question, codec.question_kind(self.hook))
        except ValueError:
            return ""
        return sha256(json.dumps(written, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @cached_property
    def words(self) -> str:
        """Everything that tells it from other decisions but what it is about, in one line."""
        said = (self.hook, self.organisation, self.layer, self.version, self.outcome, self.reason)
        return "|".join((*said, "shadow" if self.shadow else ""))


class Decided(NamedTuple, Generic[A]):
    """
    An answer, the decision that it is, what rules in the shadow would have decided, and what each layer said.

    What is said in the shadow is not what is answered.
    """

    answer: A
    decision: Decision
    shadow: Decision | None = None
    said: Sequence[_Said] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is to be kept of it."""
        return (self.decision,) if self.shadow is None else (self.decision, self.shadow)

    def about_slots(self, slots: Iterable[str]) -> Iterator[tuple[Decision, str]]:
        """
        Of an answer to restrict_slots, each slot that is left out, by the nearest layer that does not name it.

        In the shadow each slot comes a second time, with what would have become of it.
        """
        of_layer = cache(lambda layer: replace(self.decision, layer=layer, outcome=NOT_OFFERED))
        for slot in slots:
            missing = next((layer for layer, offered in self.said if slot not in offered), None)
            if slot not in self.answer:  # type: ignore[operator]
                yield of_layer(self.decision.layer if self.shadow or missing is None else missing), slot
            if self.shadow is not None:
                outcome = OFFERED if missing is None else NOT_OFFERED
                yield replace(self.shadow, layer=missing or self.shadow.layer, outcome=outcome), slot


class Answers(NamedTuple):
    """What was said to one question: the organisations' answers, nearest first, and the region's."""

    own: Sequence[_Said]
    regional: _Said

    @property
    def nearest(self) -> str:
        """The nearest layer that answered."""
        return next((layer for layer, _ in self.own), self.regional[0])


def whose(hook: str, answers: Answers, settled: Any) -> str:
    """The layer whose answer held: the nearest that decides, where several say the same."""
    decides = _WHOSE.get(hook)
    return answers.nearest if decides is None else decides(answers, settled)


def outcome_of(hook: str, question: Any, answer: Any) -> str:
    """What was answered, as a short code."""
    return _OUTCOMES[hook](question, answer)


def reason_of(answer: object) -> str:
    """The reason code of an answer, empty where it has none."""
    return getattr(answer, "reason", "") or getattr(answer, "quarantine", "")


def _of_booking(answers: Answers, settled: Any) -> str:
    for layer, answer in answers.own:
        if (answer.tier, answer.reason) == (settled.tier, settled.reason):
            return layer
    # After the earliest deadline only the phone is left, which nobody need have said.
    deadlines = [(answer.deadline, layer) for layer, answer in answers.own if answer.deadline is not None]
    return min(deadlines)[1] if deadlines else answers.nearest


def _of_result(answers: Answers, settled: Any) -> str:
    region, regional = answers.regional
    if regional.release is Release.BLOCKED:
        return region
    return next((layer for layer, answer in answers.own if answer == settled), answers.nearest)


def _of_sharing(answers: Answers, settled: Any) -> str:
    region, regional = answers.regional
    if settled.withheld:
        return next((layer for layer, answer in answers.own if answer.withheld), region)
    if regional.withheld:
        return next(layer for layer, answer in answers.own if answer.despite == regional.reason)
    return answers.nearest


def _of_ids(ids: Callable[[Any], Any]) -> Callable[[Answers, Any], str]:
    """The nearest answer that alone leaves what is left; none does where several have narrowed it together."""

    def of_ids(answers: Answers, settled: Any) -> str:
        left = set(ids(settled))
        alone = (layer for layer, answer in (*answers.own, answers.regional) if set(ids(answer)) == left)
        return next(alone, answers.nearest)

    return of_ids


def _named(all_ids: Callable[[Any], Any], ids: Callable[[Any], Any]) -> Callable[[Any, Any], str]:
    """How many of the question's ids an answer names."""

    def named(question: Any, answer: Any) -> str:
        left, asked = len(ids(answer)), len(all_ids(question))
        return NONE if left == 0 < asked else (ALL if left == asked else SOME)

    return named


def _same(ids: Any) -> Any:
    return ids


_WHOSE: Mapping[str, Callable[[Answers, Any], str]] = MappingProxyType(
    {
        "decide_booking": _of_booking,
        "restrict_slots": _of_ids(_same),
        "list_recipients": _of_ids(lambda answer: answer.ids),
        "classify_result": _of_result,
        "restrict_sharing": _of_sharing,
        "limit_delegation": _of_ids(_same),
    }
)
_OUTCOMES: Mapping[str, Callable[[Any, Any], str]] = MappingProxyType(
    {
        "decide_booking": lambda _question, answer: answer.tier.value,
        "restrict_slots": _named(lambda question: question.slots, _same),
        "choose_waitlist_terms": lambda _question, answer: "on" if answer.enabled else "off",
        "rank_waitlist": lambda question, answer: "by-time-joined" if answer == question.by_time_joined else "ranked",
        "choose_check_in": lambda _question, answer: "off" if answer.nothing else "on",
        "list_recipients": _named(lambda question: question.recipients, lambda answer: answer.ids),
        "route_message": lambda _question, answer: "to-inbox" if answer.stops[0].inbox else "to-employee",
        "route_case": lambda _question, answer: f"answered-within-{answer.answer_days}-days",
        "classify_result": lambda _question, answer: answer.release.value,
        "restrict_sharing": lambda _question, answer: "withheld" if answer.withheld else "shown",
        "limit_delegation": _named(lambda question: question.scopes, _same),
        "choose_form_window": lambda _question, answer: f"shown-for-{answer.shown_days}-days",
        "plan_delivery": lambda _question, answer: "-then-".join("-".join(sorted(s.channels)) for s in answer.steps),
        "translate_inbound": lambda _question, answer: (
            "quarantined" if answer.quarantine else ("translated" if answer.meanings else "taken")
        ),
    }
)
