"""The rules of health: from readings and thresholds to a state, and to the reasons in words.

All of them stand here and nowhere else, and they are pure. The worst finding decides. What is unknown
(None) gives no finding; without any finding, an unknown reading gives an unknown state, because nobody
has seen that all is well.

| of         | state       | while                                                                       |
|------------|-------------|-----------------------------------------------------------------------------|
| host       | unhealthy   | memory or a file system is above its critical threshold                     |
|            | degraded    | CPU (averaged), memory or a file system is above its threshold, or a file   |
|            |             | system of interest cannot be looked at                                      |
| repository | unreachable | it cannot be read: missing, refused, too slow, no git, git fails            |
|            | corrupt     | refs name no object, or fsck found damaged objects, packs or refs           |
|            | degraded    | a lock or an operation seems left behind, loose objects or packs are too    |
|            |             | many, files among the objects are none, git's automatic clean-up gave up,   |
|            |             | or what is damaged can be rebuilt (index, commit-graph)                     |
| processes  | stuck       | an operation in progress or an alignment process is older than its limit    |
|            | running     | there are younger ones only                                                 |
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePath
from typing import Generic, NamedTuple, TypeVar

from alignwatch.errors import ExitCode
from alignwatch.names import legible
from alignwatch.settings import Thresholds
from alignwatch.snapshot import (
    AlignmentProcess,
    FileSystemsReading,
    FsckReading,
    HostHealth,
    HostReading,
    InProgress,
    ProbeRun,
    ProcessesReading,
    ProcessHealth,
    Reason,
    RepositoryHealth,
    RepositoryReading,
)

State = TypeVar("State", bound=StrEnum)
Verdict = tuple[State | None, tuple[str, ...]]
"""A state, None where it is unknown, and the reasons for it in words, the gravest first."""

_REBUILDABLE = frozenset({"commit_graph", "index"})
"""Kinds of ``alignwatch.git.fsck.KINDS`` whose loss costs no history: git makes them anew."""
_UNHEALTHY = frozenset({HostHealth.UNHEALTHY, RepositoryHealth.CORRUPT, RepositoryHealth.UNREACHABLE})
_WARNING = frozenset({HostHealth.DEGRADED, RepositoryHealth.DEGRADED, ProcessHealth.STUCK})


class _Finding(NamedTuple, Generic[State]):
    state: State
    words: str


def host_health(
    host: HostReading | None, file_systems: FileSystemsReading | None, thresholds: Thresholds
) -> Verdict[HostHealth]:
    """The machine's health; processors are judged as soon as there is an average of them."""
    findings = [*_host_findings(host, thresholds), *_file_system_findings(file_systems, thresholds)]
    seen = host is not None and file_systems is not None
    return _verdict(findings, HostHealth.HEALTHY if seen else None)


def repository_health(
    run: ProbeRun | None, fsck: FsckReading | None, thresholds: Thresholds, now: float
) -> Verdict[RepositoryHealth]:
    """One repository's health.

    Args:
        run: the newest run of the repository's quick probe; one too old is as good as none.
        fsck: the last check for corruption, while it is fresh.
        thresholds: those that hold for this repository.
        now: seconds since the epoch.
    """
    if run is not None and now - run.started > run.maximum_age:
        run = None
    reading = run.value if run is not None and isinstance(run.value, RepositoryReading) else None
    findings = [
        *_reachability_findings(run),
        *_repository_findings(reading, thresholds, now),
        *_fsck_findings(fsck),
    ]
    return _verdict(findings, RepositoryHealth.OPTIMAL if reading is not None else None)


def process_health(
    processes: ProcessesReading | None,
    repository: RepositoryReading | None,
    thresholds: Thresholds,
    now: float,
) -> Verdict[ProcessHealth]:
    """What is at work in one repository: operations in progress and alignment processes."""
    findings = [] if repository is None else list(_work_findings(processes, repository, thresholds, now))
    seen = processes is not None and repository is not None
    return _verdict(findings, ProcessHealth.IDLE if seen else None)


def processes_in(processes: ProcessesReading, repository: RepositoryReading) -> tuple[AlignmentProcess, ...]:
    """The alignment processes that stand in a repository's folder or in one of its work trees.

    Both sides are as the kernel and the probe resolved them: links are not followed here.
    """
    folders = (repository.path, *repository.worktrees)
    return tuple(
        process
        for process in processes.processes
        if process.folder is not None
        and any(PurePath(process.folder).is_relative_to(folder) for folder in folders)
    )


def overall(states: Iterable[str | None], runs: Iterable[ProbeRun]) -> ExitCode:
    """The exit code that says it all: 3 unhealthy, 4 warnings or a failing probe, else 0."""
    found = set(states)
    if found & _UNHEALTHY:
        return ExitCode.UNHEALTHY
    if found & _WARNING or not all(run.ok for run in runs):
        return ExitCode.WARNINGS
    return ExitCode.OK


