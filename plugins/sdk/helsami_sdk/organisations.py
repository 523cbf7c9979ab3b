"""Every installed organisation with its rules: loaded each by itself, so that a broken one stands alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pluggy

from helsami_sdk import defaults, hookspecs
from helsami_sdk.discovery import (
    Found,
    Load,
    NotLoaded,
    Stamp,
    find_again,
    find_organisations,
    import_here,
    with_ancestors,
)
from helsami_sdk.executors import Elsewhere, Hosted, Implementation, InlineExecutor, whereabouts
from helsami_sdk.hooks import HOOKS
from helsami_sdk.lifecycle import DRAFT, LIVE, UNKNOWN, understood
from helsami_sdk.manifest import Manifest
from helsami_sdk.policy import Policy
from helsami_sdk.rules import REGION, Observer, RuleCall, Rules

_ORDERING_OPTIONS = ("wrapper", "hookwrapper", "tryfirst", "trylast")

WrongHook = pluggy.PluginValidationError
"""A plugin has a hook that is none, or one of the wrong form; the text names it."""


class Organisations(Mapping[str, Rules]):
    """The rules of every installed organisation; an id that is not installed gives closed rules."""

    def __init__(
        self,
        rules: Mapping[str, Rules],
        *,
        observer: Observer | None = None,
        found: Mapping[str, Found] | None = None,
        load: Load = import_here,
    ) -> None:
        """Hold rules by organisation id; `found` is what they were made of, and `load` how, where they can be again."""
        self._rules = dict(rules)
        self._found = dict(found or {})
        self._load = load
        self._observer = observer
        self._state_of: Callable[[str], str] = lambda _organisation: LIVE

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

    def apply(self, states: Mapping[str, str] | None) -> None:
        """
        Put every organisation into its state, by id; None where nothing is known, and then all are closed.

        An organisation that is not named is a draft: it is installed, and nobody has said anything of it. Before this
        is called, as in an organisation's own tests, all are live.
        """
        self._state_of = lambda organisation: (
            UNKNOWN if states is None else understood(states.get(organisation, DRAFT))
        )
        for organisation, rules in self._rules.items():
            rules.enter(self._state_of(organisation))

    def files(self) -> dict[str, tuple[Path, ...]]:
        """By organisation the files whose change calls for a reload, as far as it is known where they are."""
        return {organisation: found.files() for organisation, found in self._found.items()}

    def stamps(self) -> dict[str, Stamp]:
        """By organisation what its files were when they were read."""
        return {organisation: found.stamp for organisation, found in self._found.items()}

    def reload(self, organisation: str) -> bool:
        """
        Read one organisation's manifest, policy and version again, and let its children see what it says now.

        Rules that do not load any more stay as they were, and the observer is told (outcome `kept`). Raises KeyError
        for an organisation that is not installed.
        """
        was = self._found[organisation]
        fresh = self._found | {organisation: find_again(was, self._load)}
        rules, problem = _built(organisation, fresh, self._observer)
        if problem:
            _close(fresh[organisation])
            _told(self._observer, RuleCall(organisation, "load", "kept", detail=problem))
            return False
        self._found = fresh
        self._replace(rules)
        for name in self._found:
            if name != organisation and organisation in _line(name, self._found):
                self._replace(_load(name, self._found, self._observer))
        _close(was)
        return True

    def close(self) -> None:
        """End whatever the rules run on; from then on they fail, which is safe."""
        for found in self._found.values():
            _close(found)

    def _replace(self, rules: Rules) -> None:
        organisation = rules.manifest.id
        rules.enter(self._state_of(organisation))
        was = self._rules[organisation].state
        self._rules[organisation] = rules
        if was != rules.state == LIVE:  # which rules are from the beginning, and therefore do not tell
            _told(self._observer, RuleCall(organisation, "state", LIVE))

    def connected(self, organisation: str) -> bool:
        """Whether the organisation is installed, be it closed."""
        return organisation in self._rules


def load_organisations(observer: Observer | None = None, load: Load = import_here) -> Organisations:
    """
    Load every installed organisation, each by itself; what does not load is closed and told to the observer.

    `load` makes a plugin of an entry point: by importing it, or a plugin host's.
    """
    found = {one.id: one for one in find_organisations(load)}
    rules = {name: _load(name, found, observer) for name in found}
    return Organisations(rules, observer=observer, found=found, load=load)


def _close(found: Found) -> None:
    if isinstance(found.module, Hosted):
        found.module.close()


def _load(organisation: str, found: Mapping[str, Found], observer: Observer | None) -> Rules:
    rules, problem = _built(organisation, found, observer)
    _told(observer, RuleCall(organisation, "load", "closed" if problem else "loaded", detail=problem))
    return rules


def _built(organisation: str, found: Mapping[str, Found], observer: Observer | None) -> tuple[Rules, str]:
    """Rules of an organisation and its parents, or closed ones and the problem."""
    own = found[organisation]
    try:
        line = list(with_ancestors(organisation, found))
        executor = InlineExecutor(implementations([layer for one in line for layer in one.layers()]))
    except (NotLoaded, pluggy.PluginValidationError, ValueError) as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001  a plugin's objects may raise anything while they are looked at
        problem = whereabouts(error)
    else:
        ancestors = [one.manifest for one in line[1:]]
        forms = frozenset().union(*(one.policy.forms for one in line if one.policy is not None))
        rules = Rules(
            own.manifest, executor, ancestors=ancestors, observer=observer, version=own.version, forms=forms
        )
        return rules, ""
    return Rules.closed(own.manifest, problem, observer=observer, version=own.version), problem


def _line(organisation: str, found: Mapping[str, Found]) -> set[str]:
    """An organisation's ancestors and itself, as far as they are known; a circle ends."""
    line: set[str] = set()
    current: str | None = organisation
    while current is not None and current in found and current not in line:
        line.add(current)
        current = found[current].manifest.parent
    return line


