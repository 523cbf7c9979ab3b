"""The questions that every organisation must be able to answer: a fixed, representative set for each hook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import gcd, prod
from types import MappingProxyType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from helsami_sdk import questions
from helsami_sdk.codec import question_kind
from helsami_sdk.manifest import ORGANISATION_KINDS

EACH_HOOK = 200
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)  # a Monday morning in Oslo

# Closed vocabularies, by the name of the field.
_WORDS: Mapping[str, Sequence[object]] = MappingProxyType(
    {
        "action": sorted(questions.ACTIONS),
        "actor": sorted(questions.READERS),
        "age_band": sorted(questions.AGE_BANDS),
        "asked_at": (NOW,),
        "basis": sorted(questions.BASES),
        "joined_at": (NOW - timedelta(days=40), NOW - timedelta(days=3)),
        "organisation_kind": sorted(ORGANISATION_KINDS),
        "reader": sorted(questions.READERS),
        "received_at": (NOW,),
        "recipient": sorted(questions.LETTER_RECIPIENTS),
        "setting": ("", *sorted(questions.SETTINGS)),
        "starts_at": tuple(NOW + timedelta(hours=hours) for hours in (168, 2, -1, 400 * 24)),
    },
)
# Codes that organisations have of their own: some that are common, and one that nobody has.
_CODES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "author_role": ("", "doctor", "nurse"),
        "category": ("", "laboratory", "vital-signs", "GE", "pathology"),
        "code": ("4548-4", "51969-4", "11526-1"),
        "system": ("", "http://loinc.org"),
        "unit": ("", "outpatients"),
        "visit_type": ("consultation", "blood-test", "home-care-visit", "care-group-meeting", "follow-up"),
    },
)
_STRANGE = "unheard-of"
_KINDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "CaseQuestion": sorted(questions.CASE_KINDS),
        "Recipient": sorted(questions.RECIPIENT_KINDS),
        "SharingQuestion": sorted(questions.KINDS),
    },
)
_SETS: Mapping[str, Sequence[str]] = MappingProxyType(
    {"channels": sorted(questions.CHANNELS), "scopes": sorted(questions.SCOPES)},
)
# What an organisation always has beside its units.
_ALWAYS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"inboxes": frozenset({questions.DUTY_INBOX}), "queues": frozenset({questions.MAIL_RECEPTION})},
)


class Own(NamedTuple):
    """What an organisation has of its own, and is asked about too: its units, and the codes that its rules name."""

    units: Sequence[str] = ()
    codes: Sequence[str] = ()


def questions_for(hook: str, own: Own = Own()) -> Iterator[Any]:  # noqa: B008  it cannot be changed
    """At most EACH_HOOK questions, the same ones each time, spread over everything that a question may say."""
    return _spread(question_kind(hook), own)


def strays(question: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a question that hold a word which is none of the agreed ones, and what is expected there."""
    for field in fields(question):
        value = getattr(question, field.name)
        if isinstance(value, tuple):
            for number, item in enumerate(value):
                yield from strays(item, f"{place}{field.name}[{number}].")
            continue
        agreed = _agreed(type(question).__name__, field.name)
        told = value if isinstance(value, frozenset) else {value}
        if agreed and not told <= agreed:
            yield f"{place}{field.name}", f"one of {', '.join(sorted(agreed - {''}))}"


def _agreed(kind: str, name: str) -> frozenset[str]:
    """The words that a field may hold; none for one that holds an organisation's own codes, or no words."""
    words = (_KINDS.get(kind, ()) if name == "kind" else _SETS.get(name)) or _WORDS.get(name, ())
    return frozenset(word for word in words if isinstance(word, str))


def _spread(kind: Any, own: Own) -> Iterator[Any]:
    hints = get_type_hints(kind)
    axes = [_values(kind.__name__, field.name, hints[field.name], own) for field in fields(kind)]
    whole = prod(map(len, axes))
    step = _stride(whole)
    for turn in range(min(whole, EACH_HOOK)):
        yield kind(*_pick(axes, turn * step % whole))


def _stride(whole: int) -> int:
    """A step of about the golden ratio, which meets each place once and is soon everywhere."""
    step = max(1, int(whole * 0.618))
    while gcd(step, whole) != 1:
        step += 1
    return step


def _pick(axes: Sequence[Sequence[object]], place: int) -> Iterator[object]:
    for axis in axes:
        place, at = divmod(place, len(axis))
        yield axis[at]


def _values(kind: str, name: str, hint: Any, own: Own) -> Sequence[object]:
    """What a field may hold; raises TypeError for a type that no question has had so far."""
    if name in _WORDS:
        return _WORDS[name]
    if name == "kind" and kind in _KINDS:
        return _KINDS[kind]
    if hint is str:
        named = own.units if name == "unit" else own.codes
        return tuple(dict.fromkeys((*_CODES.get(name, ("",)), *named, _STRANGE)))
    if hint is bool:
        return (False, True)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is frozenset:
        return _sets(name, own)
    if origin is tuple and is_dataclass(arguments[0]):
        return [_group(arguments[0], size, own) for size in (4, 1, 0)]
    raise TypeError(f"{kind}.{name}: no examples of {hint}")


def _sets(name: str, own: Own) -> Sequence[frozenset[str]]:
    if name in _ALWAYS:
        return (_ALWAYS[name].union(own.units),)
    known = _SETS.get(name, ("first", "second", "third"))
    return (frozenset(known), frozenset(known[:1]), frozenset())


def _group(kind: Any, size: int, own: Own) -> tuple[object, ...]:
    """Several items, each with an id of its own."""
    return tuple(replace(item, id=f"id-{number}") for number, item in enumerate(islice(_spread(kind, own), size)))
