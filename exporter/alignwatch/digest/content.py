"""What a digest says: gathered from the journal, the schedule and one look at the branches."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from alignwatch.drift import with_forecast
from alignwatch.git.command import Git, GitError
from alignwatch.journal.maintenance import LatestRun, MaintenanceJournal, Outcome
from alignwatch.journal.maintenance_period import Period, Trouble
from alignwatch.journal.performance import Span
from alignwatch.journal.store import Journal
from alignwatch.maintenance.cron import next_due
from alignwatch.maintenance.schedule import ScheduledTask, current_tasks
from alignwatch.maintenance.telling import FAILURES
from alignwatch.probes import cache_dir
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import RememberedForecast
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import HOST
from alignwatch.state_dir import journal_path
from alignwatch.status import by_state
from alignwatch.text import timestamp, timestamp_if

LIMIT = 10
"""So many failures, and so many of those not done, are told one by one."""
_LINES = 6
"""Of the end of what a failed run printed."""
_BACKUPS = {"backup": "made", "backup_verification": "verified"}
"""Task -> what it does to a backup."""
_DELAYS = (Outcome.POSTPONED, Outcome.SKIPPED)


class TaskLine(Struct, frozen=True, kw_only=True):
    """What came of one task in the period, and when it comes next. Null is unknown."""

    task: str
    done: int
    failed: int
    put_off: int
    """Somebody was at work in its repository."""
    not_done: int
    """It was missed, or could not be done."""
    freed_bytes: int
    last_success: str | None
    """Ever, of its repositories the one for which that is longest ago. Null: never for one of them."""
    next_run: str | None


class Failure(Struct, frozen=True, kw_only=True):
    """One run that failed."""

    time: str
    task: str
    repository: str | None
    outcome: str
    reason: str
    output: tuple[str, ...]
    """The last lines."""


class Delay(Struct, frozen=True, kw_only=True):
    """One slot in which nothing was done."""

    due: str
    task: str
    repository: str | None
    outcome: str
    reason: str


class Shortfall(Struct, frozen=True, kw_only=True):
    """A task whose last run freed less than it should."""

    task: str
    repository: str | None
    missing_bytes: int


class Backup(Struct, frozen=True, kw_only=True):
    """When something was last done to the backup of a repository. Null is never."""

    repository: str
    made: str | None = None
    verified: str | None = None


class Alignments(Struct, frozen=True, kw_only=True):
    """How one repository's branches fare. Null is unknown."""

    repository: str
    operations: int
    """That ended in the period."""
    success_percent: float | None
    branches: dict[str, int] | None
    """By state."""


class Digest(Struct, frozen=True, kw_only=True):
    """The whole. Times are RFC 3339, UTC."""

    host: str
    since: str
    until: str
    tasks: tuple[TaskLine, ...]
    failures: tuple[Failure, ...]
    """The newest first, at most :data:`LIMIT` of each outcome; ``tasks`` counts them all."""
    delays: tuple[Delay, ...]
    """Likewise."""
    shortfalls: tuple[Shortfall, ...]
    backups: tuple[Backup, ...]
    """Of the repositories for which a backup is scheduled."""
    alignments: tuple[Alignments, ...]

    @property
    def failed(self) -> int:
        """Runs that failed, took too long or crashed."""
        return sum(one.failed for one in self.tasks)

    @property
    def delayed(self) -> int:
        """Slots in which nothing was done."""
        return sum(one.put_off + one.not_done for one in self.tasks)


