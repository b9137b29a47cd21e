"""Readings of a made-up machine and repository, for tests of what is made of them."""

from dataclasses import replace

from alignwatch.git.fsck import KINDS
from alignwatch.snapshot import (
    HOST,
    AlignmentProcess,
    Branch,
    BranchState,
    Collision,
    CollisionsReading,
    DiskCounters,
    DivergenceReading,
    FileSystem,
    FileSystemsReading,
    ForecastReading,
    FsckReading,
    HostReading,
    InProgress,
    Lock,
    ProbeRun,
    ProcessesReading,
    Reading,
    Reason,
    RepositoryReading,
    Snapshot,
    UnsavedReading,
    Verdict,
)

NOW = 1_700_000_000.0
GIB = 1 << 30

HOST_READING = HostReading(
    cpu_seconds={"user": 100.0, "system": 20.0, "idle": 880.0},
    cpus=2,
    cpu_ratio=0.12,
    cpu_window=300.0,
    load=(0.5, 0.4, 0.3),
    memory_total=8 * GIB,
    memory_available=6 * GIB,
    swap_total=GIB,
    swap_free=GIB,
    disks=(DiskCounters("vda", 1000, 2000, 10, 20),),
    pressure_seconds={"cpu": 1.5, "memory": 0.0, "io": 2.5},
)
FILE_SYSTEMS = FileSystemsReading((FileSystem("/srv", 100 * GIB, 50 * GIB, 40 * GIB, 1000, 900),))
REPOSITORY = RepositoryReading(
    path="/srv/app",
    worktrees=("/srv/app", "/srv/app-fix"),
    head="main",
    head_exists=True,
    branches=5,
    locks=(Lock("index", "/srv/app/.git/index.lock", NOW - 60, held=False),),
    in_progress=(InProgress("rebase", "/srv/app-fix", "fix", NOW - 120),),
    loose_objects=10,
    loose_bytes=40960,
    packs=1,
    pack_bytes=4096,
    garbage_files=0,
    broken_refs=(),
    gc_log=False,
)
FSCK = FsckReading(NOW - 3600, 2.5, True, 0, dict.fromkeys(KINDS, False), ())
PROCESSES = ProcessesReading((AlignmentProcess(42, "rebase", NOW - 30, "/srv/app-fix"),))


def branch(
    name: str, state: BranchState, ahead: int | None, behind: int | None, age: float = 3600.0
) -> Branch:
    """A branch whose family is the word before its slash."""
    return Branch(
        name=name,
        target="main",
        family=name.split("/")[0],
        state=state,
        tip="1" * 40,
        tip_time=None if ahead is None else NOW - age,
        ahead=ahead,
        behind=behind,
        merge_base_time=None if ahead is None else NOW - age - 60,
    )


DIVERGENCE = DivergenceReading(
    branches=(
        branch("main", BranchState.MERGED, 0, 0),
        branch("bolt/a", BranchState.BEHIND, 3, 7),
        branch("bolt/b", BranchState.ALIGNED, 1, 0, age=30 * 86400.0),
        branch("bolt/c", BranchState.UNKNOWN, None, None),
        branch('fix/"quoted"\\', BranchState.ORPHAN, 2, 9),
    ),
    ignored=2,
    target_tips={"main": "2" * 40},
)
FORECAST = ForecastReading({("1" * 40, "2" * 40): Verdict(False, 7)}, pending=3, failed=1, problem="odd")
"""Of ``bolt/a``."""

COLLISIONS = CollisionsReading(
    partners={("bolt/a", "1" * 40): 1, ("bolt/b", "1" * 40): 1, ("gone", "1" * 40): 0},
    collisions=(Collision("bolt/a", "bolt/b", "main", 2),),
    done=4,
    pending=0,
    failed=1,
    problem="odd",
)

UNSAVED = UnsavedReading({"1" * 40: 3}, branches=3, commits=5, oldest=NOW - 86400, unknown=1, problem="odd")
"""Of every branch of these, which share a tip."""


def good(value: Reading, repository: str = HOST, started: float = NOW - 5) -> ProbeRun:
    """A run that succeeded."""
    return ProbeRun(value.probe, repository, started, 0.01, value, None, None, started, 210.0)


def bad(kind: type[Reading], reason: Reason, error: str, repository: str = HOST) -> ProbeRun:
    """A run that failed and had never succeeded."""
    return ProbeRun(kind.probe, repository, NOW - 5, 0.01, None, reason, error, None, 210.0)


def snapshot(*runs: ProbeRun, taken: float = NOW) -> Snapshot:
    """A snapshot of these runs."""
    return Snapshot(taken, {(run.probe, run.repository): run for run in runs})


def whole(label: str = "app") -> Snapshot:
    """A snapshot in which every probe succeeded."""
    return snapshot(
        good(HOST_READING),
        good(FILE_SYSTEMS),
        good(PROCESSES),
        good(REPOSITORY, label),
        good(replace(FSCK), label),
        good(DIVERGENCE, label),
    )
