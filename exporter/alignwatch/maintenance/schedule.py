"""When is maintenance due?"""

import re
from dataclasses import dataclass
from datetime import datetime

from cronsim import CronSim, CronSimError

from alignwatch.errors import UsageError
from alignwatch.maintenance.windows import time_zone
from alignwatch.settings import Maintenance

_FIELDS = 5
_MONTHLY_DAY = r"(0?[1-9]|1\d|2[0-8]|L)"
_FREQUENCIES = {
    "hourly": r"\d+ \* \* \* \*",
    "daily": r"\d+ \d+ \* \* \*",
    "weekly": r"\d+ \d+ \* \* (\d|[A-Z]{3})",
    "monthly": rf"\d+ \d+ {_MONTHLY_DAY} \* \*",
    "yearly": rf"\d+ \d+ {_MONTHLY_DAY} (\d+|[A-Z]{{3}}) \*",
}
"""What is due at regular times: a day that not every month has is not."""


@dataclass(frozen=True, slots=True)
class TaskSchedule:
    """When one task is due."""

    task: str
    cron: str
    frequency: str
    """``hourly``, ``daily``, ``weekly``, ``monthly``, ``yearly`` or ``custom``."""
    next_run: float
    """Seconds since the epoch."""


def next_runs(maintenance: Maintenance, now: float) -> tuple[TaskSchedule, ...]:
    """When each automated task is due next, after a moment; none where maintenance never runs.

    As in Debian's cron, what is due at a time that a change of the clocks leaves out is due right after
    it, and what is due at a time that comes twice is due the first time.

    Args:
        maintenance: the settings.
        now: seconds since the epoch.

    Raises:
        UsageError: the schedule is no cron expression, or the time zone is unknown.
    """
    due = _next_run(maintenance, now) if maintenance.enabled else None
    if due is None:
        return ()
    cron = maintenance.schedule
    return tuple(TaskSchedule(task, cron, frequency(cron), due) for task in maintenance.automated_tasks)


def frequency(cron: str) -> str:
    """How often a cron expression is due, in a word; ``custom`` where there is none."""
    plain = " ".join(cron.upper().split())
    return next((word for word, shape in _FREQUENCIES.items() if re.fullmatch(shape, plain)), "custom")


def _next_run(maintenance: Maintenance, now: float) -> float | None:
    runs = _runs(maintenance.schedule, datetime.fromtimestamp(now, time_zone(maintenance)))
    # In the hour that comes twice cronsim starts again from the first of the two, which has passed.
    return next((time for run in runs if (time := run.timestamp()) > now), None)


def _runs(cron: str, after: datetime) -> CronSim:
    if len(cron.split()) != _FIELDS:
        raise _refused(cron, "wrong number of fields")
    try:
        return CronSim(cron, after)
    except CronSimError as error:
        raise _refused(cron, str(error).lower()) from None


def _refused(cron: str, why: str) -> UsageError:
    return UsageError(
        f"maintenance.schedule: {cron!r} is no cron expression of five fields ({why}); "
        'every night at two is "0 2 * * *"'
    )
