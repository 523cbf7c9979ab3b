"""Bundles in files, plain or gzipped, read and written without touching a digit."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from helsami_gateway.fhir.bundle import ORGANISATION
from helsami_gateway.fhir.identity import objects

# Python would write 1.50 as 1.5. While a bundle is in memory its decimals are texts between two NULs, which no sound
# bundle holds; when it is written the quotes go with them.
MARK: Final = "\0"
MARKED: Final = re.compile(r'"\\u0000([-+0-9.eE]+)\\u0000"')


class Unreadable(Exception):
    """A file is not what can be imported; the text is one line that says why."""


def read(path: Path) -> dict[str, Any]:
    """Read a FHIR Bundle from a `.json` or `.json.gz` file. Raises `Unreadable`."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        bundle = json.loads(content, parse_float=_marked)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or 'not a gzip file'}") from None
    except (EOFError, zlib.error):
        raise Unreadable(f"{path}: the gzip file is cut off or damaged") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"{path}: not JSON from line {error.lineno} column {error.colno}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path}: not JSON in UTF-8") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Unreadable(f"{path}: not a FHIR Bundle")
    return bundle


def written(bundle: dict[str, Any]) -> bytes:
    """Write a bundle that `read` gave as JSON, its decimals as they were."""
    return MARKED.sub(r"\1", json.dumps(bundle)).encode()


def sent_by(organisation: str, bundle: dict[str, Any]) -> dict[str, Any]:
    """Name the sender in `meta.source`, unless the bundle names one: it is the journal's to compare the two."""
    meta = bundle.get("meta", {})
    if str(meta.get("source", "")).startswith(ORGANISATION):
        return bundle
    return bundle | {"meta": meta | {"source": ORGANISATION + organisation}}


def resources(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the resources of a bundle; entries without one are for the journal to refuse."""
    for entry in objects(bundle.get("entry")):
        if isinstance(resource := entry.get("resource"), dict):
            yield resource


def patients(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the Patient resources of a bundle."""
    return (resource for resource in resources(bundle) if resource.get("resourceType") == "Patient")


def _marked(text: str) -> str:
    return f"{MARK}{text}{MARK}"
