"""What the references of a bundle point to, inside it and outside."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from helsami_gateway.fhir.bundle import BundleEntry
from helsami_gateway.fhir.identity import UUID, key_of, objects, token

HISTORY: Final = re.compile(r"/_history/[^/]*$")
LITERAL: Final = re.compile(r"(?:(?P<base>.*)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})")
# A professional is named to the citizen; a patient or a relative is not named at all.
PEOPLE_AT_HOME: Final = frozenset({"Patient", "RelatedPerson"})
CONDITIONAL: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?identifier=(?P<token>[^&]+)")


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference points to; `resource` is None when the bundle does not hold it."""

    type: str
    key: str | None
    resource: dict[str, Any] | None


class Targets:
    """Every entry of a bundle, found by whatever a reference may call it."""

    def __init__(self, entries: Iterable[BundleEntry]) -> None:
        self._found: dict[str, Target] = {}
        for entry in entries:
            target = Target(entry.type, key_of(entry.resource, entry.full_url), entry.resource)
            for name in _names(entry):
                self._found.setdefault(name, target)

    def literal(self, reference: str, base: str | None, expected: str | None) -> Target | None:
        """
        Resolve the text of a reference.

        `base` is the server address of the entry that refers (relative references count from there), `expected` the
        type when the reference or its element tells it. None when not even the type is known.
        """
        plain = HISTORY.sub("", reference)
        if conditional := CONDITIONAL.fullmatch(plain):
            return self.logical(unquote(conditional["token"]), conditional["type"])
        written = LITERAL.fullmatch(plain)
        absolute = f"{base}/{plain}" if base and written and written["base"] is None else plain
        if target := self._found.get(absolute) or self._found.get(plain):
            return target
        if written:
            return (
                Target(written["type"], absolute, None)
                if ":" in absolute
                else Target(written["type"], written["id"], None)
            )
        return Target(expected, plain.removeprefix(UUID), None) if expected else None

    def logical(self, written: str, kind: str | None) -> Target | None:
        """Resolve an identifier (`system|value`) of a known type; None when the type is not known."""
        return (self._found.get(f"{kind}?{written}") or Target(kind, written, None)) if kind else None


def base_of(full_url: str | None) -> str | None:
    """Give the server address that a fullUrl stands on; None for a urn."""
    written = LITERAL.fullmatch(full_url) if full_url else None
    return written["base"] if written else None


def title(target: Target) -> str | None:
    """Name what is referred to: a name, else the text of its code; never that of a patient or a relative."""
    resource = target.resource
    if resource is None or target.type in PEOPLE_AT_HOME:
        return None
    name = resource.get("name")
    if isinstance(name, str):
        return name
    return next((written for part in objects(name) if (written := _human(part))), None) or concept_text(
        resource.get("code")
    )


def concept_text(concept: object) -> str | None:
    """Give the text of a CodeableConcept, else the display of its first coding that has one."""
    if not isinstance(concept, dict):
        return None
    displays = (coding.get("display") for coding in objects(concept.get("coding")))
    return next((text for text in (concept.get("text"), *displays) if isinstance(text, str)), None)


def _human(name: dict[str, Any]) -> str | None:
    if isinstance(name.get("text"), str):
        return str(name["text"])
    parts = [
        *_texts(name.get("prefix")),
        *_texts(name.get("given")),
        *_texts([name.get("family")]),
        *_texts(name.get("suffix")),
    ]
    return " ".join(parts) or None


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _names(entry: BundleEntry) -> Iterator[str]:
    if entry.full_url:
        yield entry.full_url
    if isinstance(entry.resource.get("id"), str):
        yield f"{entry.type}/{entry.resource['id']}"
    for identifier in objects(entry.resource.get("identifier")):
        if written := token(identifier):
            yield f"{entry.type}?{written}"
