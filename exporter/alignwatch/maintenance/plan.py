"""What will be done when, and what gets in the way."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import NamedTuple

from alignwatch.maintenance.cron import dues
from alignwatch.maintenance.owners_jobs import Job
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.windows import Span, spans, windows_of
from alignwatch.settings import Maintenance, Settings, Window
from alignwatch.text import printable, timestamp

MOST = 500
"""So many slots of one task in one repository are shown."""


class PlannedRun(NamedTuple):
    """One slot to come. Times are seconds since the epoch."""

    due: float
    start: float | None
    """When it may begin at the earliest; None where no window lets it in time."""
    task: str
    repository: str
    note: str


class Plan(NamedTuple):
    """The slots to come in their order, and warnings for people."""

    runs: tuple[PlannedRun, ...]
    warnings: tuple[str, ...]


def make_plan(
    settings: Settings, tasks: Iterable[ScheduledTask], jobs: Iterable[Job], begin: float, end: float
) -> Plan:
    """Plans what is due between two moments.

    Args:
        settings: the configuration.
        tasks: what is scheduled.
        jobs: what the owner has scheduled by other means in that time.
        begin: seconds since the epoch.
        end: likewise.
    """
    planner = _Planner(settings.maintenance, begin, end)
    tasks = tuple(tasks)
    runs = [
        run for task in tasks for repository in task.repositories for run in planner.runs(task, repository)
    ]
    longest = {task.name: task.limits.seconds for task in tasks}
    busy = [(run.start, run.start + longest[run.task]) for run in runs if run.start is not None]
    warnings = (
        *_outside(runs),
        *_cut(runs),
        *planner.overlaps(),
        *_collisions(jobs, [*planner.windows(settings.maintenance.windows), *busy]),
    )
    return Plan(tuple(sorted(runs, key=lambda run: run.due)), warnings)


class _Planner:
    """Knows when windows are open in one span of time."""

    def __init__(self, maintenance: Maintenance, begin: float, end: float) -> None:
        self._maintenance = maintenance
        self._begin, self._end = begin, end
        self._known: dict[tuple[Window, ...], list[Span]] = {}

    def windows(self, windows: tuple[Window, ...]) -> list[Span]:
        """When one of some windows is open; of those for everything, if there are none."""
        windows = windows or windows_of(self._maintenance)
        if windows not in self._known:
            until = self._end + self._maintenance.grace_seconds
            self._known[windows] = spans(self._maintenance, windows, self._begin, until)
        return self._known[windows]

    def runs(self, task: ScheduledTask, repository: str) -> Iterator[PlannedRun]:
        """The slots of one task in one repository."""
        opening = windows_of(self._maintenance, repository)
        open_ = self.windows(opening) if opening else []
        for due in islice(dues(task.cron, task.time_zone, self._begin, self._end), MOST):
            start, closes = self._start(task, due, open_)
            note = ""
            if not task.available:
                note = "not available in this version: skipped"
            elif start is None:
                note = "no window is open in time: skipped"
            elif closes is not None and start + task.limits.seconds > closes:
                note = "may outlast its window"
            yield PlannedRun(due, start if task.available else None, task.name, repository, note)

    def overlaps(self) -> Iterator[str]:
        """Windows of which two are open at once for the same repository."""
        for one, other in combinations(self._maintenance.windows, 2):
            if one.repositories and other.repositories and not {*one.repositories} & {*other.repositories}:
                continue
            common = next(_common(self.windows((one,)), self.windows((other,))), None)
            if common is not None:
                first, second = (f"{window.start}-{window.end}" for window in (one, other))
                yield f"the windows {first} and {second} overlap, first at {timestamp(common)}"

    def _start(self, task: ScheduledTask, due: float, open_: list[Span]) -> tuple[float | None, float | None]:
        """When it may begin, and when its window then closes."""
        if task.any_time:
            return due, None
        for start, closes in open_:
            if closes > due and max(start, due) <= due + self._maintenance.grace_seconds:
                return max(start, due), closes
        return None, None


def _outside(runs: list[PlannedRun]) -> Iterator[str]:
    for (task, note), number in Counter((run.task, run.note) for run in runs).items():
        if note:
            yield f"{task}: {number} times: {note}"


def _cut(runs: list[PlannedRun]) -> Iterator[str]:
    for (task, _), number in Counter((run.task, run.repository) for run in runs).items():
        if number == MOST:
            yield f"{task}: only the first {MOST} times are shown"


def _collisions(jobs: Iterable[Job], busy: list[Span]) -> Iterator[str]:
    for job in jobs:
        moments = [moment for moment in job.moments if any(start <= moment < end for start, end in busy)]
        if moments:
            times = f"{len(moments)} times, first at" if len(moments) > 1 else "at"
            yield (
                f"{printable(job.source)}: {job.program} is due inside a window or a run {times} "
                f"{timestamp(moments[0])}"
            )


def _common(one: list[Span], other: list[Span]) -> Iterator[float]:
    for start, end in one:
        for begin, stop in other:
            if max(start, begin) < min(end, stop):
                yield max(start, begin)
