"""What a runner tells by itself: failures that no exporter shows.

Where an exporter lives, the metrics show a failed run and the rules tell of it. Where none does, the alert of
the same name is raised here; without Alertmanager it waits in the journal. It lasts until the task has had
its next chance, and Alertmanager holds the rules' alert back meanwhile: one failure is one message.
"""

import logging
import os
import time

from alignwatch.alerting import send_alert
from alignwatch.alerting.draft import LONGEST_SECONDS, SHORTEST_SECONDS
from alignwatch.errors import AlignwatchError
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.maintenance.cron import next_due
from alignwatch.maintenance.presence import exporter_lives
from alignwatch.maintenance.schedule import current_tasks
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

FAILURES = frozenset({Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED})

_ALERT = "AlignmentMaintenanceTaskFailed"
_RUNBOOK = f"https://github.com/alignwatch/alignwatch/blob/main/rules/RUNBOOK.md#{_ALERT.lower()}"
_LINES = 8
"""Of the end of the output."""

_log = logging.getLogger(__name__)


def tell_of_failure(settings: Settings, task: str, repository: str, ending: Ending) -> None:
    """Raises an alert for a run that failed, unless an exporter lives that shows it."""
    if ending.outcome not in FAILURES or exporter_lives(settings.state_folder):
        return
    host = os.uname().nodename
    where = f" of {repository}" if repository else ""
    result = send_alert(
        name=_ALERT,
        severity="warning",
        message=f"The maintenance task {task}{where} on {host} fails",
        description=_description(ending),
        repository=repository or None,
        labels={"task": task, "host": host},
        runbook_url=_RUNBOOK,
        active_seconds=_until_next_chance(settings, task),
        config=settings,
    )
    if result.reason:
        _log.warning("alert of the failed run: %s: %s", result.status, result.reason)


def _description(ending: Ending) -> str:
    reason = ending.reason or str(ending.outcome)
    # The last line of a failed task's output is its reason.
    output = [line for line in ending.output.splitlines()[-_LINES:] if line != reason]
    known = "No exporter is there to show it, so the runner tells of it itself."
    return "\n".join([f"{reason[0].upper()}{reason[1:]}. {known}", *output])


def _until_next_chance(settings: Settings, name: str) -> float:
    """How long it is until the task has been due again, in seconds, as far as an alert can last."""
    now, seconds = time.time(), 0.0
    try:
        with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
            tasks = current_tasks(settings, journal)
    except AlignwatchError:  # It is told all the same.
        tasks = ()
    for task in tasks:
        if task.name == name and (due := next_due(task.cron, task.time_zone, now)) is not None:
            late = settings.maintenance.grace_seconds + settings.maintenance.patience_seconds
            seconds = due + late + task.limits.seconds - now
    return min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
