"""What a rule finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alignwatch.configuration.fault import KeyPath
from alignwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that is broken."""

    about: tuple[KeyPath, ...]
    """The values that it compares; the first that the file gives is to blame."""
    message: str
    remedy: str
    warning: bool = False


Rule = Callable[[Settings], Iterator[Problem]]
