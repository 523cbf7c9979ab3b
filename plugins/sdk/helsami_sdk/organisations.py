"""Every installed organisation with its rules: loaded each by itself, so that a broken one stands alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pluggy

from helsami_sdk import defaults, hookspecs
from helsami_sdk.discovery import Found, NotLoaded, find_organisations, with_ancestors
from helsami_sdk.executors import Implementation, InlineExecutor, whereabouts
from helsami_sdk.hooks import HOOKS
from helsami_sdk.lifecycle import DRAFT, LIVE, UNKNOWN, understood
from helsami_sdk.manifest import Manifest
from helsami_sdk.rules import REGION, Observer, RuleCall, Rules

_ORDERING_OPTIONS = ("wrapper", "hookwrapper", "tryfirst", "trylast")


class Organisations(Mapping[str, Rules]):
    """The rules of every installed organisation; an id that is not installed gives closed rules."""

    def __init__(self, rules: Mapping[str, Rules], *, observer: Observer | None = None) -> None:
        """Hold rules by organisation id."""
        self._rules = dict(rules)
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