def make_digest(settings: Settings, git: Git, seconds: float, now: float) -> Digest:
    """Gathers what is known of the time up to now.

    Args:
        settings: the configuration, complete.
        git: looks at the branches.
        seconds: length of the period.
        now: its end, in seconds since the epoch.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    since, path = max(now - seconds, 0.0), journal_path(settings.state_folder)
    with MaintenanceJournal(path) as journal:
        tasks, latest = current_tasks(settings, journal), journal.reading().latest
        period = journal.period(since, now, LIMIT)
    return Digest(
        host=os.uname().nodename,
        since=timestamp(since),
        until=timestamp(now),
        tasks=tuple(_task_lines(tasks, period, latest, now)),
        failures=tuple(_failure(one) for one in period.troubles if one.outcome in FAILURES),
        delays=tuple(_delay(one) for one in period.troubles if one.outcome in _DELAYS),
        shortfalls=tuple(_shortfalls(tasks, latest)),
        backups=tuple(_backups(tasks, latest)),
        alignments=tuple(_alignments(settings, git, since, now)),
    )


def _task_lines(
    tasks: Iterable[ScheduledTask], period: Period, latest: tuple[LatestRun, ...], now: float
) -> Iterator[TaskLine]:
    scheduled = {task.name: task for task in tasks}
    for name in dict.fromkeys((*scheduled, *(one.task for one in period.tallies))):
        tallies = [one for one in period.tallies if one.task == name]
        numbers = Counter({one.outcome: one.number for one in tallies})
        task = scheduled.get(name)
        yield TaskLine(
            task=name,
            done=numbers[Outcome.SUCCESS],
            failed=sum(numbers[outcome] for outcome in FAILURES),
            put_off=numbers[Outcome.POSTPONED],
            not_done=numbers[Outcome.SKIPPED],
            freed_bytes=sum(one.freed_bytes for one in tallies),
            last_success=_last_success(task, latest) if task else None,
            next_run=timestamp_if(next_due(task.cron, task.time_zone, now)) if task else None,
        )


def _last_success(task: ScheduledTask, latest: tuple[LatestRun, ...]) -> str | None:
    moments = {one.repository: one.last_success for one in latest if one.task == task.name}
    found = [moments.get(repository) for repository in task.repositories]
    known = [one for one in found if one is not None]
    return timestamp(min(known)) if known and len(known) == len(found) else None


def _failure(trouble: Trouble) -> Failure:
    output = [line for line in trouble.output.splitlines() if line.strip() and line != trouble.reason]
    return Failure(
        time=timestamp(trouble.ended),
        task=trouble.task,
        repository=trouble.repository or None,
        outcome=trouble.outcome,
        reason=trouble.reason,
        output=tuple(output[-_LINES:]),
    )


def _delay(trouble: Trouble) -> Delay:
    return Delay(
        due=timestamp(trouble.ended if trouble.due is None else trouble.due),
        task=trouble.task,
        repository=trouble.repository or None,
        outcome=trouble.outcome,
        reason=trouble.reason,
    )


def _shortfalls(tasks: Iterable[ScheduledTask], latest: tuple[LatestRun, ...]) -> Iterator[Shortfall]:
    places = {(task.name, repository) for task in tasks for repository in task.repositories}
    for one in latest:
        if one.shortfall_bytes and (one.task, one.repository) in places:
            yield Shortfall(
                task=one.task, repository=one.repository or None, missing_bytes=one.shortfall_bytes
            )


def _backups(tasks: Iterable[ScheduledTask], latest: tuple[LatestRun, ...]) -> Iterator[Backup]:
    moments = {(one.task, one.repository): one.last_success for one in latest}
    found: dict[str, dict[str, str | None]] = {}
    for task in tasks:
        if task.task not in _BACKUPS:
            continue
        for repository in task.repositories:
            if repository != HOST:
                moment = timestamp_if(moments.get((task.name, repository)))
                found.setdefault(repository, {})[_BACKUPS[task.task]] = moment
    return (Backup(repository=repository, **done) for repository, done in found.items())


def _alignments(settings: Settings, git: Git, since: float, now: float) -> Iterator[Alignments]:
    with Journal(journal_path(settings.state_folder)) as journal:
        for repository in settings.repositories:
            found = journal.figures(Span(since, now, (repository.label,)))
            yield Alignments(
                repository=repository.label,
                operations=found.number,
                success_percent=round(100 * found.successful / found.number, 1) if found.number else None,
                branches=_branches(settings, git, repository),
            )


def _branches(settings: Settings, git: Git, repository: Repository) -> dict[str, int] | None:
    """Branches by state: measured now, with what is remembered of conflicts."""
    deadline, kept = settings.monitoring.probe_deadline_seconds, cache_dir(settings)
    try:
        reading = DivergenceProbe(git, repository, deadline, kept).read()
        forecast = RememberedForecast(reading, Path(repository.path), kept).read()
    except GitError:
        return None
    return by_state(with_forecast(reading, forecast))
