"""What a code looks like, and the checks that answers share."""

import re
from collections.abc import Collection
from datetime import timedelta

_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_CODE = 60


def is_code(text: object) -> bool:
    """Whether this is a stable kebab-case code of at most 60 characters."""
    return isinstance(text, str) and len(text) <= _LONGEST_CODE and _CODE.fullmatch(text) is not None


def is_id(text: object) -> bool:
    """Whether this can be the id of something in a question."""
    return type(text) is str and text != ""


def is_whole(number: object, lowest: int, highest: int) -> bool:
    """Whether this is a whole number within its bounds, and no truth value."""
    return type(number) is int and lowest <= number <= highest


def is_span(length: object, shortest: timedelta, longest: timedelta) -> bool:
    """Whether this is a length of time within its bounds."""
    return type(length) is timedelta and shortest <= length <= longest


def all_different(things: Collection[object]) -> bool:
    """Whether nothing is there twice."""
    return len(set(things)) == len(things)
