"""The probes: one question a file, and the one list of them all."""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.probes.runner import Lane, Task
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import (
    HOST,
    DivergenceReading,
    FileSystemsReading,
    ForecastReading,
    FsckReading,
    HostReading,
    ProcessesReading,
    RepositoryReading,
    Snapshot,
)

_HOST_SECONDS = 15.0
"""The host is sampled at least so often: an average wants many samples, and the first comes soon."""
_FSCK_LOOK_SECONDS = 300.0
"""How often it is asked whether a check is due."""


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
    from alignwatch.probes.divergence import DivergenceProbe
    from alignwatch.probes.forecast import ForecastProbe
    from alignwatch.probes.fsck import FsckProbe
    from alignwatch.probes.repository import RepositoryProbe

    monitoring, path, label = settings.monitoring, Path(repository.path), repository.label
    interval, deadline = monitoring.health_check_interval_seconds, monitoring.probe_deadline_seconds
    quick = RepositoryProbe(git, path, deadline)
    divergence = DivergenceProbe(git, repository, deadline)
    yield Task(RepositoryReading.probe, label, quick, interval, deadline)
    yield Task(DivergenceReading.probe, label, divergence, interval, deadline)
    if monitoring.fsck.enabled:
        fsck = FsckProbe(git, path, monitoring.fsck, cache_dir(settings))
        look_seconds = min(_FSCK_LOOK_SECONDS, monitoring.fsck.interval_seconds)
        # A finding is confirmed by a second run.
        longest = 2 * monitoring.fsck.deadline_seconds
        yield Task(FsckReading.probe, label, fsck, look_seconds, longest, Lane.SLOW)
    if monitoring.forecast.enabled:
        slice_seconds = monitoring.forecast.slice_seconds
        forecast = ForecastProbe(git, path, divergence, slice_seconds, cache_dir(settings))
        # The repositories take turns: none is late for having waited for all others.
        turn = max(monitoring.forecast.interval_seconds, slice_seconds * len(settings.repositories))
        yield Task(ForecastReading.probe, label, forecast, turn, 2 * slice_seconds + deadline, Lane.FORECAST)


def remembered_tasks(settings: Settings, snapshot: Snapshot) -> Iterator[Task]:
    """For a look that cannot wait: what the slow probes found out until now, where they left something."""
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


def cache_dir(settings: Settings) -> Path:
    """Where probes keep what a restart should not forget."""
    return settings.state_folder / "cache"


def _existing(folder: Path) -> Path:
    # The state folder is made when something is first kept; its file system is there before.
    return next(one for one in (folder, *folder.parents) if one.exists())
