"""Reason codes and who has words for them: the core list is the region's, all others are an organisation's own."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from helsami_sdk.answers import is_code

# What a citizen reads where something cannot be done, and where something is not shown; the words are the gateway's.
CORE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "problem": frozenset(
            {
                "by-phone-only",
                "by-request-only",
                "only-the-person",
                "organisation-closed",
                "organisation-draft",
                "organisation-left",
                "organisation-paused",
                "organisation-rehearsed",
                "organisation-shadow",
                "organisation-state-unknown",
                "rules-unavailable",
                "small-children-in-person",
                "too-late",
                "vaccination-for-another",
                "video-by-request",
            },
        ),
        "reason": frozenset(
            {
                "hidden-by-policy",
                "home-care-hidden",
                "home-care-visit",
                "organisation-closed",
                "organisation-draft",
                "organisation-left",
                "organisation-paused",
                "organisation-rehearsed",
                "organisation-shadow",
                "organisation-state-unknown",
                "rules-unavailable",
                "young-person",
            },
        ),
    },
)


class Speaker(Protocol):
    """An organisation's manifest, as far as words go."""

    @property
    def id(self) -> str:
        """The organisation's id."""

    @property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences in nb, nn and en by reason code."""


def prefix_of(organisation: str) -> str:
    """How an organisation's own codes begin, so that none of them ever means something else to a neighbour."""
    return f"{organisation.replace('_', '-')}-"


def is_own(code: str, organisation: str) -> bool:
    """Whether a code is one of the organisation's own."""
    return is_code(code) and code.startswith(prefix_of(organisation))


def words_of(speakers: Iterable[Speaker]) -> dict[str, Mapping[str, str]]:
    """
    Every organisation's own words by code, none of which another has given.

    A code that begins with two organisations' ids is that of the longer.
    """
    by_prefix = {prefix_of(speaker.id): speaker for speaker in speakers}
    return {
        code: words
        for prefix, speaker in by_prefix.items()
        for code, words in speaker.words.items()
        if _longest(code, by_prefix) == prefix
    }


def _longest(code: str, prefixes: Collection[str]) -> str:
    ends = [place + 1 for place, letter in enumerate(code) if letter == "-"]
    return next((code[:end] for end in reversed(ends) if code[:end] in prefixes), "")
