"""Does what is due: one run after the other, each slot at most once."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.journal.maintenance import DIED, Ending, MaintenanceJournal, Outcome
from alignwatch.journal.running import Owner, process
from alignwatch.maintenance.agenda import sweep, untaken
from alignwatch.maintenance.backups.scratch import remove_abandoned
from alignwatch.maintenance.clock import Clock
from alignwatch.maintenance.execution import execute
from alignwatch.maintenance.order import Order
from alignwatch.maintenance.readiness import Readiness
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.slots import Slot, is_open, why_skipped
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

POLL_SECONDS = 5.0
"""So often it is looked whether what waits may begin."""

Say = Callable[[str, str, Ending], None]
"""Is told the task, the repository and the ending of each run."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A slot that is ours, or a run by hand."""

    number: int
    task: ScheduledTask
    repository: str
    slot: Slot | None
    patient_until: float
    """On the monotonic clock."""


class Runner:
    """Runs tasks for one state folder; any number of runners may do so at once.

    Args:
        settings: the configuration, complete.
        say: is told of each run that ends.
        clock: by which things are due; what a task itself does goes by the machine's.
        hear: is told the last line of what a task has printed while it runs.
    """

    def __init__(
        self,
        settings: Settings,
        say: Say,
        clock: Clock = time,
        hear: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._hear = hear
        self._settings = settings
        self._say = say
        self._clock = clock
        self._journal = MaintenanceJournal(journal_path(settings.state_folder))
        self._locks = RunLocks(settings.state_folder)
        self._git = Git()
        self._readiness = Readiness(settings, self._git, self._journal)
        self._outcomes: list[Outcome] = []

    def close(self) -> None:
        """Closes the journal."""
        self._git.close()
        self._journal.close()

    def run_due(self) -> list[Outcome]:
        """Does everything that is due now, and returns what came of each.

        What somebody's work in its repository holds back waits, while the others run, until its patience is
        over or its window closes.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        self._sweep()
        # One at a time: another runner may take the next slot while this one is at work.
        claims = map(self._claim, untaken(self._settings, self._journal, self._clock.time()))
        waiting = [one for one in claims if one is not None and not self._attempt(one)]
        while waiting:
            self._clock.sleep(POLL_SECONDS)
            waiting = [one for one in waiting if not self._attempt(one)]
        return self._outcomes

    def run_now(self, task: ScheduledTask, repository: str) -> Outcome:
        """Does one task now, whatever the time, and returns what came of it; it waits for nobody.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        self._sweep()
        number = self._journal.claim(task.name, repository, None, _ourselves(), self._clock.time())
        assert number is not None  # noqa: S101  # only slots are unique
        self._attempt(_Claimed(number, task, repository, None, self._clock.monotonic()))
        return self._outcomes[-1]

    def try_out(self, task: ScheduledTask, repository: str) -> Outcome:
        """Lets one task say what it would do now; the journal keeps no trace of that."""
        ending = Ending(Outcome.POSTPONED, "another maintenance run is at work in it")
        with self._locks.held(repository) as lock:
            if lock is not None:
                ending = execute(self._order(task, repository, dry_run=True), lock, self._hear)
        self._say(task.name, repository, ending)
        return ending.outcome

    def _sweep(self) -> None:
        remove_abandoned(self._settings.state_folder, self._locks)
        for run in sweep(self._journal, self._locks, self._clock.time()):
            self._outcomes.append(Outcome.CRASHED)
            self._say(run.task, run.repository, Ending(Outcome.CRASHED, DIED))

    def _claim(self, slot: Slot) -> _Claimed | None:
        """Takes a slot that may begin; of one that never will, notes why."""
        now, maintenance = self._clock.time(), self._settings.maintenance
        skipped = why_skipped(slot, maintenance, now)
        if skipped is None and not is_open(slot, maintenance, now):
            return None
        number = self._journal.claim(slot.task.name, slot.repository, slot.due, _ourselves(), now, slot.note)
        if number is None:
            return None
        patient_until = self._clock.monotonic() + maintenance.patience_seconds
        claimed = _Claimed(number, slot.task, slot.repository, slot, patient_until)
        if skipped is None:
            return claimed
        self._finish(claimed, Ending(Outcome.SKIPPED, skipped))
        return None

    def _attempt(self, claimed: _Claimed) -> bool:
        """Runs it unless something holds it back; returns False if it has to wait."""
        if late := self._why_too_late(claimed):
            self._finish(claimed, Ending(Outcome.POSTPONED, late))
            return True
        with self._locks.held(claimed.repository) as lock:
            try:
                obstacle = self._readiness.obstacle(claimed.task, claimed.repository, lock)
            except (GitError, OSError) as error:
                self._finish(claimed, Ending(Outcome.FAILED, str(error)))
                return True
            if obstacle is None:
                assert lock is not None  # noqa: S101  # without it there is an obstacle
                self._perform(claimed, lock)
                return True
        if claimed.slot is not None and self._clock.monotonic() < claimed.patient_until:
            return False
        self._finish(claimed, Ending(Outcome.POSTPONED, obstacle))
        return True

    def _perform(self, claimed: _Claimed, lock: int) -> None:
        # A claim can be withdrawn by one who could not see that we live, as from another container.
        if not self._journal.begin(claimed.number, self._clock.time()):
            self._tell(claimed, Ending(Outcome.SKIPPED, "another runner has taken it"))
            return
        ending = Ending(Outcome.FAILED, "whoever ran it was told to end")
        try:
            ending = execute(self._order(claimed.task, claimed.repository, dry_run=False), lock, self._hear)
        except (AlignwatchError, OSError) as error:
            ending = Ending(Outcome.FAILED, f"its process could not be started: {error}", 1)
        finally:
            self._finish(claimed, ending)

    def _order(self, task: ScheduledTask, repository: str, *, dry_run: bool) -> Order:
        return Order(settings=self._settings, task=task, repository=repository, dry_run=dry_run)

    def _why_too_late(self, claimed: _Claimed) -> str | None:
        slot, now, maintenance = claimed.slot, self._clock.time(), self._settings.maintenance
        if slot is None:
            return None
        if late := why_skipped(slot, maintenance, now):
            return late
        return None if is_open(slot, maintenance, now) else "its window closed while it waited"

    def _finish(self, claimed: _Claimed, ending: Ending) -> None:
        self._journal.finish(claimed.number, ending, self._clock.time())
        self._tell(claimed, ending)

    def _tell(self, claimed: _Claimed, ending: Ending) -> None:
        self._outcomes.append(ending.outcome)
        self._say(claimed.task.name, claimed.repository, ending)


def end_in_order() -> None:
    """Has SIGTERM end this process as Ctrl-C does: what runs is ended, and how it ended is noted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _ourselves() -> Owner:
    owner = process(os.getpid())
    assert owner is not None  # noqa: S101  # we live
    return owner
