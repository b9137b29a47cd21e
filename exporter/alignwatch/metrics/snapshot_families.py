"""From a snapshot to metric families. What is unknown has no sample."""

from collections import Counter
from collections.abc import Iterable, Mapping

from prometheus_client.core import Metric as Family

from alignwatch import health
from alignwatch.diagnostics.status import Status
from alignwatch.git.fsck import KINDS as FSCK_KINDS
from alignwatch.git.in_progress import OPERATIONS
from alignwatch.git.locks import KINDS as LOCK_KINDS
from alignwatch.metrics import catalogue
from alignwatch.metrics.branch_families import add_branches
from alignwatch.metrics.catalogue import Metric
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import (
    AlignmentProcess,
    DoctorReading,
    FileSystemsReading,
    FsckReading,
    HostHealth,
    HostReading,
    ProbeRun,
    ProcessesReading,
    ProcessHealth,
    RepositoryHealth,
    RepositoryReading,
    Snapshot,
)


def snapshot_families(snapshot: Snapshot, settings: Settings) -> list[Family]:
    """Everything that the probes know."""
    samples = Samples()
    _probes(samples, snapshot.runs.values())
    _doctor(samples, snapshot.get(DoctorReading))
    _host(samples, snapshot, settings)
    for repository in settings.repositories:
        _repository(samples, snapshot, settings, repository)
    return samples.families()


def _probes(samples: Samples, runs: Iterable[ProbeRun]) -> None:
    for run in sorted(runs, key=lambda run: (run.probe, run.repository)):
        labels = (run.probe, run.repository)
        samples.add(catalogue.PROBE_SUCCESS, run.ok, *labels)
        samples.add(catalogue.PROBE_DURATION, run.duration, *labels)
        samples.add(catalogue.PROBE_LAST_SUCCESS, run.last_success, *labels)
        samples.add(catalogue.PROBE_MAXIMUM_AGE, run.maximum_age, *labels)
        if run.reason is not None:
            samples.add(catalogue.PROBE_FAILURE, 1, *labels, run.reason.value)


def _doctor(samples: Samples, reading: DoctorReading | None) -> None:
    for check, holds in sorted(reading.statuses.items()) if reading is not None else ():
        for status in Status:
            samples.add(catalogue.DOCTOR_CHECK, status == holds, check, status.value)


def _host(samples: Samples, snapshot: Snapshot, settings: Settings) -> None:
    host, file_systems = snapshot.get(HostReading), snapshot.get(FileSystemsReading)
    state, _ = health.host_health(host, file_systems, settings.monitoring.alert_thresholds)
    samples.add_states(catalogue.HOST_HEALTH, HostHealth, state)
    if host is not None:
        samples.add(catalogue.HOST_CPU_RATIO, host.cpu_ratio)
        samples.add(catalogue.HOST_MEMORY_TOTAL, host.memory_total)
        samples.add(catalogue.HOST_MEMORY_AVAILABLE, host.memory_available)
        if settings.monitoring.metrics_collection:
            _machine(samples, host)
    for one in file_systems.file_systems if file_systems else ():
        samples.add(catalogue.FILESYSTEM_SIZE, one.size, one.mountpoint)
        samples.add(catalogue.FILESYSTEM_FREE, one.free, one.mountpoint)
        samples.add(catalogue.FILESYSTEM_AVAILABLE, one.available, one.mountpoint)
        samples.add(catalogue.FILESYSTEM_FILES, one.files, one.mountpoint)
        samples.add(catalogue.FILESYSTEM_FILES_FREE, one.files_free, one.mountpoint)