def _verdict(findings: Iterable[_Finding[State]], otherwise: State | None) -> Verdict[State]:
    ranked = sorted(findings, key=_gravity, reverse=True)
    return ranked[0].state if ranked else otherwise, tuple(legible(finding.words) for finding in ranked)


def _gravity(finding: _Finding[State]) -> int:
    # The states of each kind of health are declared from well to worst.
    return list(type(finding.state)).index(finding.state)


def _host_findings(host: HostReading | None, thresholds: Thresholds) -> Iterator[_Finding[HostHealth]]:
    if host is None:
        return
    if host.cpu_ratio is not None and host.cpu_ratio * 100 > thresholds.cpu_percent:
        words = (
            f"CPU: {host.cpu_ratio:.1%} busy over {host.cpu_window:.0f} s, above {thresholds.cpu_percent:g} %"
        )
        yield _Finding(HostHealth.DEGRADED, words)
    yield from _use(
        "memory", host.memory_ratio, thresholds.memory_percent, thresholds.memory_critical_percent
    )


def _file_system_findings(
    reading: FileSystemsReading | None, thresholds: Thresholds
) -> Iterator[_Finding[HostHealth]]:
    if reading is None:
        return
    for one in reading.file_systems:
        yield from _use(
            one.mountpoint, one.used_ratio, thresholds.disk_percent, thresholds.disk_critical_percent
        )
    for folder in reading.failed:
        yield _Finding(HostHealth.DEGRADED, f"{folder}: does not exist, or its file system does not answer")


def _use(what: str, ratio: float, limit: float, critical: float) -> Iterator[_Finding[HostHealth]]:
    for state, percent in ((HostHealth.UNHEALTHY, critical), (HostHealth.DEGRADED, limit)):
        if ratio * 100 > percent:
            yield _Finding(state, f"{what}: {ratio:.1%} in use, above {percent:g} %")
            return


def _reachability_findings(run: ProbeRun | None) -> Iterator[_Finding[RepositoryHealth]]:
    # A fault of ours says nothing about the repository.
    if run is not None and run.reason not in (None, Reason.INTERNAL):
        yield _Finding(RepositoryHealth.UNREACHABLE, run.error or f"cannot be read: {run.reason}")


def _repository_findings(
    reading: RepositoryReading | None, thresholds: Thresholds, now: float
) -> Iterator[_Finding[RepositoryHealth]]:
    if reading is None:
        return
    if reading.broken_refs:
        words = f"{len(reading.broken_refs)} broken refs, such as {reading.broken_refs[0]}"
        yield _Finding(RepositoryHealth.CORRUPT, words)
    for words in _left_behind(reading, thresholds, now):
        yield _Finding(RepositoryHealth.DEGRADED, words)
    for count, limit, what in (
        (reading.loose_objects, thresholds.loose_objects, "loose objects"),
        (reading.packs, thresholds.packs, "packs"),
        (reading.garbage_files, 0, "files that are none among the objects"),
    ):
        if count > limit:
            yield _Finding(RepositoryHealth.DEGRADED, f"{count} {what}, above {limit}")
    if reading.gc_log:
        yield _Finding(RepositoryHealth.DEGRADED, "git's automatic clean-up gave up; gc.log says why")


def _left_behind(reading: RepositoryReading, thresholds: Thresholds, now: float) -> Iterator[str]:
    for lock in reading.locks:
        if not lock.held and now - lock.since > thresholds.lock_age_seconds:
            yield f"{lock.path}: locked for {_age(now - lock.since)}, and no git process explains it"
    for one in reading.in_progress:
        if now - one.since > thresholds.stuck_after_seconds:
            yield _in_progress(one, now)


def _fsck_findings(fsck: FsckReading | None) -> Iterator[_Finding[RepositoryHealth]]:
    damaged = {kind for kind, found in fsck.problems.items() if found} if fsck is not None else set()
    if fsck is not None and damaged:
        state = RepositoryHealth.DEGRADED if damaged <= _REBUILDABLE else RepositoryHealth.CORRUPT
        first = f": {fsck.messages[0]}" if fsck.messages else ""
        yield _Finding(state, f"git fsck found damage ({', '.join(sorted(damaged))}){first}")


def _work_findings(
    processes: ProcessesReading | None, repository: RepositoryReading, thresholds: Thresholds, now: float
) -> Iterator[_Finding[ProcessHealth]]:
    work = [(one.since, _in_progress(one, now)) for one in repository.in_progress]
    for process in processes_in(processes, repository) if processes is not None else ():
        words = f"{process.operation}: process {process.pid} at work for {_age(now - process.started)}"
        work.append((process.started, words))
    for since, words in work:
        stuck = now - since > thresholds.stuck_after_seconds
        yield _Finding(ProcessHealth.STUCK if stuck else ProcessHealth.RUNNING, words)


def _in_progress(one: InProgress, now: float) -> str:
    branch = one.branch or "a detached HEAD"
    return f"{one.operation} of {branch} in {one.worktree}: in progress for {_age(now - one.since)}"


def _age(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
