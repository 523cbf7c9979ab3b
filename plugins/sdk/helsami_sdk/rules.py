"""How a service asks an organisation: one set of rules each, which never raises and fails closed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from helsami_sdk import hooks
from helsami_sdk.answers import (
    BookingDecision,
    CaseRoute,
    CheckIn,
    DeliveryPlan,
    FormWindow,
    Recipients,
    Restriction,
    ResultClass,
    Route,
    Translation,
    WaitlistTerms,
)
from helsami_sdk.decisions import SAFE_DEFAULT, Answers, Decided, Decision, outcome_of, reason_of, whose
from helsami_sdk.executors import Executor, HookFailed, InlineExecutor, Said, whereabouts
from helsami_sdk.hooks import Hook
from helsami_sdk.lifecycle import CLOSED, LIVE, SHADOW, code_of
from helsami_sdk.manifest import Manifest
from helsami_sdk.questions import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DelegationQuestion,
    DeliveryQuestion,
    FormQuestion,
    InboundQuestion,
    MessageQuestion,
    RankingQuestion,
    RecipientsQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
    WaitlistQuestion,
)
from helsami_sdk.shadow import in_short

Q = TypeVar("Q")
A = TypeVar("A")

REGION = "region"
REMEMBERED = 512
RULES_FAILED = "rules-unavailable"
ORGANISATION_CLOSED = "organisation-closed"


class RuleCall(NamedTuple):
    """
    What an observer is told of one question; of an organisation that was loaded, or of the state that it entered.

    The hook of the latter two is `load` and `state`, and the outcome of `state` is the state. Of a question, `outcome`
    is answered, failed or invalid, or the state in which the rules answer nothing: closed, paused …; `layer` is whose
    rules failed, `reason` a word for why, `detail` what they would have answered in the shadow, `seconds` how long it
    took, `decision` what holds. Nothing here is from the question, of which the decision tells a hash. A remembered
    answer is not told: no rule was called.

    A plugin host tells, for the organisation whose rules it runs, that a hook was quarantined or released, and with the
    hook `host` that their process was restarted.
    """

    organisation: str
    hook: str
    outcome: str
    layer: str = ""
    detail: str = ""
    reason: str = ""
    seconds: float = 0.0
    decision: Decision | None = None


Observer = Callable[[RuleCall], None]


class _Unanswered(Exception):
    """The question has no valid answer; what holds instead has been told to the observer."""

    def __init__(self, instead: Decided[Any]) -> None:
        super().__init__()
        self.instead = instead


class Rules:
    """
    An organisation's rules, asked by services.

    Nothing here raises: a failure, or an answer that is none, gives the hook's safe default and is told to the
    observer, which must not raise either.
    """

    def __init__(
        self,
        manifest: Manifest,
        executor: Executor,
        *,
        ancestors: Sequence[Manifest] = (),
        observer: Observer | None = None,
        version: str = "",
        forms: frozenset[str] = frozenset(),
    ) -> None:
        """
        Put rules in front of an executor; `ancestors` are the parents' manifests, `version` the plugin's own.

        `forms` are the kinds of form that its policy and its parents' ask for before a visit.
        """
        self.manifest = manifest
        self.version = version
        self.forms = forms
        self.state = LIVE
        self.reason = ""
        self._executor = executor
        self._observe = observer or (lambda _call: None)
        self._ancestors = tuple(ancestors)
        self.code = ""
        # These questions are pure and free of time, and asked for every item or section of every page. lru_cache keeps
        # no exception, so a failure is asked again.
        self._memories: dict[str, Callable[..., Decided[Any]]] = {}
        self._forget()

    @classmethod
    def closed(
        cls,
        manifest: Manifest,
        reason: str,
        *,
        code: str = ORGANISATION_CLOSED,
        observer: Observer | None = None,
        version: str = "",
    ) -> "Rules":
        """Rules that give every hook's safe default; `reason` is for operators, `code` for the answers."""
        rules = cls(manifest, InlineExecutor({}), observer=observer, version=version)
        rules.state, rules.reason, rules.code = CLOSED, reason, code
        return rules

    def enter(self, state: str) -> None:
        """
        Answer as an organisation in this state from the next question on; closed rules stay closed.

        Any state but live gives every hook's safe default, with the state's code; shadow also asks the rules, and tells
        the observer alone what they would have answered.
        """
        if self.state in {CLOSED, state}:
            return
        self.state, self.code = state, code_of(state)
        self._forget()
        self._observe(RuleCall(self.manifest.id, "state", state))

    def decided(self, hook: Hook[Q, A], question: Q) -> Decided[A]:
        """The answer together with what is to be kept of it; a remembered one keeps whose it is."""
        try:
            return self._recall(hook, question)
        except _Unanswered as unanswered:
            return unanswered.instead

    def decide_booking(self, question: BookingQuestion) -> BookingDecision:
        """How a citizen may book, change or cancel (R20, R21); always with a number to phone, if there is one."""
        decision = self._answer(hooks.DECIDE_BOOKING, question)
        telephone = self.manifest.phone_of(question.unit)
        return BookingDecision(decision.tier, decision.reason, decision.deadline, telephone)

    def restrict_slots(self, question: SlotsQuestion) -> frozenset[str]:
        """The ids of the free times that may be offered (R20)."""
        return self._answer(hooks.RESTRICT_SLOTS, question)

    def classify_result(self, question: ResultQuestion) -> ResultClass:
        """How a result of this type is released (R48-R50); provisional where the organisation could not say."""
        return self._answer(hooks.CLASSIFY_RESULT, question)

    def restrict_sharing(self, question: SharingQuestion) -> Restriction:
        """Whether an item is withheld from a reader (R29, R30)."""
        return self._answer(hooks.RESTRICT_SHARING, question)

    def choose_waitlist_terms(self, question: WaitlistQuestion) -> WaitlistTerms:
        """Whether those who wait are offered an earlier time, and on what terms (R23-R28)."""
        return self._answer(hooks.CHOOSE_WAITLIST_TERMS, question)

    def rank_waitlist(self, question: RankingQuestion) -> tuple[str, ...]:
        """The ids of all who wait, in the order in which they are offered a time (R28)."""
        return self._answer(hooks.RANK_WAITLIST, question)

    def choose_check_in(self, question: CheckInQuestion) -> CheckIn:
        """When check-in opens, with which forms, and whether there is an arrival button (R36, R37)."""
        return self._answer(hooks.CHOOSE_CHECK_IN, question)

    def list_recipients(self, question: RecipientsQuestion) -> Recipients:
        """Who may be written to, user support always among them (R78, R86)."""
        return self._answer(hooks.LIST_RECIPIENTS, question)

    def route_message(self, question: MessageQuestion) -> Route:
        """Where a message goes, and its back-ups, the duty inbox always among them (R79, R81)."""
        return self._answer(hooks.ROUTE_MESSAGE, question)

    def route_case(self, question: CaseQuestion) -> CaseRoute:
        """The queue of a case, and within how many days it is answered (R87, R90)."""
        return self._answer(hooks.ROUTE_CASE, question)

    def limit_delegation(self, question: DelegationQuestion) -> frozenset[str]:
        """The scopes a representative may hold towards this organisation (R93, R98)."""
        return self._answer(hooks.LIMIT_DELEGATION, question)

    def choose_form_window(self, question: FormQuestion) -> FormWindow:
        """For how many days an answered form is shown (R106)."""
        return self._answer(hooks.CHOOSE_FORM_WINDOW, question)

    def plan_delivery(self, question: DeliveryQuestion) -> DeliveryPlan:
        """The channels by which a letter reaches one recipient, in their order (R85)."""
        return self._answer(hooks.PLAN_DELIVERY, question)

    def translate_inbound(self, question: InboundQuestion) -> Translation:
        """Whether an entry that came in is taken, and with which codes (R72)."""
        return self._answer(hooks.TRANSLATE_INBOUND, question)

    def history_starts(self, category: str) -> date | None:
        """
        The first day whose items are shown, None for no floor, `date.max` unless the organisation is live (R19, K10).

        The latest date among the organisation and its parents holds.
        """
        if self.state != LIVE:
            return date.max
        days = (manifest.history_starts(category) for manifest in (self.manifest, *self._ancestors))
        return max((day for day in days if day is not None), default=None)

    def _answer(self, hook: Hook[Q, A], question: Q) -> A:
        return self.decided(hook, question).answer

    def _forget(self) -> None:
        remembered: tuple[Hook[Any, Any], ...] = (hooks.CLASSIFY_RESULT, hooks.RESTRICT_SHARING, hooks.LIMIT_DELEGATION)
        for hook in remembered:
            self._memories[hook.name] = lru_cache(REMEMBERED)(partial(self._ask, hook))

    def _recall(self, hook: Hook[Q, A], question: Q) -> Decided[A]:
        memory = self._memories.get(hook.name)
        if memory is None or self.state != LIVE:
            return self._ask(hook, question)
        try:
            return memory(question)
        except TypeError as error:  # a field that cannot be hashed: no such question exists
            failed = HookFailed("rules", whereabouts(error), reason="not-a-question")
            raise self._failed(hook, question, failed) from error

    def _ask(self, hook: Hook[Q, A], question: Q) -> Decided[A]:
        """Raises _Unanswered; the observer is told either way."""
        if self.state in {LIVE, SHADOW}:
            return self._asked(hook, question, shadow=self.state == SHADOW)
        instead = self._instead(hook, question)
        self._tell(hook, self.state, detail=self.reason, decision=instead.decision)
        raise _Unanswered(instead)

    def _asked(self, hook: Hook[Q, A], question: Q, *, shadow: bool) -> Decided[A]:
        """Ask the rules, and tell the observer what holds: in the shadow that is not what they answer."""
        began = time.perf_counter()
        try:
            decided = self._settle(hook, question)
        except HookFailed as failure:
            failed = failure
        except Exception as error:  # noqa: BLE001  a question that cannot be settled is a failure as well
            failed = HookFailed("rules", whereabouts(error))
        else:
            seconds = time.perf_counter() - began
            if not shadow:
                self._tell(hook, "answered", seconds=seconds, decision=decided.decision)
                return decided
            shadow_of = replace(decided.decision, shadow=True)
            instead = self._instead(hook, question)._replace(shadow=shadow_of, said=decided.said)
            self._tell(hook, SHADOW, detail=in_short(decided.answer), seconds=seconds, decision=instead.decision)
            raise _Unanswered(instead)
        raise self._failed(hook, question, failed, time.perf_counter() - began)

    def _settle(self, hook: Hook[Q, A], question: Q) -> Decided[A]:
        own: list[Said] = []
        regional: Any = None
        said = self._executor.ask(hook.name, question)
        for one in said:
            if not hook.accepts(question, one.answer):
                raise HookFailed(one.layer, f"not an answer: {type(one.answer).__name__}", "invalid")
            if one.layer == REGION:
                regional = one.answer
            else:
                own.append(one)
        answers: list[Any] = [one.answer for one in own]
        settled = hook.settle(question, answers, regional)
        layer = whose(hook.name, Answers(own, Said(REGION, regional)), settled)
        return Decided(settled, self._decision(hook, question, settled, layer), said=said)

    def _instead(self, hook: Hook[Q, A], question: Q) -> Decided[A]:
        """The safe default, and why it holds."""
        code = self.code or RULES_FAILED
        answer = hook.safe(question, code)
        return Decided(answer, self._decision(hook, question, answer, SAFE_DEFAULT, code))

    def _decision(self, hook: Hook[Q, A], question: Q, answer: A, layer: str, reason: str = "") -> Decision:
        outcome = outcome_of(hook.name, question, answer)
        said = (outcome, reason or reason_of(answer))
        return Decision(hook.name, self.manifest.id, layer, self.version, *said, question=question)

    def _tell(
        self, hook: Hook[Any, Any], outcome: str, *, decision: Decision, detail: str = "", seconds: float = 0.0
    ) -> None:
        told = RuleCall(self.manifest.id, hook.name, outcome, detail=detail, seconds=seconds, decision=decision)
        self._observe(told)

    def _failed(self, hook: Hook[Q, A], question: Q, failed: HookFailed, seconds: float = 0.0) -> _Unanswered:
        """What to raise after a failure, of which the observer is told."""
        instead = self._instead(hook, question)
        told = (failed.outcome, failed.layer, failed.detail, failed.reason)
        self._observe(RuleCall(self.manifest.id, hook.name, *told, seconds, instead.decision))
        return _Unanswered(instead)
