"""Is it time for maintenance?"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alignwatch.errors import UsageError
from alignwatch.settings import Maintenance


def window_active(maintenance: Maintenance, now: float) -> bool:
    """Whether a moment lies in the maintenance window.

    The window holds while the clock on the wall shows a time from its start up to, and not including,
    its end; an end before the start is on the next day, and a window of no length never holds. So
    02:00-04:00 lasts one hour or three on the days when the clocks change, as it does in Alertmanager's
    time intervals.

    Args:
        maintenance: the settings.
        now: seconds since the epoch.

    Raises:
        UsageError: this machine does not know the time zone.
    """
    if not maintenance.enabled:
        return False
    start, end = maintenance.window_start, maintenance.window_end
    clock = datetime.fromtimestamp(now, time_zone(maintenance)).strftime("%H:%M")
    return start <= clock < end if start <= end else clock >= start or clock < end


def time_zone(maintenance: Maintenance) -> tzinfo:
    """The time zone of schedule and window.

    Raises:
        UsageError: this machine does not know it.
    """
    if maintenance.time_zone == "UTC":  # known even to a machine without a time zone database
        return UTC
    try:
        return ZoneInfo(maintenance.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"maintenance.time_zone: no time zone {maintenance.time_zone!r} on this machine; "
            "give an IANA name such as Europe/Berlin, or install tzdata"
        ) from None
