"""How a service asks an organisation: one set of rules each, which never raises and fails closed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import pluggy

from helsami_sdk import defaults, hookspecs
from helsami_sdk.answers import BookingDecision, Restriction, ResultClass
from helsami_sdk.discovery import Found, NotLoaded, find_organisations, with_ancestors
from helsami_sdk.executors import Executor, HookFailed, Implementation, InlineExecutor, whereabouts
from helsami_sdk.hooks import CLASSIFY_RESULT, DECIDE_BOOKING, HOOKS, RESTRICT_SHARING, RESTRICT_SLOTS, Hook
from helsami_sdk.manifest import Manifest
from helsami_sdk.questions import BookingQuestion, ResultQuestion, SharingQuestion, SlotsQuestion

Q = TypeVar("Q")
A = TypeVar("A")

REGION = "region"
REMEMBERED = 512
RULES_FAILED = "rules-unavailable"
ORGANISATION_CLOSED = "organisation-closed"
_ORDERING_OPTIONS = ("wrapper", "hookwrapper", "tryfirst", "trylast")


class RuleCall(NamedTuple):
    """
    What an observer is told of one question, or of one organisation that was loaded (`hook` is `load`).

    `outcome` is answered, failed, invalid, closed or loaded; `layer` is whose rules failed; nothing here is from the
    question. A remembered answer is not told: no rule was called.
    """

    organisation: str
    hook: str
    outcome: str
    layer: str = ""
    detail: str = ""


Observer = Callable[[RuleCall], None]


class _Unanswered(Exception):
    """The question has no valid answer; it has been told to the observer."""


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
    ) -> None:
        """Put rules in front of an executor; `ancestors` are the manifests of the parents."""
        self.manifest = manifest
        self.state = "live"
        self.reason = ""
        self._executor = executor
        self._observe = observer or (lambda _call: None)
        self._ancestors = tuple(ancestors)
        self._code = ""
        # Both questions are pure and free of time, and asked for every item of every page. lru_cache keeps no
        # exception, so a failure is asked again.
        self._results = lru_cache(REMEMBERED)(lambda question: self._ask(CLASSIFY_RESULT, question))
        self._sharing = lru_cache(REMEMBERED)(lambda question: self._ask(RESTRICT_SHARING, question))

    @classmethod
    def closed(
        cls,
        manifest: Manifest,
        reason: str,
        *,
        code: str = ORGANISATION_CLOSED,
        observer: Observer | None = None,
    ) -> "Rules":
        """Rules that give every hook's safe default; `reason` is for operators, `code` for the answers."""
        rules = cls(manifest, InlineExecutor({}), observer=observer)
        rules.state, rules.reason, rules._code = "closed", reason, code
        return rules

    def decide_booking(self, question: BookingQuestion) -> BookingDecision:
        """How a citizen may book, change or cancel (R20, R21); always with a number to phone, if there is one."""
        try:
            decision = self._ask(DECIDE_BOOKING, question)
        except _Unanswered:
            decision = DECIDE_BOOKING.safe(self._code or RULES_FAILED)
        telephone = self.manifest.phone_of(question.unit)
        return BookingDecision(decision.tier, decision.reason, decision.deadline, telephone)

    def restrict_slots(self, question: SlotsQuestion) -> frozenset[str]:
        """The ids of the free times that may be offered (R20)."""
        try:
            return self._ask(RESTRICT_SLOTS, question)
        except _Unanswered:
            return RESTRICT_SLOTS.safe(RULES_FAILED)

    def classify_result(self, question: ResultQuestion) -> ResultClass:
        """How a result of this type is released (R48-R50); provisional where the organisation could not say."""
        try:
            return self._recall(self._results, CLASSIFY_RESULT, question)
        except _Unanswered:
            return CLASSIFY_RESULT.safe(RULES_FAILED)

    def restrict_sharing(self, question: SharingQuestion) -> Restriction:
        """Whether an item is withheld from a reader (R29, R30)."""
        try:
            return self._recall(self._sharing, RESTRICT_SHARING, question)
        except _Unanswered:
            return RESTRICT_SHARING.safe(self._code or RULES_FAILED)

    def history_starts(self, category: str) -> date | None:
        """
        The first day whose items are shown, None for no floor, `date.max` while the organisation is closed (R19, K10).

        The latest date among the organisation and its parents holds.
        """
        if self.state == "closed":
            return date.max
        days = (manifest.history_starts(category) for manifest in (self.manifest, *self._ancestors))
        return max((day for day in days if day is not None), default=None)

    def _recall(self, memory: Callable[[Q], A], hook: Hook[Q, A], question: Q) -> A:
        try:
            return memory(question)
        except TypeError as error:  # a field that cannot be hashed: no such question exists
            self._tell(hook, "failed", "rules", whereabouts(error))
            raise _Unanswered from error

    def _ask(self, hook: Hook[Q, A], question: Q) -> A:
        """Raises _Unanswered after telling the observer."""
        if self.state == "closed":
            self._tell(hook, "closed", detail=self.reason)
            raise _Unanswered
        try:
            answer = self._settle(hook, question)
        except HookFailed as failure:
            self._tell(hook, failure.outcome, failure.layer, failure.detail)
        except Exception as error:  # noqa: BLE001  a question that cannot be settled is a failure as well
            self._tell(hook, "failed", "rules", whereabouts(error))
        else:
            self._tell(hook, "answered")
            return answer
        raise _Unanswered

    def _settle(self, hook: Hook[Q, A], question: Q) -> A:
        answers: list[Any] = []
        regional: Any = None
        for layer, answer in self._executor.ask(hook.name, question):
            if not hook.accepts(question, answer):
                raise HookFailed(layer, f"not an answer: {type(answer).__name__}", "invalid")
            if layer == REGION:
                regional = answer
            else:
                answers.append(answer)
        return hook.settle(question, answers, regional)

    def _tell(self, hook: Hook[Any, Any], outcome: str, layer: str = "", detail: str = "") -> None:
        self._observe(RuleCall(self.manifest.id, hook.name, outcome, layer, detail))


