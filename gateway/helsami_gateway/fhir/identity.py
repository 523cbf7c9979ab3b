"""Whose a resource is and what it is called: national ids, which leave it here, and keys, which stay."""

from collections.abc import Iterator
from typing import Any, Final

from helsami_gateway import national_id
from helsami_gateway.fhir.problem import Problem

OID: Final = "urn:oid:2.16.578.1.12.4.1.4."
BIRTH_NUMBER: Final = OID + "1"
D_NUMBER: Final = OID + "2"
HELP_NUMBER: Final = OID + "3"
PERSON_SYSTEMS: Final = (BIRTH_NUMBER, D_NUMBER)
NATIONAL_SYSTEMS: Final = frozenset({BIRTH_NUMBER, D_NUMBER, HELP_NUMBER, "http://hl7.org/fhir/sid/us-ssn"})
# HL7 v2 table 0203: national identifier, and social security number.
NATIONAL_KINDS: Final = frozenset({"NI", "SS"})
UUID: Final = "urn:uuid:"


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Give the objects of a list, or none when it is no list: what is looked at here may not be validated yet."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def is_national(identifier: dict[str, Any]) -> bool:
    """Say whether an Identifier holds a person's national number, Norwegian or not."""
    if identifier.get("system") in NATIONAL_SYSTEMS:
        return True
    kind = identifier.get("type")
    codings = objects(kind.get("coding")) if isinstance(kind, dict) else iter(())
    return any(coding.get("code") in NATIONAL_KINDS for coding in codings)


def token(identifier: dict[str, Any]) -> str | None:
    """Write an Identifier as FHIR searches do, `system|value`; None when it has no value or is a national number."""
    system, value = identifier.get("system", ""), identifier.get("value")
    if not isinstance(value, str) or not isinstance(system, str) or is_national(identifier):
        return None
    return f"{system}|{value}"


def key_of(resource: dict[str, Any], full_url: str | None) -> str | None:
    """
    Give the key of a resource: its first identifier that is no national number, else its fullUrl, else its id.

    None when it has none of them, so that nothing would recognise it the next time.
    """
    tokens = (written for identifier in objects(resource.get("identifier")) if (written := token(identifier)))
    logical_id = resource.get("id")
    fallback = full_url or (logical_id if isinstance(logical_id, str) else None)
    return next(tokens, (fallback or "").removeprefix(UUID)) or None


def person(identifiers: object, path: str) -> str | Problem:
    """
    Read the one Norwegian number (birth number, else D-number) a list of Identifiers gives a person.

    Numbers marked `old` do not count. A `Problem` says what is missing or ambiguous.
    """
    current = [identifier for identifier in objects(identifiers) if identifier.get("use") != "old"]
    for system in PERSON_SYSTEMS:
        numbers = {str(identifier.get("value")) for identifier in current if identifier.get("system") == system}
        if len(numbers) > 1:
            return Problem(path, "business-rule", f"one current number in {system}")
        for number in numbers:
            return number if national_id.is_valid(number) else Problem(path, "value", f"a valid number in {system}")
    return Problem(path, "required", "a Norwegian birth number or D-number: " + " or ".join(PERSON_SYSTEMS))


def national_numbers(resource: dict[str, Any]) -> Iterator[str]:
    """Give every national number that stands as an identifier in a resource, however deep, old ones too."""
    waiting: list[Any] = [resource]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(item for item in node if isinstance(item, dict | list))
            continue
        waiting.extend(value for value in node.values() if isinstance(value, dict | list))
        value = node.get("value")
        if isinstance(value, str) and is_national(node):
            yield value
