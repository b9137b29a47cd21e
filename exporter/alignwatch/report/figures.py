"""Units, digits and identifiers of the report."""

from datetime import UTC, datetime

MEGABYTE = 10**6
"""Bytes in an ``_mb``."""

PERCENT = 100

_DIGITS = 6
"""Enough for a microsecond or a byte, and too few for what subtracting floats leaves behind."""


def rounded(figure: float | None, scale: float = 1) -> float | None:
    """A figure times ``scale``, without the noise of its computing; None stays unknown."""
    return None if figure is None else round(figure * scale, _DIGITS)


def ratio(part: float, whole: float) -> float | None:
    """The share of a part; unknown where there is no whole."""
    return part / whole if whole else None


def stamp(seconds: float) -> str:
    """A moment as it stands in identifiers: ``20260112-120000``, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H%M%S")
