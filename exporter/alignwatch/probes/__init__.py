"""The probes: one question a file, and the one list of them all."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.git.command import Git
from alignwatch.journal.store import Journal
from alignwatch.probes.runner import Lane, Probe, Task
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import (
    HOST,
    CollisionsReading,
    CommitGraphReading,
    DivergenceReading,
    DoctorReading,
    FileSystemsReading,
    ForecastReading,
    FsckReading,
    HostReading,
    LostWorkReading,
    PrimariesReading,
    ProcessesReading,
    RepositoryReading,
    Snapshot,
    UnsavedReading,
)

if TYPE_CHECKING:
    from alignwatch.probes.divergence import DivergenceProbe

_HOST_SECONDS = 15.0
"""The host is sampled at least so often: an average wants many samples, and the first comes soon."""
_FSCK_LOOK_SECONDS = 300.0
"""How often it is asked whether a check is due."""
_MOVE_DEADLINES = 4
"""Judging a move may take so many deadlines: it may bring a hundred merges."""
_DOCTOR_WAIT_SECONDS = 60.0
"""What has just begun has enough to do, and is soon put in order where the last one was killed."""
_GRAPH_LOOK_SECONDS = 300.0
"""How often it is asked whether our commit-graph lacks much."""
_GRAPH_DEADLINE_SECONDS = 600.0


def tasks_of(settings: Settings, git: Git) -> tuple[Task, ...]:
    """All probes that a configuration asks for, each on its clock."""
    return (
        *_host_tasks(settings),
        *(task for one in settings.repositories for task in _repository_tasks(settings, one, git)),
    )


def _host_tasks(settings: Settings) -> Iterator[Task]:
    from alignwatch.probes.file_systems import FileSystemsProbe
    from alignwatch.probes.host import HostProbe
    from alignwatch.probes.processes import ProcessesProbe

    monitoring = settings.monitoring
    interval, deadline = monitoring.health_check_interval_seconds, monitoring.probe_deadline_seconds
    folders = [_existing(settings.state_folder), *map(Path, monitoring.disks)]
    folders += [Path(repository.path) for repository in settings.repositories]
    file_systems = FileSystemsProbe(folders, deadline / 2)
    host = HostProbe(monitoring.cpu_window_seconds)
    yield Task(HostReading.probe, HOST, host, min(interval, _HOST_SECONDS), deadline)
    yield Task(FileSystemsReading.probe, HOST, file_systems, interval, deadline)
    yield Task(ProcessesReading.probe, HOST, ProcessesProbe(monitoring.process_patterns), interval, deadline)


def _repository_tasks(settings: Settings, repository: Repository, git: Git) -> Iterator[Task]:
    from alignwatch.probes.commit_graph import CommitGraphProbe
    from alignwatch.probes.divergence import DivergenceProbe
    from alignwatch.probes.fsck import FsckProbe
    from alignwatch.probes.repository import RepositoryProbe
    from alignwatch.probes.unsaved import UnsavedProbe

    monitoring, path, label = settings.monitoring, Path(repository.path), repository.label
    interval, deadline = monitoring.health_check_interval_seconds, monitoring.probe_deadline_seconds
    quick = RepositoryProbe(git, path, deadline)
    divergence = DivergenceProbe(git, repository, deadline, cache_dir(settings))
    yield Task(RepositoryReading.probe, label, quick, interval, deadline)
    yield Task(DivergenceReading.probe, label, divergence, interval, deadline)
    yield Task(UnsavedReading.probe, label, UnsavedProbe(git, repository, deadline), interval, deadline)
    graph = CommitGraphProbe(
        git, path, divergence, cache_dir(settings), patience=deadline, deadline=_GRAPH_DEADLINE_SECONDS
    )
    longest = deadline + _GRAPH_DEADLINE_SECONDS
    yield Task(CommitGraphReading.probe, label, graph, _GRAPH_LOOK_SECONDS, longest, Lane.SLOW)
    if monitoring.fsck.enabled:
        fsck = FsckProbe(git, path, monitoring.fsck, cache_dir(settings))
        look_seconds = min(_FSCK_LOOK_SECONDS, monitoring.fsck.interval_seconds)
        # A finding is confirmed by a second run.
        longest = 2 * monitoring.fsck.deadline_seconds
        yield Task(FsckReading.probe, label, fsck, look_seconds, longest, Lane.SLOW)
    if monitoring.forecast.enabled:
        yield from _forecast_tasks(settings, repository, git, divergence)


def _forecast_tasks(
    settings: Settings, repository: Repository, git: Git, divergence: "DivergenceProbe"
) -> Iterator[Task]:
    from alignwatch.probes.collisions import CollisionsProbe
    from alignwatch.probes.forecast import ForecastProbe

    wanted, kept = settings.monitoring.forecast, cache_dir(settings)
    probes: dict[str, Probe] = {
        ForecastReading.probe: ForecastProbe(
            git, Path(repository.path), divergence, wanted.slice_seconds, kept
        )
    }
    if wanted.collision_branches:
        probes[CollisionsReading.probe] = CollisionsProbe(git, repository, divergence, wanted, kept)
    # They and the repositories take turns: none is late for having waited for all others.
    turn = max(wanted.interval_seconds, wanted.slice_seconds * len(probes) * len(settings.repositories))
    longest = 2 * wanted.slice_seconds + settings.monitoring.probe_deadline_seconds
    for name, probe in probes.items():
        yield Task(name, repository.label, probe, turn, longest, Lane.FORECAST)


def noting_tasks(settings: Settings, git: Git, journal: Journal) -> Iterator[Task]:
    """Probes that note what they find in the journal: for the exporter, and for nobody who looks once."""
    from alignwatch.probes.lost_work import LostWorkProbe
    from alignwatch.probes.primaries import PrimariesProbe

    monitoring = settings.monitoring
    interval, deadline = monitoring.health_check_interval_seconds, monitoring.probe_deadline_seconds
    for repository in settings.repositories:
        lost_work = LostWorkProbe(git, repository, journal, cache_dir(settings), deadline)
        yield Task(LostWorkReading.probe, repository.label, lost_work, interval, deadline)
        patience = _MOVE_DEADLINES * deadline
        primaries = PrimariesProbe(git, repository, journal, cache_dir(settings), deadline, patience)
        longest = 2 * (deadline + patience)
        yield Task(PrimariesReading.probe, repository.label, primaries, interval, longest, Lane.PRIMARIES)


def doctor_tasks(settings: Settings, config: Path | None) -> Iterator[Task]:
    """The doctor's cheap checks: for the exporter, since whoever looks once can ask the doctor himself.

    Args:
        settings: the configuration.
        config: the file that it comes from.
    """
    from alignwatch.probes.doctor import DEADLINE_SECONDS, DoctorProbe

    wanted = settings.diagnostics
    if wanted.enabled:
        yield Task(
            DoctorReading.probe,
            HOST,
            DoctorProbe(settings, config),
            wanted.interval_seconds,
            # It ends its process itself.
            DEADLINE_SECONDS + 5,
            Lane.DOCTOR,
            wait=_DOCTOR_WAIT_SECONDS,
        )


def remembered_tasks(settings: Settings, snapshot: Snapshot) -> Iterator[Task]:
    """For a look that cannot wait: what the slow probes found out until now, where they left something."""
    from alignwatch.probes.collisions import RememberedCollisions
    from alignwatch.probes.forecast import RememberedForecast
    from alignwatch.probes.fsck import RememberedFsck

    monitoring, kept = settings.monitoring, cache_dir(settings)
    for repository in settings.repositories:
        path, label = Path(repository.path), repository.label
        fsck = RememberedFsck(path, kept)
        yield Task(FsckReading.probe, label, fsck, monitoring.fsck.interval_seconds, 1.0)
        branches = snapshot.get(DivergenceReading, label)
        if monitoring.forecast.enabled and branches is not None:
            forecast = RememberedForecast(branches, path, kept)
            yield Task(ForecastReading.probe, label, forecast, monitoring.forecast.interval_seconds, 1.0)
            limit = monitoring.forecast.collision_branches
            collisions = RememberedCollisions(branches, repository, limit, kept)
            yield Task(CollisionsReading.probe, label, collisions, monitoring.forecast.interval_seconds, 1.0)


def cache_dir(settings: Settings) -> Path:
    """Where probes keep what a restart should not forget."""
    return settings.state_folder / "cache"


def _existing(folder: Path) -> Path:
    # The state folder is made when something is first kept; its file system is there before.
    return next(one for one in (folder, *folder.parents) if one.exists())
