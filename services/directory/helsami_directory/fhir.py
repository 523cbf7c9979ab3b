"""Reads people and places from FHIR R4: the few elements that are kept, and nothing else of what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from helsami_directory.domain import Place, Practitioner, Told
from helsami_kernel.clock import OSLO

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
# R and V: what Norway's register calls confidential and strictly confidential addresses (codes 7 and 6).
PROTECTED: Final = frozenset({"R", "V"})
UNPROTECTED: Final = frozenset({"U", "L", "M", "N"})
LANGUAGES: Final = {"nb": "nb", "nn": "nn", "en": "en", "no": "nb"}
FORMER_NAMES: Final = frozenset({"old", "maiden", "nickname", "anonymous"})
WHOLE_DATE: Final = 10

Resource = Mapping[str, Any]


def told_by(patient: Resource) -> Told:
    """What a Patient says; a date without its day says nothing, nor does a language we do not speak."""
    deceased, death_date = _death(patient)
    return Told(
        name=_name(patient) or None,
        birth_date=_whole_date(patient.get("birthDate")),
        language=_language(patient),
        protected=_protection(patient),
        deceased=deceased,
        death_date=death_date,
    )


def practitioner(resource: Resource) -> Practitioner:
    """A Practitioner's name, and the text of the first qualification that has one."""
    titles = (_text(_object(held.get("code")).get("text")) for held in _objects(resource.get("qualification")))
    return Practitioner(name=_name(resource), title=next(filter(None, titles), ""))


def place(resource: Resource) -> Place:
    """An Organization's or a Location's name, and its first telephone number."""
    numbers = (
        _text(point.get("value")) for point in _objects(resource.get("telecom")) if point.get("system") == "phone"
    )
    return Place(
        kind=_text(resource.get("resourceType")),
        name=_text(resource.get("name")),
        phone=next(filter(None, numbers), ""),
    )


def _name(resource: Resource) -> str:
    """The official name, else the first that is still in use."""
    names = [name for name in _objects(resource.get("name")) if _text(name.get("use")) not in FORMER_NAMES]
    names.sort(key=lambda name: name.get("use") != "official")
    return next(filter(None, map(_written, names)), "")


def _written(name: Resource) -> str:
    given = name.get("given")
    parts = [*(given if isinstance(given, list) else []), name.get("family")]
    return _text(name.get("text")) or " ".join(filter(None, map(_text, parts)))


def _language(patient: Resource) -> str | None:
    """The preferred language, else the first, of those we speak."""
    spoken = sorted(_objects(patient.get("communication")), key=lambda one: one.get("preferred") is not True)
    for one in spoken:
        language = _object(one.get("language"))
        for coding in _objects(language.get("coding")):
            known = LANGUAGES.get(_text(coding.get("code")).partition("-")[0].lower())
            if known is not None:
                return known
    return None


def _protection(patient: Resource) -> bool | None:
    """Whether the address is protected, where a confidentiality code says anything about it."""
    labels = _objects(_object(patient.get("meta")).get("security"))
    codes = {_text(label.get("code")) for label in labels if label.get("system") == CONFIDENTIALITY}
    if codes & PROTECTED:
        return True
    return False if codes & UNPROTECTED else None


def _death(patient: Resource) -> tuple[bool | None, date | None]:
    if "deceasedDateTime" in patient:
        return True, _day(patient["deceasedDateTime"])
    said = patient.get("deceasedBoolean")
    return (said if isinstance(said, bool) else None), None


def _day(value: object) -> date | None:
    """The day in Oslo of a FHIR dateTime that has one."""
    text = _text(value)
    if len(text) <= WHOLE_DATE:
        return _whole_date(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(OSLO).date() if moment.tzinfo is not None else None


def _whole_date(value: object) -> date | None:
    text = _text(value)
    try:
        return date.fromisoformat(text) if len(text) == WHOLE_DATE else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _object(value: object) -> Resource:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Iterator[Resource]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())
