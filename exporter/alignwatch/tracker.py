"""Recording alignment operations from Python.

    from alignwatch.tracker import Tracker

    tracker = Tracker(repository="/srv/git/app")
    with tracker.operation("rebase", branch="feature/x", target="main") as op:
        with op.phase("backup"):
            make_backup()
        with op.phase("rebase"):
            done = subprocess.run(["git", "rebase", "main"], env=op.environment)
        if done.returncode:
            with op.waiting():
                ask_somebody_to_resolve()
            op.outcome = "conflict"

An operation that ends without an exception and without any other word was a success. An exception passes
through and makes it ``failed``, or ``cancelled`` if it is a KeyboardInterrupt or a cancelled task. One that
takes longer than a second is seen in the metrics while it runs.

Nothing that is wrong with the journal ever reaches the caller: it is logged once, as a warning. Threads and
tasks may share a tracker and an operation, operations may lie inside each other, and a forked process may go
on with what it inherits. Inside ``async with`` the event loop does not wait for the disk.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from alignwatch.git.worktree_files import find_tip, read_state
from alignwatch.journal.running import Running, process
from alignwatch.operation import SUCCESSFUL, Evidence, Kind, Operation, Outcome, Resources, new_id
from alignwatch.state_dir import default_state_dir, journal_path
from alignwatch.tracking.meter import Meter
from alignwatch.tracking.outcome import stopped_halfway
from alignwatch.tracking.recorder import Recorder
from alignwatch.tracking.stopwatch import Stopwatch, Times
from alignwatch.tracking.subject import Subject, find_subject
from alignwatch.tracking.trace.mark import marked

__all__ = ["Kind", "Outcome", "TrackedOperation", "Tracker"]

_SOURCE = "api"


class Tracker:
    """Records the operations of one repository in the journal of one state folder."""

    def __init__(self, repository: str | Path | None = None, state_dir: str | Path | None = None) -> None:
        """Finds the repository.

        Args:
            repository: its folder, or the name by which it is watched: text without a slash is a name. None
                for the repository around the working directory.
            state_dir: the exporter's; None for ``$ALIGNWATCH_STATE_DIR``, else the user's own.

        Raises:
            UsageError: there is no such repository.
        """
        folder = Path(state_dir) if state_dir else default_state_dir()
        self._recorder = Recorder(journal_path(folder.absolute()))
        said = str(repository.absolute()) if isinstance(repository, Path) else repository
        self._subject = find_subject(said, self._recorder.journal)

    def operation(
        self,
        kind: Kind | str = Kind.ALIGN,
        *,
        branch: str | None = None,
        target: str | None = None,
        operation_id: str | None = None,
    ) -> "TrackedOperation":
        """One operation, for ``with`` or ``async with``.

        Args:
            kind: what is done: ``rebase``, ``merge``, ``cherry-pick``, ``pull``, ``am``, ``revert``, or
                ``align`` for a run of alignment code.
            branch: what is aligned; None for the branch that is checked out.
            target: what it is aligned to; None for the repository's first primary.
            operation_id: its name, where it has one already: what is recorded twice counts once.

        Raises:
            ValueError: there is no such kind.
        """
        return TrackedOperation(self._recorder, self._subject, Kind(kind), branch, target, operation_id)

    def close(self) -> None:
        """Closes the journal; the next operation opens it again."""
        self._recorder.close()


class TrackedOperation:
    """An operation that begins and ends with its block."""

    def __init__(
        self,
        recorder: Recorder,
        subject: Subject,
        kind: Kind,
        branch: str | None,
        target: str | None,
        operation_id: str | None,
    ) -> None:
        """For :meth:`Tracker.operation`."""
        self._recorder = recorder
        self._subject = subject
        self._kind = kind
        self._branch = branch
        self._target = target
        self._outcome: Outcome | None = None
        self.operation_id = operation_id or new_id(_SOURCE, time.time())
        """What it is recorded as."""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, as far as was said. After an exception it is no success, whatever was said.

        Raises:
            ValueError: set to what is no outcome.
        """
        return self._outcome

    @outcome.setter
    def outcome(self, value: Outcome | str) -> None:
        self._outcome = Outcome(value)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for the commands that it runs: the git commands among them count as parts of it.

        Without it the listener of ``alignwatch trace`` counts them as operations of their own.
        """
        return marked(os.environ)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """One part of it; parts may lie inside and beside each other.

        The time of the phase ``conflict_resolution`` is a person's and counts as waiting.

        Raises:
            ValueError: the name is empty, longer than 64 characters or cannot be printed.
        """
        lap = self._stopwatch.begin(name)
        try:
            yield
        finally:
            self._stopwatch.end(lap)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time in which a person is waited for: no part of its duration, nor of any phase's."""
        self._stopwatch.wait()
        try:
            yield
        finally:
            self._stopwatch.resume()

    def __enter__(self) -> Self:
        self._before = read_state(self._subject.folders, self._branch)
        self._target_before = self._target_tip()
        self._meter = Meter()
        self._started = time.time()
        self._stopwatch = Stopwatch()
        self._recorder.expect(self._announce)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recorder.record(self._announce, self._end(error))

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import asyncio

        await asyncio.to_thread(self._recorder.record, self._announce, self._end(error))

    def _announce(self) -> None:
        self._recorder.announce(self._running)

    def _running(self) -> Running:
        repository, branch, target = self._names()
        owner = process(os.getpid())
        return Running(
            self.operation_id, repository, self._kind, branch, target, self._started, _SOURCE, owner
        )

    def _end(self, error: BaseException | None) -> Callable[[], Operation]:
        """Measures now what can be put together later."""
        times, resources = self._stopwatch.read(), self._meter.read()
        after = read_state(self._subject.folders, self._branch or self._before.branch)
        halfway = stopped_halfway((), self._before, after)
        evidence = Evidence(self._before.tip, after.tip, self._target_tip(), halfway, self._target_before)
        outcome = self._judge(error, halfway)
        return partial(self._operation, times, resources, evidence, outcome)

    def _operation(
        self, times: Times, resources: Resources, evidence: Evidence, outcome: Outcome
    ) -> Operation:
        repository, branch, target = self._names()
        return Operation(
            operation_id=self.operation_id,
            repository=repository,
            kind=self._kind,
            branch=branch,
            target=target,
            started=self._started,
            duration=times.duration,
            outcome=outcome,
            resources=resources,
            source=_SOURCE,
            waiting=times.waiting,
            phases=times.phases,
            evidence=evidence,
        )

    def _names(self) -> tuple[str, str, str]:
        """Repository, branch and target."""
        watched = self._subject.watched(self._recorder.journal)
        usual = watched.primaries[0] if watched.primaries else ""
        return watched.name, self._branch or self._before.branch or "", self._target or usual

    def _judge(self, error: BaseException | None, halfway: bool) -> Outcome:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            return self._outcome or (Outcome.PAUSED if halfway else Outcome.SUCCESS)
        if self._outcome is not None and self._outcome not in SUCCESSFUL:
            return self._outcome
        # A cancelled task's exception is none of Exception's kind either.
        return Outcome.FAILED if isinstance(error, Exception | SystemExit) else Outcome.CANCELLED

    def _target_tip(self) -> str | None:
        return find_tip(self._subject.folders, self._target) if self._target else None
