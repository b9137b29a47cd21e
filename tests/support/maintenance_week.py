"""A week of maintenance by a simulated clock: real repositories, runners and tasks, people at work at random.

Simulated is what time it is, and nothing else. It passes only while a runner waits and from one start of the
timer to the next, and as it does, people begin and end what they do.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alignwatch.journal.maintenance import Ending, MaintenanceJournal, MaintenanceReading
from alignwatch.journal.running import Running, process
from alignwatch.journal.store import Journal
from alignwatch.maintenance.agenda import register
from alignwatch.maintenance.runner import Runner
from alignwatch.maintenance.schedule import current_tasks
from alignwatch.metrics.maintenance_families import maintenance_families
from alignwatch.operation import Kind
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from support.history import History
from support.repositories import git

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
TICK = 900
"""Seconds between two starts of a runner."""


@dataclass(frozen=True)
class Way:
    """One way to be at work in a work tree."""

    begin: Callable[[Path], object]
    end: Callable[[Path], object]


def _stop_rebase(worktree: Path) -> None:
    git(worktree, "rebase", "--quiet", "--exec", "false", "HEAD~1", check=False)


def _index_lock(worktree: Path) -> Path:
    return Path(git(worktree, "rev-parse", "--git-path", "index.lock"))


OTHER = "work/other"
"""A branch that can be merged."""

WAYS = {
    "rebase": Way(_stop_rebase, lambda at: git(at, "rebase", "--abort")),
    "merge": Way(
        lambda at: git(at, "merge", "--quiet", "--no-commit", "--no-ff", "-s", "ours", OTHER),
        lambda at: git(at, "merge", "--abort"),
    ),
    "bisect": Way(lambda at: git(at, "bisect", "start"), lambda at: git(at, "bisect", "reset")),
    "lock": Way(
        lambda at: (at / _index_lock(at)).touch(exist_ok=False), lambda at: (at / _index_lock(at)).unlink()
    ),
}
"""How git is left half done, or locked."""
PAUSED = "paused"
"""An alignment that its code has paused: only the journal knows of it."""


@dataclass(frozen=True)
class Work:
    """Somebody is at work for a time, in seconds since the epoch."""

    how: str
    worktree: Path
    begin: float
    end: float


def works_at_random(
    chance: random.Random, worktrees: Sequence[Path], begin: float, night: float
) -> Iterator[Work]:
    """A week's: some in each work tree by day, and every other night some into the hours of maintenance.

    Args:
        chance: decides.
        worktrees: in each of which one person works.
        begin: the first midnight.
        night: the hour at which maintenance is due.
    """
    for worktree in worktrees:
        for day in range(8):
            how = chance.choice([*WAYS, PAUSED])
            start = begin + day * DAY + chance.uniform(6, 20) * HOUR
            yield Work(how, worktree, start, start + chance.uniform(0.1, 4) * HOUR)
            if chance.random() < 0.5:
                how = chance.choice([*WAYS, PAUSED])
                start = begin + day * DAY + (night + chance.uniform(-1, 1)) * HOUR
                yield Work(how, worktree, start, start + chance.choice([0.1, 0.3, 1, 4]) * HOUR)


def one_at_a_time(works: Iterator[Work]) -> list[Work]:
    """Without those that begin in a work tree where something is not over yet."""
    kept: list[Work] = []
    for work in sorted(works, key=lambda one: one.begin):
        if not any(one.worktree == work.worktree and work.begin < one.end for one in kept):
            kept.append(work)
    return kept


@dataclass
class World:
    """A clock, and what people do as it goes on."""

    now: float
    works: Sequence[Work]
    repository: str
    """Its name in labels."""
    state: Path
    at_work: list[Work] = field(default_factory=list)

    def __post_init__(self) -> None:
        changes = [(one.begin, True, one) for one in self.works] + [
            (one.end, False, one) for one in self.works
        ]
        self._changes = sorted(changes, key=lambda change: change[:2], reverse=True)

    def time(self) -> float:
        """See :class:`alignwatch.maintenance.clock.Clock`."""
        return self.now

    def monotonic(self) -> float:
        """Likewise."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Likewise."""
        self.go_on(self.now + seconds)

    def go_on(self, until: float) -> None:
        """Lets time pass."""
        while self._changes and self._changes[-1][0] <= until:
            _, begins, work = self._changes.pop()
            if begins:
                self._begin(work)
                self.at_work.append(work)
            else:
                self.at_work.remove(work)
                self._end(work)
        self.now = max(self.now, until)

    def _begin(self, work: Work) -> None:
        if work.how != PAUSED:
            WAYS[work.how].begin(work.worktree)
            return
        flying = Running(
            f"{work.begin}", self.repository, Kind.ALIGN, "x", "main", work.begin, "api", process(os.getpid())
        )
        with Journal(journal_path(self.state)) as journal:
            journal.begin(flying)

    def _end(self, work: Work) -> None:
        if work.how != PAUSED:
            WAYS[work.how].end(work.worktree)
            return
        with Journal(journal_path(self.state)) as journal:
            journal.withdraw(self.repository, f"{work.begin}")


@dataclass(frozen=True)
class Begun:
    """A run that has just ended, and who was at work then."""

    task: str
    repository: str
    ending: Ending
    at_work: tuple[Work, ...]


@dataclass
class Week:
    """Timer, runners and exporter of one machine for a week."""

    settings: Settings
    world: World
    off: Sequence[tuple[float, float]] = ()
    """When the machine is off: nothing runs, and nobody looks."""
    ended: list[Begun] = field(default_factory=list)
    scraped: History = field(default_factory=lambda: History(0))
    """What Prometheus got."""
    moments: list[float] = field(default_factory=list)
    """At which it got something."""

    def install(self) -> None:
        """Has tasks done from now on, as ``alignwatch maintenance install`` does."""
        with MaintenanceJournal(journal_path(self.settings.state_folder)) as journal:
            register(current_tasks(self.settings, journal), journal, self.world.now)

    def live(self) -> None:
        """Goes through the week."""
        end = self.world.now + WEEK
        tick = self.world.now
        while tick < end:
            tick += TICK
            # A timer does not start what runs still.
            if tick < self.world.now:
                continue
            self.world.go_on(tick)
            if not any(begin <= tick < until for begin, until in self.off):
                self._run_due()
                if tick % HOUR == 0:
                    self._scrape()

    def _run_due(self) -> None:
        runner = Runner(self.settings, self._note, self.world)
        try:
            runner.run_due()
        finally:
            runner.close()

    def _note(self, task: str, repository: str, ending: Ending) -> None:
        self.ended.append(Begun(task, repository, ending, tuple(self.world.at_work)))

    def _scrape(self) -> None:
        now = self.world.now
        self.moments.append(now)
        self.scraped.at("up", [(now, 1)])
        for family in maintenance_families(self.settings, self._reading(), now):
            for one in family.samples:
                self.scraped.at(one.name, [(now, one.value)], **one.labels)

    def _reading(self) -> MaintenanceReading:
        with MaintenanceJournal(journal_path(self.settings.state_folder)) as journal:
            return journal.reading()
