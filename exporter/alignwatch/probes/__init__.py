"""The probes: one question a file, and the one list of them all."""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.probes.runner import Task
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import (
    HOST,
    DivergenceReading,
    FileSystemsReading,
    FsckReading,
    HostReading,
    ProcessesReading,
    RepositoryReading,
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
        yield Task(FsckReading.probe, label, fsck, look_seconds, longest, slow=True)


def remembered_tasks(settings: Settings) -> Iterator[Task]:
    """For a look that cannot wait: what the slow probes found last, where they left something."""
    from alignwatch.probes.fsck import RememberedFsck

    for repository in settings.repositories:
        fsck = RememberedFsck(Path(repository.path), cache_dir(settings))
        yield Task(FsckReading.probe, repository.label, fsck, settings.monitoring.fsck.interval_seconds, 1.0)


def cache_dir(settings: Settings) -> Path:
    """Where probes keep what a restart should not forget."""
    return settings.state_folder / "cache"


def _existing(folder: Path) -> Path:
    # The state folder is made when something is first kept; its file system is there before.
    return next(one for one in (folder, *folder.parents) if one.exists())
