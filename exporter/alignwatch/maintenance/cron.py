"""When is a cron expression due?

As in Debian's cron, what is due at a time that a change of the clocks leaves out is due right after it, and
what is due at a time that comes twice is due the first time. Moments are seconds since the epoch.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from alignwatch.errors import UsageError
from alignwatch.maintenance.windows import time_zone

_FIELDS = 5
_HOUR = 3600.0
_FURTHER = 16
_MONTHLY_DAY = r"(0?[1-9]|1\d|2[0-8]|L)"
_FREQUENCIES = {
    "hourly": r"\d+ \* \* \* \*",
    "daily": r"\d+ \d+ \* \* \*",
    "weekly": r"\d+ \d+ \* \* (\d|[A-Z]{3})",
    "monthly": rf"\d+ \d+ {_MONTHLY_DAY} \* \*",
    "yearly": rf"\d+ \d+ {_MONTHLY_DAY} (\d+|[A-Z]{{3}}) \*",
}
"""What is due at regular times: a day that not every month has is not."""


def next_due(cron: str, zone: str, after: float) -> float | None:
    """When it is due next after a moment; None if it never is.

    Raises:
        UsageError: this is no cron expression, or no time zone.
    """
    return next(_dues(cron, zone, after), None)


def dues(cron: str, zone: str, after: float, until: float) -> Iterator[float]:
    """When it is due after a moment and up to another one.

    Raises:
        UsageError: this is no cron expression, or no time zone.
    """
    for due in _dues(cron, zone, after):
        if due > until:
            return
        yield due


def last_due(cron: str, zone: str, after: float, until: float) -> float | None:
    """When it was due last after a moment and up to another one; None if it was not.

    Raises:
        UsageError: this is no cron expression, or no time zone.
    """
    # cronsim is wrong backwards in the hour that comes twice: forward from ever further back.
    span = _HOUR
    while True:
        begin = max(after, until - span)
        last = None
        for last in dues(cron, zone, begin, until):  # noqa: B007
            pass
        if last is not None or begin == after:
            return last
        span *= _FURTHER


def frequency(cron: str) -> str:
    """How often a cron expression is due, in a word; ``custom`` where there is none."""
    plain = " ".join(cron.upper().split())
    return next((word for word, shape in _FREQUENCIES.items() if re.fullmatch(shape, plain)), "custom")


def fault(cron: str) -> str | None:
    """Why this is no cron expression of five fields; None if it is one."""
    if len(cron.split()) != _FIELDS:
        return f"{_FIELDS} fields expected, got {len(cron.split())}"
    try:
        CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return str(error).lower()
    return None


def _dues(cron: str, zone: str, after: float) -> Iterator[float]:
    if why := fault(cron):
        raise UsageError(
            f"{cron!r} is no cron expression ({why}); write five fields, minute hour day month weekday: "
            'every night at two is "0 2 * * *"'
        )
    last = after
    for run in CronSim(cron, datetime.fromtimestamp(after, time_zone(zone))):
        # In the hour that comes twice cronsim starts again from the first of the two, which has passed.
        if (due := run.timestamp()) > last:
            yield due
            last = due
