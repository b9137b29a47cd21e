"""The span of time that a report is about."""

from dataclasses import dataclass
from datetime import datetime

from alignwatch.errors import UsageError
from alignwatch.text import seconds_in


@dataclass(frozen=True, slots=True)
class Window:
    """What happened after ``start`` and not after ``end``, both in seconds since the epoch."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def parse_window(length: str, end: str | None, now: float) -> Window:
    """The window that a person asked for.

    Args:
        length: such as ``90s``, ``15m``, ``1h30m`` or ``7d``.
        end: a moment in RFC 3339; None is ``now``.
        now: seconds since the epoch.

    Raises:
        UsageError: one of them cannot be understood, or the window begins before 1970.
    """
    last = now if end is None else _moment(end)
    window = Window(last - seconds_in("--window", length), last)
    if window.start < 0:
        raise UsageError(f"--window {length} begins before 1970; ask for a shorter one")
    return window


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"--end {text!r} is no moment with a time zone; write 2026-01-12T12:00:00Z")
    return moment.timestamp()
