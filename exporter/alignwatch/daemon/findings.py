"""What has been found, what is still to come, and what keeps us from finding more."""

import asyncio
import logging
import time
from collections.abc import Iterator

from alignwatch.journal.reading import JournalReading
from alignwatch.probes.runner import Lane, Task
from alignwatch.snapshot import ProbeRun, Snapshot
from alignwatch.tracking.trace.listener import TraceReading
from alignwatch.tracking.trend import Trends

_log = logging.getLogger(__package__)


class Findings:
    """The last of each kind; to be touched in the loop's thread."""

    def __init__(self) -> None:
        self.journal: JournalReading | None = None
        """None when it could not be read."""
        self.trends: Trends = {}
        self.trace: TraceReading | None = None
        """None where git is not told to write events."""
        self.changed = asyncio.Event()
        """Set by whatever is worth a new page."""
        self._tasks: tuple[Task, ...] = ()
        self._runs: dict[tuple[str, str], ProbeRun] = {}

    def expect(self, tasks: tuple[Task, ...]) -> None:
        """Takes the tasks that look from now on; what others have found is forgotten."""
        expected = {(task.name, task.repository) for task in tasks}
        self._tasks = tasks
        self._runs = {key: run for key, run in self._runs.items() if key in expected}

    def accept(self, run: ProbeRun) -> None:
        """Takes a run of a probe; a new error, and its end, are logged once."""
        before = self._runs.get((run.probe, run.repository))
        if run.error is not None and (before is None or before.error != run.error):
            _log.warning("%s: %s", _name(run.probe, run.repository), run.error)
        if run.ok and before is not None and not before.ok:
            _log.info("%s: well again", _name(run.probe, run.repository))
        self._runs[run.probe, run.repository] = run
        self.changed.set()

    def take_journal(self, reading: JournalReading | None) -> None:
        """Takes what was read of the journal."""
        if reading != self.journal:
            self.journal = reading
            self.changed.set()

    def take_trends(self, trends: Trends) -> None:
        """Takes how the durations change."""
        self.trends = trends
        self.changed.set()

    def snapshot(self) -> Snapshot:
        """What the probes know now."""
        return Snapshot(time.time(), dict(self._runs))

    def to_come(self) -> Iterator[str]:
        """The looks that nobody has taken yet, of those that are soon over."""
        for task in self._tasks:
            if task.lane is Lane.QUICK and (task.name, task.repository) not in self._runs:
                yield f"{_name(task.name, task.repository)} has not been looked at yet"

    def late(self) -> Iterator[str]:
        """The looks that should have been taken again by now."""
        for run in self._runs.values():
            age = time.time() - run.started
            if age > run.maximum_age:
                yield f"{_name(run.probe, run.repository)} was last looked at {age:.0f} s ago"

    def amiss(self) -> Iterator[str]:
        """What keeps us from watching all that we should."""
        if self.journal is None:
            yield "the journal cannot be read"
        for run in self._runs.values():
            if not run.ok:
                yield f"{_name(run.probe, run.repository)} fails"
        yield from self.late()


def _name(probe: str, repository: str) -> str:
    return f"{probe} of {repository or 'the host'}"
