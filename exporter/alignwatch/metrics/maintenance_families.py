"""What is done at regular times: when it is due, and what came of it. What is unknown has no sample."""

from collections import Counter

from prometheus_client.core import Metric as Family

from alignwatch.journal.maintenance import LatestRun, MaintenanceReading, Outcome
from alignwatch.maintenance.cron import frequency, last_due, next_due
from alignwatch.maintenance.schedule import ScheduledTask, Timing, scheduled_tasks
from alignwatch.maintenance.windows import window_active
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Settings


def maintenance_families(settings: Settings, reading: MaintenanceReading | None, now: float) -> list[Family]:
    """Windows, tasks, and the runs that the journal knows of.

    Args:
        settings: the configuration.
        reading: None when the journal cannot be read.
        now: seconds since the epoch.
    """
    samples = Samples()
    maintenance = settings.maintenance
    samples.add(catalogue.MAINTENANCE_ACTIVE, window_active(maintenance, now))
    if any(window.repositories for window in maintenance.windows):
        for repository in settings.repositories:
            active = window_active(maintenance, now, repository.label)
            samples.add(catalogue.MAINTENANCE_REPOSITORY_ACTIVE, active, repository.label)
    timings = {name: Timing(*one) for name, one in reading.timings.items()} if reading else {}
    tasks = scheduled_tasks(settings, timings)
    if tasks:
        samples.add(catalogue.MAINTENANCE_GRACE, maintenance.grace_seconds)
    for task in tasks:
        _schedule(samples, task, now)
        if reading is not None:
            _runs(samples, task, reading, now)
    return samples.families()


def _schedule(samples: Samples, task: ScheduledTask, now: float) -> None:
    due = next_due(task.cron, task.time_zone, now)
    if due is not None:
        samples.add(catalogue.MAINTENANCE_NEXT_RUN, due, task.name)
        samples.add(catalogue.MAINTENANCE_SCHEDULE, 1, task.name, task.cron, frequency(task.cron))
    samples.add(catalogue.MAINTENANCE_TASK_TIME_LIMIT, task.limits.seconds, task.name)


def _runs(samples: Samples, task: ScheduledTask, reading: MaintenanceReading, now: float) -> None:
    registered = reading.registered.get(task.name)
    # Of what cannot be done yet nobody is told that it was missed.
    if registered is not None and task.available:
        samples.add(catalogue.MAINTENANCE_TASK_REGISTERED, registered, task.name)
        due = last_due(task.cron, task.time_zone, registered, now)
        samples.add(catalogue.MAINTENANCE_TASK_PREVIOUS_DUE, due, task.name)
    latest = [one for one in reading.latest if one.task == task.name and one.repository in task.repositories]
    running = [started for name, started in reading.running if name == task.name]
    samples.add(catalogue.MAINTENANCE_TASK_RUNNING, len(running), task.name)
    began = running or [one.last_start for one in latest]
    samples.add(catalogue.MAINTENANCE_TASK_LAST_START, min(began, default=None), task.name)
    _latest(samples, task, latest)
    counts = Counter({one.outcome: one.number for one in reading.totals if one.task == task.name})
    for outcome in Outcome:
        samples.add(catalogue.MAINTENANCE_TASK_RUNS, counts[outcome], task.name, outcome.value)
    freed = sum(one.freed_bytes for one in reading.totals if one.task == task.name)
    samples.add(catalogue.MAINTENANCE_TASK_FREED, freed, task.name)


def _latest(samples: Samples, task: ScheduledTask, latest: list[LatestRun]) -> None:
    """One broken repository must not hide behind the others."""
    successes = [one.last_success for one in latest if one.last_success is not None]
    seconds = [one.last_seconds for one in latest if one.last_seconds is not None]
    codes = [one.last_exit_code for one in latest if one.last_exit_code is not None]
    everywhere = len(successes) == len(task.repositories)
    samples.add(catalogue.MAINTENANCE_TASK_LAST_SUCCESS, min(successes) if everywhere else None, task.name)
    samples.add(catalogue.MAINTENANCE_TASK_LAST_DURATION, max(seconds, default=None), task.name)
    missing = [one.shortfall_bytes for one in latest if one.shortfall_bytes is not None]
    samples.add(catalogue.MAINTENANCE_TASK_SHORTFALL, max(missing, default=None), task.name)
    samples.add(catalogue.MAINTENANCE_TASK_LAST_EXIT_CODE, max(codes, key=abs, default=None), task.name)