class Organisations(Mapping[str, Rules]):
    """The rules of every installed organisation; an id that is not installed gives closed rules."""

    def __init__(self, rules: Mapping[str, Rules], *, observer: Observer | None = None) -> None:
        """Hold rules by organisation id."""
        self._rules = dict(rules)
        self._observer = observer

    def __getitem__(self, organisation: str) -> Rules:
        """Rules of an organisation, closed ones if it is not installed."""
        rules = self._rules.get(organisation)
        if rules is None:
            unknown = Manifest.unknown(organisation)
            return Rules.closed(unknown, "the organisation is not installed", observer=self._observer)
        return rules

    def __contains__(self, organisation: object) -> bool:
        """Whether the organisation is installed."""
        return organisation in self._rules

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids of the installed organisations."""
        return iter(self._rules)

    def __len__(self) -> int:
        """Count the installed organisations."""
        return len(self._rules)

    def connected(self, organisation: str) -> bool:
        """Whether the organisation is installed, be it closed."""
        return organisation in self._rules


def load_organisations(observer: Observer | None = None) -> Organisations:
    """Load every installed organisation, each by itself; what does not load is closed and told to the observer."""
    found = {one.id: one for one in find_organisations()}
    return Organisations({name: _load(name, found, observer) for name in found}, observer=observer)


def _load(organisation: str, found: dict[str, Found], observer: Observer | None) -> Rules:
    own = found[organisation]
    try:
        line = list(with_ancestors(organisation, found))
        executor = InlineExecutor(implementations([layer for one in line for layer in _layers(one)]))
    except (NotLoaded, pluggy.PluginValidationError, ValueError) as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001  a plugin's objects may raise anything while they are looked at
        problem = whereabouts(error)
    else:
        _told(observer, RuleCall(organisation, "load", "loaded"))
        return Rules(own.manifest, executor, ancestors=[one.manifest for one in line[1:]], observer=observer)
    _told(observer, RuleCall(organisation, "load", "closed", detail=problem))
    return Rules.closed(own.manifest, problem, observer=observer)


def _told(observer: Observer | None, call: RuleCall) -> None:
    if observer is not None:
        observer(call)


def _layers(found: Found) -> Iterator[tuple[str, object]]:
    yield f"{found.id}/rules.py", found.module
    if found.policy is not None:
        yield f"{found.id}/policy.toml", found.policy


def implementations(layers: Sequence[tuple[str, object]]) -> dict[str, list[tuple[str, Implementation]]]:
    """
    Register named plugins, nearest first, with one PluginManager, and list who implements each hook in that order.

    Raises PluginValidationError for a misspelt hook, a wrong signature, and an option that would change the order.
    The implementations are called one by one rather than through the manager, so that each answer has a layer.
    """
    plugins = pluggy.PluginManager(hookspecs.PROJECT)
    plugins.add_hookspecs(hookspecs)
    for layer, plugin in [(REGION, defaults), *reversed(layers)]:
        _check_undecorated(plugins, layer, plugin)
        plugins.register(plugin, name=layer)
    plugins.check_pending()
    return {name: [_implementation(plugins, each) for each in _nearest_first(plugins, name)] for name in HOOKS}


def _nearest_first(plugins: pluggy.PluginManager, hook: str) -> list[pluggy.HookImpl]:
    caller: pluggy.HookCaller = getattr(plugins.hook, hook)
    return list(reversed(caller.get_hookimpls()))


def _implementation(plugins: pluggy.PluginManager, each: pluggy.HookImpl) -> tuple[str, Implementation]:
    if any(getattr(each, option) for option in _ORDERING_OPTIONS):
        raise _refused(plugins, each, "expected a plain @hookimpl, without options")
    if each.argnames != ("question",):
        raise _refused(plugins, each, "expected the one argument question")
    return each.plugin_name, each.function


def _refused(plugins: pluggy.PluginManager, each: pluggy.HookImpl, problem: str) -> Exception:
    plugin = plugins.get_plugin(each.plugin_name)
    return pluggy.PluginValidationError(plugin, f"{each.plugin_name}: {each.function.__name__}: {problem}")


def _check_undecorated(plugins: pluggy.PluginManager, layer: str, plugin: object) -> None:
    for name in HOOKS:
        if callable(getattr(plugin, name, None)) and plugins.parse_hookimpl_opts(plugin, name) is None:
            raise pluggy.PluginValidationError(plugin, f"{layer}: {name}: expected @hookimpl before it")
