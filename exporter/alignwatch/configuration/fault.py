"""One fault of a configuration file, where it stands, and the error that carries all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from alignwatch.errors import UsageError
from alignwatch.shell import word
from alignwatch.text import printable

KeyPath = tuple[str | int, ...]
"""The way to a value of the settings, such as ``("repositories", 0, "path")``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and the remedy."""

    file: str
    line: int | None
    """Counted from 1; None where the file as a whole is meant."""
    key: str
    """Such as ``repositories[0].path``; empty where no key is to blame."""
    message: str
    remedy: str
    warning: bool = False
    """The file can be used all the same."""

    def __str__(self) -> str:
        """One line: ``alignwatch.yaml:12: repositories[0].path: expected text; put it in quotes``."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = (where, "warning" if self.warning else "", self.key, f"{self.message}; {self.remedy}")
        return ": ".join(part for part in parts if part)


class ConfigurationError(UsageError):
    """A file that cannot be used."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first, more = faults[0], len(faults) - 1
        rest = f" (and {more} more: alignwatch config check {word(first.file)})" if more else ""
        super().__init__(f"{first}{rest}")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands."""

    key: str = ""
    line: int | None = None

    def at(self, step: str | int, line: int | None) -> "Place":
        """The place of an entry (by its key) or of an item (by its number)."""
        if isinstance(step, int):
            return Place(f"{self.key}[{step}]", line)
        name = printable(step)
        return Place(f"{self.key}.{name}" if self.key else name, line)


class Faults:
    """The faults found so far in one file."""

    def __init__(self, file: str) -> None:
        self._file = printable(file)
        self._found: list[Fault] = []

    def add(self, place: Place, message: str, remedy: str, *, warning: bool = False) -> None:
        """Takes down one more."""
        self._found.append(Fault(self._file, place.line, place.key, message, remedy, warning))

    def in_order(self) -> tuple[Fault, ...]:
        """All of them from the file's top to its end."""
        return tuple(sorted(self._found, key=lambda fault: fault.line or 0))
