"""What the kernel's decorators promise a type checker: a method stays what it is."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

M = TypeVar("M", bound=Callable[..., Any])


class Decorator(Protocol):
    """Registers a method as an entrypoint and returns it unchanged."""

    def __call__(self, method: M, /) -> M:
        """Register the method."""