def _told(observer: Observer | None, call: RuleCall) -> None:
    if observer is not None:
        observer(call)


def implementations(layers: Sequence[tuple[str, object]]) -> dict[str, list[tuple[str, Implementation]]]:
    """
    List who implements each hook among named plugins, nearest first, and the region last of all.

    Raises PluginValidationError for a misspelt hook, a wrong signature, and an option that would change the order. The
    implementations are called one by one rather than through a PluginManager, so that each answer has a layer.
    """
    those = [(layer, _functions(layer, plugin)) for layer, plugin in (*layers, (REGION, defaults))]
    return {hook: [(layer, own[hook]) for layer, own in those if hook in own] for hook in HOOKS}


def _functions(layer: str, plugin: object) -> Mapping[str, Implementation]:
    """A plugin's functions by hook. Hosted rules were checked where they run; ours are checked once, not for each."""
    if isinstance(plugin, Hosted):
        return {hook: Elsewhere(plugin, hook) for hook in plugin.hooks}
    if isinstance(plugin, Policy):
        return {hook: getattr(plugin, hook) for hook in _hooks_of_data()}
    return _regional() if plugin is defaults else _registered(layer, plugin)


@cache
def _hooks_of_data() -> tuple[str, ...]:
    return tuple(_registered("policy.toml", Policy()))


@cache
def _regional() -> Mapping[str, Implementation]:
    return _registered(REGION, defaults)


def _registered(layer: str, plugin: object) -> dict[str, Implementation]:
    """Have pluggy look at a plugin: its functions by hook."""
    plugins = _manager()
    _check_undecorated(plugins, layer, plugin)
    plugins.register(plugin, name=layer)
    try:
        plugins.check_pending()
        callers: list[pluggy.HookCaller] = plugins.get_hookcallers(plugin) or []
        return {
            caller.name: _checked(plugins, each, _going(caller))
            for caller in callers
            for each in caller.get_hookimpls()
        }
    finally:
        plugins.unregister(plugin)


@cache
def _manager() -> pluggy.PluginManager:
    """Knows the hooks, which takes longer than to look at a plugin, and forgets each plugin after its turn."""
    plugins = pluggy.PluginManager(hookspecs.PROJECT)
    plugins.add_hookspecs(hookspecs)
    return plugins


def _going(caller: pluggy.HookCaller) -> frozenset[str]:
    """The arguments that pluggy warns of, because the next version will not have them."""
    return frozenset((caller.spec and caller.spec.warn_on_impl_args) or ())


def _checked(plugins: pluggy.PluginManager, each: pluggy.HookImpl, going: frozenset[str]) -> Implementation:
    if any(getattr(each, option) for option in _ORDERING_OPTIONS):
        raise _refused(plugins, each, "expected a plain @hookimpl, without options")
    if set(each.argnames) - going != {"question"}:
        raise _refused(plugins, each, "expected the one argument question")
    if going.isdisjoint(each.argnames):
        return each.function
    gone = {name: None for name in each.argnames if name in going}
    return lambda question: each.function(question=question, **gone)


def _refused(plugins: pluggy.PluginManager, each: pluggy.HookImpl, problem: str) -> Exception:
    plugin = plugins.get_plugin(each.plugin_name)
    return pluggy.PluginValidationError(plugin, f"{each.plugin_name}: {each.function.__name__}: {problem}")


def _check_undecorated(plugins: pluggy.PluginManager, layer: str, plugin: object) -> None:
    for name in HOOKS:
        if callable(getattr(plugin, name, None)) and plugins.parse_hookimpl_opts(plugin, name) is None:
            raise pluggy.PluginValidationError(plugin, f"{layer}: {name}: expected @hookimpl before it")
