"""What one part of a bundle is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from alignwatch.diagnostics.context import Context
from alignwatch.errors import AlignwatchError


@dataclass(frozen=True, slots=True)
class Member:
    """One file, before anything is hidden in it."""

    name: str
    content: Any
    """A text, or what becomes JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of things that go in."""

    name: str
    collect: Callable[[Context], Iterator[Member]]
    """Raises:
        AlignwatchError: there is nothing, and why.
        OSError: likewise.
    """
    seconds: float = 20.0
    """It is given up after so long; what it has collected by then goes in."""


class AbsentError(AlignwatchError):
    """A part has nothing here."""
