"""How figures are written for people. What is not known is told as such, never as 0."""

from collections.abc import Callable
from datetime import UTC, datetime

from alignwatch.text import size

UNKNOWN = "unknown"
NOTHING = "\N{EN DASH}"
"""In a table, where there is nothing that could have a value."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_PERCENT = 100


def count(number: float | None) -> str:
    """``1,234``."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def seconds(length: float | None) -> str:
    """A length of time to about three digits: ``0.53 s``, ``4 min 12 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if length is None:
        return UNKNOWN
    if length < _MINUTE:
        return f"{length:.3g} s"
    whole = round(length)
    for unit, name, part, smaller in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min")):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name}" + (f" {rest} {smaller}" if rest else "")
    rest = whole % _MINUTE
    return f"{whole // _MINUTE} min" + (f" {rest} s" if rest else "")


def percent(figure: float | None) -> str:
    """A figure that is in percent: ``98.4 %``."""
    return UNKNOWN if figure is None else f"{figure:.3g} %"


def share(ratio: float | None) -> str:
    """A ratio in percent."""
    return UNKNOWN if ratio is None else percent(ratio * _PERCENT)


def points(ratio: float | None) -> str:
    """A difference of two ratios, in percentage points."""
    return UNKNOWN if ratio is None else f"{ratio * _PERCENT:.3g} points"


def megabytes(figure: float | None) -> str:
    """A figure that is in 10^6 bytes: ``6,282 MB``."""
    return UNKNOWN if figure is None else f"{figure:,.0f} MB" if figure >= 10 else f"{figure:.1f} MB"


def data(number: float) -> str:
    """A number of bytes."""
    return size(number)


def moment(at: float | None) -> str:
    """A moment, to the minute: ``2026-01-12 12:00 UTC``."""
    return UNKNOWN if at is None else f"{_utc(at):%Y-%m-%d %H:%M} UTC"


def short_moment(at: float, step: float) -> str:
    """A moment on a chart whose steps are so many seconds: ``12 Jan`` or ``12:00``."""
    return f"{_utc(at):%H:%M}" if step < 6 * _HOUR else f"{_utc(at).day} {_utc(at):%b}"


def full_moment(at: float) -> str:
    """A moment in a table of moments: ``12 Jan 12:00``."""
    return f"{_utc(at).day} {_utc(at):%b %H:%M}"


def change(before: float, now: float, write: Callable[[float | None], str]) -> str:
    """A change with its sign, such as ``+3``; the figure itself is written by ``write``."""
    if before == now:
        return "±0"
    return ("+" if now > before else "\N{MINUS SIGN}") + write(abs(now - before))


def plural(number: float, one: str, many: str | None = None) -> str:
    """``1 branch``, ``2 branches``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
