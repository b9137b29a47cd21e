"""Which tasks are there, and when is each due?"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from alignwatch.errors import UsageError
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.cron import next_due
from alignwatch.maintenance.tasks import TASKS, load
from alignwatch.settings import MaintenanceTask, RunLimits, Settings
from alignwatch.snapshot import HOST
from alignwatch.text import printable

COMMAND = "command"
"""The task that runs a program of the user's."""


class Timing(NamedTuple):
    """When something is due."""

    cron: str
    time_zone: str


class ScheduledTask(Struct, frozen=True, kw_only=True):
    """One task that is done at regular times."""

    name: str
    """In labels, tables and commands."""
    task: str
    """What is done: a name out of ``TASKS``, or one that another version knows."""
    cron: str
    time_zone: str
    repositories: tuple[str, ...]
    """Labels of those that it is done for; :data:`HOST` alone for what concerns the whole machine."""
    any_time: bool
    """Whether it needs no window."""
    command: tuple[str, ...]
    limits: RunLimits
    expected_freed_bytes: int = 0
    """A run that frees less has freed less than it should."""

    @property
    def available(self) -> bool:
        """Whether it can be done at all."""
        return self.task in TASKS


def scheduled_tasks(
    settings: Settings, timings: Mapping[str, Timing] | None = None
) -> tuple[ScheduledTask, ...]:
    """All tasks, in the order in which they are done; none where maintenance is off.

    One that was given a timing at run time which this machine does not understand is left out.

    Args:
        settings: the configuration, complete.
        timings: those that were given at run time; they come before those of the configuration.
    """
    if not settings.maintenance.enabled:
        return ()
    given = {one.label: one for one in settings.maintenance.tasks}
    names = dict.fromkeys((*settings.maintenance.automated_tasks, *given, *(timings or {})))
    # Another machine's time zones may be more; the doctor tells of it.
    unclear = {name for name, timing in (timings or {}).items() if not _is_understood(timing)}
    entries = (given.get(name) or MaintenanceTask(task=name) for name in names if name not in unclear)
    return tuple(_scheduled(settings, one, (timings or {}).get(one.label)) for one in entries)


def current_tasks(settings: Settings, journal: MaintenanceJournal) -> tuple[ScheduledTask, ...]:
    """All tasks, with the timings that the journal holds.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    return scheduled_tasks(settings, {name: Timing(*one) for name, one in journal.timings().items()})


def task_named(settings: Settings, name: str) -> ScheduledTask:
    """A task as it is configured, or as it would be if it were.

    Raises:
        UsageError: there is none of this name.
    """
    given = {one.label: one for one in settings.maintenance.tasks}
    if name not in given and (name not in TASKS or name == COMMAND):
        known = ", ".join(dict.fromkeys((*given, *(one for one in TASKS if one != COMMAND))))
        raise UsageError(f"there is no task {printable(name)}; choose from {known}")
    return _scheduled(settings, given.get(name) or MaintenanceTask(task=name), None)


def _is_understood(timing: Timing) -> bool:
    try:
        next_due(timing.cron, timing.time_zone, 0.0)
    except UsageError:
        return False
    return True


def _scheduled(settings: Settings, entry: MaintenanceTask, timing: Timing | None) -> ScheduledTask:
    maintenance = settings.maintenance
    usual = Timing(entry.schedule or maintenance.schedule, entry.time_zone or maintenance.time_zone)
    timing = timing or usual
    return ScheduledTask(
        name=entry.label,
        task=entry.task,
        cron=timing.cron,
        time_zone=timing.time_zone,
        repositories=_repositories(settings, entry),
        any_time=entry.any_time,
        command=entry.command,
        limits=entry.limits or maintenance.limits,
        expected_freed_bytes=entry.expected_freed_bytes,
    )


def _repositories(settings: Settings, entry: MaintenanceTask) -> tuple[str, ...]:
    if entry.task not in TASKS or not (entry.repositories or load(entry.task).needs.repository):
        return (HOST,)
    return entry.repositories or tuple(one.label for one in settings.repositories)
