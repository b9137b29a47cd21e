"""Runs a command as an alignment operation and records it in the journal."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from alignwatch.errors import AlignwatchError
from alignwatch.git.worktree_files import WorktreeState, find_tip, read_state
from alignwatch.journal.database import warn
from alignwatch.journal.running import Running, process
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.operation import Evidence, Kind, Operation, new_id
from alignwatch.tracking.outcome import judge, kind_of, stopped_halfway
from alignwatch.tracking.phase_pipe import PhasePipe
from alignwatch.tracking.process import Ended, Meanwhile, run, signals_held
from alignwatch.tracking.stopwatch import Stopwatch, Times
from alignwatch.tracking.subject import find_subject
from alignwatch.tracking.trace.call import read_call
from alignwatch.tracking.trace.mark import marked
from alignwatch.tracking.trace.sides import Sides, named_branch, sides

_SOURCE = "track"


class Request(NamedTuple):
    """What is to be run, and what is known about it. What is None is found out."""

    command: Sequence[str]
    kind: Kind | None = None
    branch: str | None = None
    target: str | None = None
    repository: str | None = None
    """As :func:`alignwatch.tracking.subject.find_subject` takes it."""
    timeout: float | None = None
    """Seconds."""


def track(request: Request, journal: Journal) -> int:
    """Runs the command with our standard streams, records it and returns its exit code.

    What keeps the journal from being written is said on standard error and changes nothing else.

    Raises:
        UsageError: there is no repository to record it for.
        NotRunError: the command could not be started; nothing was recorded.
    """
    attempt = _Attempt(request, journal)
    stopwatch = Stopwatch()
    with PhasePipe(stopwatch, warn) as pipe, signals_held() as mask:
        environment = pipe.named_in(marked(os.environ))
        meanwhile = Meanwhile(listen=pipe.read, announce=attempt.announce)
        ended = run(request.command, mask, environment, meanwhile, request.timeout)
        stopwatch.stop(ended.at)
        pipe.read()
        attempt.record(ended, stopwatch.read())
    return ended.exit_code


class _Attempt:
    """One operation from before its command starts until it is recorded."""

    def __init__(self, request: Request, journal: Journal) -> None:
        self._request = request
        self._journal = journal
        self._subject = find_subject(request.repository, journal)
        self._kind = request.kind or kind_of(request.command)
        self._call = read_call(self._kind, request.command)
        self._began = time.time()
        self._id = new_id(_SOURCE, self._began)
        self._before = read_state(self._subject.folders, request.branch or self._call.branch)
        self._branch = request.branch or self._call.branch or self._before.branch or ""
        self._said = request.target or self._call.named
        self._said_before = find_tip(self._subject.folders, self._said)

    def announce(self) -> None:
        """Notes that it is running."""
        with suppress(AlignwatchError):  # Recording will fail too, and say why.
            watched = self._subject.watched(self._journal)
            names = self._names(watched.primaries)
            self._journal.begin(
                Running(
                    operation_id=self._id,
                    repository=watched.name,
                    kind=self._kind,
                    branch=names.branch,
                    target=names.target,
                    started=self._began,
                    source=_SOURCE,
                    owner=process(os.getpid()),
                )
            )

    def record(self, ended: Ended, times: Times) -> None:
        """Records it, or says why that cannot be done."""
        after = read_state(self._subject.folders, self._branch)
        try:
            watched = self._subject.watched(self._journal)
            self._journal.record(self._operation(watched, ended, times, after))
        except AlignwatchError as error:
            warn(f"this operation is not recorded: {error}")

    def _operation(
        self, watched: RegisteredRepository, ended: Ended, times: Times, after: WorktreeState
    ) -> Operation:
        names = self._names(watched.primaries)
        return Operation(
            operation_id=self._id,
            repository=watched.name,
            kind=self._kind,
            branch=names.branch,
            target=names.target,
            started=ended.started,
            duration=max(0.0, ended.duration - times.waiting),
            outcome=judge(self._request.command, self._kind, ended, self._before, after),
            exit_code=ended.exit_code,
            resources=ended.resources,
            source=_SOURCE,
            waiting=times.waiting,
            phases=times.phases,
            evidence=self._evidence(names, after),
        )

    def _names(self, primaries: Sequence[str]) -> Sides:
        """As we were told, else as git was, else the branch at hand and the usual target."""
        if self._request.target:
            return Sides(self._branch, self._request.target)
        other = named_branch(self._said, primaries, self._subject.folders) if self._said else ""
        if other and self._request.branch is None:
            return sides(self._kind, self._branch, other, primaries)
        return Sides(self._branch, other or (primaries[0] if primaries else ""))

    def _evidence(self, names: Sides, after: WorktreeState) -> Evidence:
        folders, before = self._subject.folders, self._before
        halfway = stopped_halfway(self._request.command, before, after)
        if names.branch != self._branch:  # What was said is the branch, and lands on the one at hand.
            said_after = find_tip(folders, self._said)
            return Evidence(self._said_before, said_after, after.tip, halfway, target_before=before.tip)
        # What a pull brings is not what a branch of that name here points to.
        if self._kind is Kind.PULL:
            return Evidence(before.tip, after.tip, None, halfway)
        said_after = find_tip(folders, self._said)
        return Evidence(before.tip, after.tip, said_after, halfway, target_before=self._said_before)
