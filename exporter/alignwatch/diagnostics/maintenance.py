"""What is scheduled, and what came of it, as the doctor sees it."""

from collections.abc import Mapping
from typing import NamedTuple

from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import maintenance_journal, rows
from alignwatch.maintenance.cron import next_due
from alignwatch.maintenance.schedule import ScheduledTask, Timing, scheduled_tasks

_DAY = 86400.0
_REGISTERED = "SELECT task, registered FROM maintenance_tasks"
_LATEST = """
    SELECT task, repository, started, ended, outcome, exit_code, reason FROM maintenance_runs AS run
    WHERE ended IS NOT NULL AND started IS NOT NULL AND number = (
        SELECT max(number) FROM maintenance_runs
        WHERE (task, repository) = (run.task, run.repository) AND ended IS NOT NULL AND started IS NOT NULL
    )
    ORDER BY task, repository
"""


class LatestRun(NamedTuple):
    """The newest run of one task in one repository that began and has ended."""

    task: str
    repository: str
    started: float
    ended: float
    outcome: str
    exit_code: int | None
    reason: str


def tasks_of(context: Context) -> tuple[ScheduledTask, ...]:
    """All tasks that can be done, with the timings that the journal holds."""
    found = scheduled_tasks(context.settings, timings_of(context))
    return tuple(task for task in found if task.available)


def timings_of(context: Context) -> Mapping[str, Timing]:
    """Task -> when it is due, where that was said at run time and stands in the journal."""
    with maintenance_journal(context) as journal:
        timings = journal.timings() if journal is not None else {}
    return {name: Timing(*timing) for name, timing in timings.items()}


def registered(context: Context) -> Mapping[str, float]:
    """Task -> since when somebody runs it by its present schedule."""
    return dict(rows(context, _REGISTERED))


def latest_runs(context: Context) -> tuple[LatestRun, ...]:
    """The newest run of each task in each repository."""
    return tuple(LatestRun(*row) for row in rows(context, _LATEST))


def allowed_seconds(task: ScheduledTask, now: float) -> float:
    """In which a task has to succeed: twice the time between two slots, and a day."""
    first = next_due(task.cron, task.time_zone, now)
    second = None if first is None else next_due(task.cron, task.time_zone, first)
    return _DAY if first is None or second is None else _DAY + 2 * (second - first)
