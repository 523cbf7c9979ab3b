"""What the JSON of FHIR's primitive types looks like (FHIR R4, "Data types")."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from helsami_gateway.fhir.numbers import is_reasonable

DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
TIME_OF_DAY: Final = r"T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d" + TIME_OF_DAY)
DATE_TIME: Final = re.compile(r"\d{4}(-\d\d(-\d\d(" + TIME_OF_DAY + ")?)?)?")
# Neither a database nor a browser takes these; FHIR forbids the control characters, and half a character is none.
UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
INTEGER_LIMIT: Final = 2**31
FIRST_OF_JANUARY: Final = "0000-01-01"


def exists(text: str) -> bool:
    """Say whether a date or time, of whatever precision, was or will be: 2001-02-29 was not."""
    day, _, time = text.partition("T")
    try:
        date.fromisoformat(day + FIRST_OF_JANUARY[len(day) :])
        if time:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and DATE.fullmatch(value) is not None and exists(value)


def _is_date_time(value: Any) -> bool:
    return isinstance(value, str) and DATE_TIME.fullmatch(value) is not None and exists(value)


def _is_instant(value: Any) -> bool:
    return isinstance(value, str) and INSTANT.fullmatch(value) is not None and exists(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != "" and UNFIT.search(value) is None


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < INTEGER_LIMIT


def _is_decimal(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and is_reasonable(value)


Check = tuple[Callable[[Any], bool], str]
TEXT: Final[Check] = (_is_text, "a text that is not empty and has no control characters")
CHECKS: Final[Mapping[str, Check]] = {
    "boolean": (_is_truth, "true or false"),
    "integer": (_is_integer, "a whole number of 32 bits"),
    "positiveInt": (_is_integer, "a whole number above 0"),
    "unsignedInt": (_is_integer, "a whole number from 0"),
    "decimal": (_is_decimal, "a number of ordinary size"),
    "date": (_is_date, "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": (_is_date_time, "a date that exists, or a time with seconds and zone: YYYY-MM-DDThh:mm:ss+zz:zz"),
    "instant": (_is_instant, "a time that exists, with seconds and zone: YYYY-MM-DDThh:mm:ss+zz:zz"),
}


def check_of(kind: str) -> Check:
    """Give the test for a primitive type's JSON value, and what it expects in words."""
    return CHECKS.get(kind, TEXT)
