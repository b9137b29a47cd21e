"""Whether each task comes at all, and inside a window.

A schedule that is never due, such as the 30th of February, and one that is due only while no window lets its
task begin (within `grace_seconds`), mean a task that is never done and never fails. Looked at are the next
times of each task, in each of its repositories.
"""

from collections.abc import Iterator
from itertools import islice

from alignwatch.diagnostics.check import Check, Finding, critical, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.maintenance import tasks_of, timings_of
from alignwatch.diagnostics.status import Status
from alignwatch.errors import UsageError
from alignwatch.maintenance.cron import dues, next_due
from alignwatch.maintenance.schedule import ScheduledTask, Timing
from alignwatch.maintenance.windows import MINUTE, window_active
from alignwatch.settings import Maintenance

_TIMES = 40
"""More than a month's of what is due daily."""
_YEARS = 5 * 366 * 86400.0
"""A 29th of February comes in that time."""


def _run(context: Context) -> Iterator[Finding]:
    maintenance = context.settings.maintenance
    if not maintenance.enabled:
        yield skipped("maintenance.enabled is false")
        return
    tasks = tasks_of(context)
    # A timing that is not understood makes a task that nobody has.
    timings = {one.name: Timing(one.cron, one.time_zone) for one in tasks} | {**timings_of(context)}
    never = {name: why for name, timing in timings.items() if (why := _why_never(timing, context.now))}
    for name, why in never.items():
        yield critical(f"{name} is never due: {why}", "give it another schedule", key="maintenance.schedule")
    for task in (one for one in tasks if one.name not in never):
        for repository in task.repositories:
            if not task.any_time and not _comes(task, repository, maintenance, context.now):
                yield warning(
                    f"{task.name} of {repository or 'the machine'} is never due while a window is open: "
                    f"{task.cron!r}",
                    "move its schedule into a window, or set any_time: true for it",
                    ("alignwatch", "maintenance", "plan", "--days", "31"),
                    key="maintenance.tasks",
                )


def _why_never(timing: Timing, now: float) -> str | None:
    try:
        due = next_due(timing.cron, timing.time_zone, now)
    except UsageError as error:
        return str(error).partition(";")[0]
    return f"{timing.cron!r} names no day that comes" if due is None else None


def _comes(task: ScheduledTask, repository: str, maintenance: Maintenance, now: float) -> bool:
    """Whether a window is open in the time in which one of its next slots may begin."""
    for due in islice(dues(task.cron, task.time_zone, now, now + _YEARS), _TIMES):
        minute = due
        while minute <= due + maintenance.grace_seconds:
            if window_active(maintenance, minute, repository):
                return True
            minute += MINUTE
    return False


CHECK = Check(
    id="schedule-due",
    summary="each task is due, and inside a window",
    well="each task is due inside a window",
    reaches=Status.CRITICAL,
    run=_run,
)
