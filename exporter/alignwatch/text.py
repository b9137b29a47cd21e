"""Words and tables for a terminal."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from alignwatch.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LENGTH = re.compile(r"([1-9]\d{0,8}[smhdw])+", re.ASCII)
_UNITS = (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def printable(text: str) -> str:
    """The text with everything that could steer a terminal written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def seconds_in(option: str, text: str) -> float:
    """The seconds of a length of time as people write it: ``90s``, ``15m``, ``1h30m``, ``7d``.

    Raises:
        UsageError: it cannot be understood; the message names the option.
    """
    if not _LENGTH.fullmatch(text):
        raise UsageError(f"{option} {text!r} is no length of time; write 90s, 15m, 1h or 7d")
    return sum(int(part[:-1]) * _SECONDS[part[-1]] for part in re.findall(r"\d+[smhdw]", text))


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit: ``3 d``, ``12 min``."""
    for unit, length in _UNITS:
        if seconds >= 2 * length or unit == "s":
            return f"{int(seconds // length)} {unit}"
    raise AssertionError("seconds fit everything")


def size(count: float) -> str:
    """A number of bytes in its largest fitting unit: ``3.4 MiB``."""
    for unit, length in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{int(count)} B"


def timestamp(seconds: float) -> str:
    """A moment as RFC 3339 in UTC, whole seconds: ``2026-01-12T12:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamp_if(seconds: float | None) -> str | None:
    """The same of a moment that may not be known, or never have been."""
    return None if seconds is None else timestamp(seconds)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Columns under a header; those whose numbers are in ``right`` are set to the right."""
    cells = [list(header), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