def _machine(samples: Samples, host: HostReading) -> None:
    _by_label(samples, catalogue.HOST_CPU_SECONDS, host.cpu_seconds)
    samples.add(catalogue.HOST_CPUS, host.cpus)
    for metric, load in zip(
        (catalogue.HOST_LOAD1, catalogue.HOST_LOAD5, catalogue.HOST_LOAD15), host.load, strict=True
    ):
        samples.add(metric, load)
    samples.add(catalogue.HOST_SWAP_TOTAL, host.swap_total)
    samples.add(catalogue.HOST_SWAP_FREE, host.swap_free)
    for disk in host.disks:
        samples.add(catalogue.HOST_DISK_READ_BYTES, disk.read_bytes, disk.device)
        samples.add(catalogue.HOST_DISK_WRITTEN_BYTES, disk.written_bytes, disk.device)
        samples.add(catalogue.HOST_DISK_READS, disk.reads, disk.device)
        samples.add(catalogue.HOST_DISK_WRITES, disk.writes, disk.device)
    _by_label(samples, catalogue.HOST_PRESSURE, host.pressure_seconds)


def _by_label(samples: Samples, metric: Metric, values: Mapping[str, float]) -> None:
    for label, value in values.items():
        samples.add(metric, value, label)


def _repository(samples: Samples, snapshot: Snapshot, settings: Settings, repository: Repository) -> None:
    label, thresholds = repository.label, settings.thresholds_of(repository)
    reading = snapshot.get(RepositoryReading, label)
    fsck = snapshot.get(FsckReading, label)
    processes = snapshot.get(ProcessesReading)
    run = snapshot.run(RepositoryReading, label)
    state, _ = health.repository_health(run, fsck, thresholds, snapshot.taken)
    samples.add_states(catalogue.REPOSITORY_HEALTH, RepositoryHealth, state, label)
    activity, _ = health.process_health(processes, reading, thresholds, snapshot.taken)
    samples.add_states(catalogue.PROCESS_HEALTH, ProcessHealth, activity, label)
    if reading is not None:
        _repository_reading(samples, label, reading)
    if processes is not None and reading is not None:
        _processes(samples, label, health.processes_in(processes, reading))
    if fsck is not None:
        samples.add(catalogue.FSCK_TIMESTAMP, fsck.finished, label)
        samples.add(catalogue.FSCK_DURATION, fsck.duration, label)
        for kind in FSCK_KINDS:
            samples.add(catalogue.FSCK_PROBLEM, fsck.problems.get(kind, False), label, kind)
    add_branches(samples, snapshot, repository)


def _repository_reading(samples: Samples, label: str, reading: RepositoryReading) -> None:
    for metric, value in (
        (catalogue.REPOSITORY_BRANCHES, reading.branches),
        (catalogue.REPOSITORY_WORKTREES, len(reading.worktrees)),
        (catalogue.LOOSE_OBJECTS, reading.loose_objects),
        (catalogue.LOOSE_BYTES, reading.loose_bytes),
        (catalogue.PACKS, reading.packs),
        (catalogue.PACK_BYTES, reading.pack_bytes),
        (catalogue.GARBAGE_FILES, reading.garbage_files),
        (catalogue.BROKEN_REFS, len(reading.broken_refs)),
    ):
        samples.add(metric, value, label)
    for kind in LOCK_KINDS:
        locks = [lock for lock in reading.locks if lock.kind == kind]
        samples.add(catalogue.REPOSITORY_LOCKS, len(locks), label, kind)
        unexplained = [lock.since for lock in locks if not lock.held]
        samples.add(catalogue.REPOSITORY_LOCK_OLDEST, min(unexplained, default=None), label, kind)
    for operation in OPERATIONS:
        begun = [one.since for one in reading.in_progress if one.operation == operation]
        samples.add(catalogue.IN_PROGRESS, len(begun), label, operation)
        samples.add(catalogue.IN_PROGRESS_OLDEST, min(begun, default=None), label, operation)


def _processes(samples: Samples, label: str, processes: Iterable[AlignmentProcess]) -> None:
    found = list(processes)
    for operation, count in sorted(Counter(one.operation for one in found).items()):
        samples.add(catalogue.PROCESSES, count, label, operation)
    samples.add(catalogue.PROCESS_OLDEST, min((one.started for one in found), default=None), label)
