"""Scheduling a task at run time, rather than in the configuration."""

import time
from typing import NamedTuple

from msgspec import structs

from alignwatch.errors import UsageError
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.agenda import register
from alignwatch.maintenance.cron import fault, next_due
from alignwatch.maintenance.plan import make_plan
from alignwatch.maintenance.schedule import current_tasks, task_named
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path


class ScheduleResult(NamedTuple):
    """What came of asking for a schedule."""

    accepted: bool
    next_run: float | None = None
    """Seconds since the epoch; None where it was refused, or will never be due."""
    reason: str | None = None
    """Why it was refused, or what to know about it."""


def schedule_maintenance_task(
    settings: Settings, task: str, schedule: str, time_zone: str | None = None
) -> ScheduleResult:
    """Has a task done by a schedule, from now on and in place of the one that it may have.

    Args:
        settings: the configuration, complete.
        task: a task's name, as ``alignwatch maintenance list`` shows it.
        schedule: a cron expression of five fields.
        time_zone: IANA name; default: that of ``maintenance.time_zone``.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    zone = time_zone or settings.maintenance.time_zone
    if not settings.maintenance.enabled:
        return ScheduleResult(accepted=False, reason="maintenance.enabled is false")
    try:
        found = task_named(settings, task)
        if why := fault(schedule):
            return ScheduleResult(accepted=False, reason=f"{schedule!r} is no cron expression: {why}")
        now = time.time()
        due = next_due(schedule, zone, now)
    except UsageError as error:
        return ScheduleResult(accepted=False, reason=str(error))
    with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
        journal.schedule(task, schedule, zone)
        register(current_tasks(settings, journal), journal, time.time())
    if due is None:
        return ScheduleResult(accepted=True, reason="it is never due")
    asked_for = structs.replace(found, cron=schedule, time_zone=zone)
    notes = [run.note for run in make_plan(settings, [asked_for], (), now, due).runs if run.note]
    return ScheduleResult(accepted=True, next_run=due, reason=notes[0] if notes else None)


def unschedule(settings: Settings, task: str) -> None:
    """Takes back what :func:`schedule_maintenance_task` did; what the configuration says holds again.

    Raises:
        UsageError: the task was not scheduled at run time.
        AlignwatchError: the journal cannot be used.
    """
    with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
        if not journal.unschedule(task):
            raise UsageError(
                f"{task} was not scheduled at run time; what the configuration schedules is changed there"
            )
