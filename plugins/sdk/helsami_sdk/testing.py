"""Rules for the tests of services: real ones, with answers of the test's choosing."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

from helsami_sdk.executors import InlineExecutor
from helsami_sdk.hooks import HOOKS
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.manifest import Manifest
from helsami_sdk.organisations import Organisations, implementations
from helsami_sdk.rules import Observer, Rules

GO_LIVE = date(2025, 1, 1)


def manifest_of(
    organisation: str = "trondheim",
    *,
    everything_since: date = GO_LIVE,
    go_live: Mapping[str, date | None] | None = None,
) -> Manifest:
    """Build a manifest with a phone, the same name in three languages, and no units."""
    return Manifest(
        id=organisation,
        names=dict.fromkeys(("nb", "nn", "en"), organisation.replace("_", " ").title()),
        everything_since=everything_since,
        kind="municipality",
        phone="+47 00 00 00 01",
        go_live=go_live or {},
    )


def closed_rules(code: str = "organisation-closed", *, manifest: Manifest | None = None) -> Rules:
    """Rules that refuse everything: phone, no slots, manual, withheld, with this reason code."""
    return Rules.closed(manifest or manifest_of(), "closed by a test", code=code)


def rules_of(
    *plugins: object,
    manifest: Manifest | None = None,
    observer: Observer | None = None,
    forms: Iterable[str] = (),
    **answers: Any,
) -> Rules:
    """
    Build live rules of plugins (nearest first) and, nearest of all, of answers by hook as in `answering`.

    Hooks without an answer fall to the regional defaults; `forms` are the kinds of form asked for before visits.
    """
    layers = [(f"layer {place}", plugin) for place, plugin in enumerate((answering(**answers), *plugins))]
    executor = InlineExecutor(implementations(layers))
    return Rules(manifest or manifest_of(), executor, observer=observer, forms=frozenset(forms))


def organisations_of(*rules: Rules) -> Organisations:
    """Hold rules under the ids of their manifests."""
    return Organisations({each.manifest.id: each for each in rules})


def answering(**answers: Any) -> object:
    """
    Build a plugin of answers by hook: `answering(classify_result=ResultClass.auto())` always answers that.

    A function is called with the question; raises ValueError for a name that is no hook.
    """
    return SimpleNamespace(**{name: _implementation(name, answer) for name, answer in answers.items()})


def _implementation(name: str, answer: Any) -> Callable[[Any], Any]:
    if name not in HOOKS:
        raise ValueError(f"expected one of {', '.join(HOOKS)}, not {name}")

    @hookimpl
    def implementation(question: Any) -> Any:
        return answer(question) if callable(answer) else answer

    return implementation
