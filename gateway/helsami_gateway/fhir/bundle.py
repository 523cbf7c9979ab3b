"""The envelope: which bundles the journal opens at all."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import DecimalException
from typing import Any, Final, NoReturn

from helsami_gateway.fhir.numbers import WrittenDecimal
from helsami_gateway.fhir.primitives import check_of
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed

BUNDLE_TYPES: Final = ("transaction", "batch", "collection")
ORGANISATION: Final = "urn:helsami:organisation:"
RESOURCE_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One entry as it was sent; `method` is None where the bundle carries no requests."""

    index: int
    full_url: str | None
    method: str | None
    resource: dict[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        """The resource's type; `read_bundle` has seen to it that there is one."""
        return str(self.resource["resourceType"])


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose envelope is in order; what its entries hold is not yet checked."""

    type: str
    entries: tuple[BundleEntry, ...]


def read_bundle(body: bytes, organisation: str) -> Bundle:
    """
    Open a FHIR R4 Bundle that an organisation sent; its decimals keep their text (`WrittenDecimal`).

    Raises `Malformed` when the whole body cannot be accepted (`not-json`, `truncated`, `not-a-bundle`, `bundle-type`,
    `bundle-entry`), saying where and what belongs there, and `Forbidden("another-organisation")` when `meta.source`
    names another organisation than the one that logged in.
    """
    bundle = _parse(body)
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Malformed("not-a-bundle", FieldProblem("Bundle.resourceType", "an object whose resourceType is Bundle"))
    if bundle.get("type") not in BUNDLE_TYPES:
        raise Malformed("bundle-type", FieldProblem("Bundle.type", "one of " + ", ".join(BUNDLE_TYPES)))
    _check_source(bundle.get("meta"), organisation)
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise Malformed("bundle-entry", FieldProblem("Bundle.entry", "a list"))
    wrong = [problem for index, entry in enumerate(entries) if (problem := _entry_problem(index, entry))]
    if wrong:
        raise Malformed("bundle-entry", *wrong[:MOST_PROBLEMS])
    return Bundle(bundle["type"], tuple(_entries(entries)))


def _parse(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("not-json", FieldProblem("Bundle", f"JSON in UTF-8; byte {error.start} is not")) from None
    try:
        return json.loads(text, parse_float=WrittenDecimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse_text(text, error)
    except RecursionError:
        raise Malformed("not-json", FieldProblem("Bundle", "JSON of ordinary depth")) from None
    except (ValueError, DecimalException):
        raise Malformed(
            "not-json", FieldProblem("Bundle", "JSON whose numbers are finite and of ordinary size")
        ) from None


def _no_constant(_name: str) -> NoReturn:
    # Python reads NaN and Infinity, which JSON does not have.
    raise ValueError


def _refuse_text(text: str, error: json.JSONDecodeError) -> NoReturn:
    content = text.strip()
    cut = error.pos >= len(text.rstrip()) or not content.endswith("}")
    if content.startswith("{") and cut and not error.msg.startswith("Extra data"):
        expected = f"the whole JSON text; this one stops after {len(text)} characters"
        raise Malformed("truncated", FieldProblem("Bundle", expected)) from None
    expected = f"JSON (application/fhir+json); line {error.lineno} column {error.colno} is not"
    raise Malformed("not-json", FieldProblem("Bundle", expected)) from None


def _check_source(meta: object, organisation: str) -> None:
    source = meta.get("source") if isinstance(meta, dict) else None
    if isinstance(source, str) and source.startswith(ORGANISATION) and source != ORGANISATION + organisation:
        raise Forbidden("another-organisation", FieldProblem("Bundle.meta.source", "the organisation that logged in"))


def _entry_problem(index: int, entry: object) -> FieldProblem | None:
    path = f"Bundle.entry[{index}]"
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(resource, dict):
        return FieldProblem(f"{path}.resource", "a resource")
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not RESOURCE_TYPE.fullmatch(kind):
        return FieldProblem(f"{path}.resource.resourceType", "the name of a resource type")
    is_address, expected = check_of("uri")
    if "fullUrl" in entry and not is_address(entry["fullUrl"]):
        return FieldProblem(f"{path}.fullUrl", expected)
    if not isinstance(entry.get("request", {}), dict):
        return FieldProblem(f"{path}.request", "an object")
    return None


def _entries(entries: list[dict[str, Any]]) -> Iterator[BundleEntry]:
    for index, entry in enumerate(entries):
        method = entry.get("request", {}).get("method")
        yield BundleEntry(index, entry.get("fullUrl"), str(method) if method is not None else None, entry["resource"])
