"""Is it time for maintenance?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alignwatch.errors import UsageError
from alignwatch.settings import Maintenance, Window
from alignwatch.snapshot import HOST

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = 60.0
"""Seconds: windows begin and end with a minute."""

Span = tuple[float, float]
"""Beginning and end in seconds since the epoch."""


def window_active(maintenance: Maintenance, now: float, repository: str = HOST) -> bool:
    """Whether a moment lies in a maintenance window.

    A window holds while the clock on the wall shows a time from its start up to, and not including, its
    end; an end before the start is on the next day, and a window of no length never holds. So 02:00-04:00
    lasts one hour or three on the days when the clocks change, as it does in Alertmanager's time intervals.

    Args:
        maintenance: the settings.
        now: seconds since the epoch.
        repository: whose windows count too; without one, those that are for everything.

    Raises:
        UsageError: this machine does not know the time zone.
    """
    return any(_holds(one, maintenance, now) for one in windows_of(maintenance, repository))


def windows_of(maintenance: Maintenance, repository: str = HOST) -> tuple[Window, ...]:
    """The windows of a repository, or those of everything; none where maintenance is off."""
    if not maintenance.enabled:
        return ()
    usual = Window(start=maintenance.window_start, end=maintenance.window_end)
    windows = maintenance.windows or (usual,)
    return tuple(one for one in windows if not one.repositories or repository in one.repositories)


def spans(maintenance: Maintenance, windows: tuple[Window, ...], begin: float, end: float) -> list[Span]:
    """When at least one of some windows is open between two moments, in order and apart from each other."""
    found: list[Span] = []
    for minute in _minutes(begin, end):
        if any(_holds(one, maintenance, minute) for one in windows):
            start = found.pop()[0] if found and found[-1][1] == minute else minute
            found.append((start, minute + MINUTE))
    return found


def time_zone(name: str) -> tzinfo:
    """The time zone of a name.

    Raises:
        UsageError: this machine does not know it.
    """
    if name == "UTC":  # known even to a machine without a time zone database
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"maintenance.time_zone: no time zone {name!r} on this machine; "
            "give an IANA name such as Europe/Berlin, or install tzdata"
        ) from None


def _holds(window: Window, maintenance: Maintenance, now: float) -> bool:
    wall = datetime.fromtimestamp(now, time_zone(window.time_zone or maintenance.time_zone))
    clock = f"{wall.hour:02}:{wall.minute:02}"
    if window.start <= window.end:
        return window.start <= clock < window.end and _begins_on(window, wall)
    if clock >= window.start:
        return _begins_on(window, wall)
    return clock < window.end and _begins_on(window, wall - timedelta(days=1))


def _begins_on(window: Window, day: datetime) -> bool:
    return not window.weekdays or WEEKDAYS[day.weekday()] in window.weekdays


def _minutes(begin: float, end: float) -> Iterator[float]:
    minute = begin - begin % MINUTE
    while minute < end:
        yield minute
        minute += MINUTE
