"""The contract between probes and metrics: what was seen, when, and whether looking succeeded.

Probes produce readings, the runner wraps each in a :class:`ProbeRun`, a :class:`Snapshot` holds the
newest run of every probe. All are frozen. Times are seconds since the epoch, sizes are bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol, TypeVar

HOST = ""
"""In place of a repository's name, for what concerns the whole machine."""


class BranchState(StrEnum):
    """How a branch stands to its target; exactly one holds."""

    MERGED = "merged"
    """Nothing in it that the target lacks (ahead = 0)."""
    ALIGNED = "aligned"
    """Ahead, and nothing behind."""
    CLEAN = "clean"
    """Behind, and a merge would not conflict."""
    CONFLICTING = "conflicting"
    """Behind, and a merge would conflict."""
    BEHIND = "behind"
    """Behind, and whether a merge would conflict has not been computed."""
    ORPHAN = "orphan"
    """No common history."""
    APART = "apart"
    """A primary that must never be merged with its target: what parts them is wanted."""
    UNKNOWN = "unknown"
    """Could not be computed."""


class Author(StrEnum):
    """Who made a branch's tip."""

    PERSON = "person"
    BOT = "bot"


class HostHealth(StrEnum):
    """Health of the machine; the rules are in :mod:`alignwatch.health`."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class RepositoryHealth(StrEnum):
    """Health of one repository; the rules are in :mod:`alignwatch.health`."""

    OPTIMAL = "optimal"
    DEGRADED = "degraded"
    CORRUPT = "corrupt"
    UNREACHABLE = "unreachable"


class ProcessHealth(StrEnum):
    """What the alignment processes of one repository are doing."""

    IDLE = "idle"
    RUNNING = "running"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class DiskCounters:
    """What one block device has done since the machine started."""

    device: str
    read_bytes: int
    written_bytes: int
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class HostReading:
    """The machine's processors, memory and block devices."""

    probe: ClassVar[str] = "host"
    cpu_seconds: Mapping[str, float]
    """Seconds by mode (user, system, idle, iowait ...), all processors together, since start."""
    cpus: int
    cpu_ratio: float | None
    """Share of time not idle, averaged over ``cpu_window``; None until there are two samples."""
    cpu_window: float
    """Seconds that the average really spans."""
    load: tuple[float, float, float]
    memory_total: int
    memory_available: int
    swap_total: int
    swap_free: int
    disks: tuple[DiskCounters, ...]
    pressure_seconds: Mapping[str, float]
    """Seconds in which at least one task waited for cpu, memory or io; empty where the kernel is silent."""

    @property
    def memory_ratio(self) -> float:
        """Share of memory in use, 0 to 1."""
        return 1 - self.memory_available / self.memory_total if self.memory_total else 0.0


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One file system of interest."""

    mountpoint: str
    size: int
    free: int
    available: int
    """What is left for a user: free less what is reserved for root."""
    files: int
    files_free: int

    @property
    def used_ratio(self) -> float:
        """Share in use as ``df`` shows it, 0 to 1: reserved blocks count as used."""
        used = self.size - self.free
        return used / (used + self.available) if used + self.available else 0.0


@dataclass(frozen=True, slots=True)
class FileSystemsReading:
    """The file systems that hold repositories, state folder and configured folders."""

    probe: ClassVar[str] = "file_systems"
    file_systems: tuple[FileSystem, ...]
    failed: tuple[str, ...] = ()
    """Folders whose file system did not answer in time or at all."""


@dataclass(frozen=True, slots=True)
class DoctorReading:
    """What the doctor's cheap checks came to; the texts are in the log."""

    probe: ClassVar[str] = "doctor"
    statuses: Mapping[str, str]
    """Check -> its status, a value of :class:`alignwatch.diagnostics.check.Status`."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file in a repository."""

    kind: str
    """One of ``alignwatch.git.locks.KINDS``."""
    path: str
    since: float
    held: bool
    """Whether a git process at work in this repository explains it."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """An operation begun and not ended in one worktree."""

    operation: str
    """One of ``alignwatch.git.in_progress.OPERATIONS``."""
    worktree: str
    branch: str | None
    since: float


@dataclass(frozen=True, slots=True)
class RepositoryReading:
    """What a quick look at one repository tells."""

    probe: ClassVar[str] = "repository"
    path: str
    """Where refs and objects are; links are resolved, here and in the work trees."""
    worktrees: tuple[str, ...]
    """Folders of all work trees; none for a bare repository without linked ones."""
    head: str | None
    """The branch HEAD is on; None when detached."""
    head_exists: bool
    """False for a HEAD on a branch that has no commit yet (a new or a bare imported repository)."""
    branches: int
    locks: tuple[Lock, ...]
    in_progress: tuple[InProgress, ...]
    loose_objects: int
    loose_bytes: int
    packs: int
    pack_bytes: int
    garbage_files: int
    broken_refs: tuple[str, ...]
    gc_log: bool
    """git's last automatic clean-up failed and it has stopped trying."""


@dataclass(frozen=True, slots=True)
class FsckReading:
    """The result of the last ``git fsck``."""

    probe: ClassVar[str] = "fsck"
    finished: float
    duration: float
    full: bool
    exit_code: int
    problems: Mapping[str, bool]
    """For each kind of ``alignwatch.git.fsck.KINDS``, whether it was found."""
    messages: tuple[str, ...]
    """The first lines that git said, for people."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch against its target."""

    name: str
    target: str
    family: str
    state: BranchState
    tip: str
    tip_time: float | None
    ahead: int | None
    behind: int | None
    merge_base_time: float | None
    """Time of the newest common commit."""
    conflict_files: int | None = None
    """Files that a merge into the target would leave in conflict; None where that is not known."""
    author: Author | None = None
    unsaved: int | None = None
    """Commits in it that are in no primary, on no remote and in no backup; None where that is not known."""
    collisions: int | None = None
    """Other active branches that it would conflict with; None where that is not known or not asked."""
    conflict_growth: int | None = None
    """By how many ``conflict_files`` has grown in about a week; None where that is not known."""
    remote: str | None = None
    """Whose branch it is, as it was last fetched; None for one of the repository's own."""


@dataclass(frozen=True, slots=True)
class NeverMerge:
    """How far two primaries that must never be merged have parted."""

    branch: str
    target: str
    ahead: int | None
    """Commits of ``branch`` that ``target`` lacks; None where one is missing or it could not be computed."""
    behind: int | None


@dataclass(frozen=True, slots=True)
class DivergenceReading:
    """All branches of one repository against their targets."""

    probe: ClassVar[str] = "divergence"
    branches: tuple[Branch, ...]
    ignored: int
    target_tips: Mapping[str, str] = field(default_factory=dict)
    """Target -> the commit it is at; the missing ones are absent."""
    missing_targets: tuple[str, ...] = ()
    problem: str | None = None
    """Why some states are unknown, for people."""
    never_merge: tuple[NeverMerge, ...] = ()
    """The configured pairs."""


@dataclass(frozen=True, slots=True)
class CommitGraphReading:
    """The commit-graph that we keep for one repository, so that git finds its history sooner."""

    probe: ClassVar[str] = "commit_graph"
    commits: int
    """How many it holds; 0 where the repository has one of its own, or needs none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a merge that was only tried out came to."""

    clean: bool
    conflict_files: int
    """Files with conflicts. Folders that were renamed in two ways conflict without one."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """How a branch stood some days ago."""

    days: int
    conflict_files: int
    behind: int


@dataclass(frozen=True, slots=True)
class ForecastReading:
    """Which branches of one repository would conflict with their targets, as far as that was tried."""

    probe: ClassVar[str] = "forecast"
    verdicts: Mapping[tuple[str, str], Verdict]
    """By the commits of branch and target."""
    pending: int
    """Pairs still to be tried."""
    failed: int
    """Pairs that could not be tried, for now."""
    problem: str | None = None
    """Why, for one of them, for people."""
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    """How branches stood a week ago, or as near to that as is known."""

    @property
    def done(self) -> int:
        """Pairs that were tried."""
        return len(self.verdicts)

    @property
    def complete(self) -> bool:
        """Whether everything that can be known is known."""
        return not (self.pending or self.failed)


@dataclass(frozen=True, slots=True)
class PrimariesReading:
    """Whether the histories of one repository's primaries have been judged up to where they are.

    What was found is in the journal.
    """

    probe: ClassVar[str] = "primaries"
    tips: Mapping[str, str]
    """Primary -> the commit up to which its history is judged; the missing ones are absent."""


@dataclass(frozen=True, slots=True)
class UnsavedReading:
    """Work of one repository that is in no primary, on no remote and in no backup."""

    probe: ClassVar[str] = "unsaved"
    commits_of: Mapping[str, int]
    """Tip of a branch -> its unsaved commits. Absent where that is not known; 0 for all that is safe."""
    branches: int
    """Those with unsaved commits."""
    commits: int
    """Distinct unsaved ones, all branches together."""
    oldest: float | None
    """Commit time of the oldest; None if there are none."""
    unknown: int = 0
    """Branches of which it is not known; they are in none of the figures."""
    problem: str | None = None
    """Why, for people."""


@dataclass(frozen=True, slots=True)
class LostWorkReading:
    """Whether branches of one repository that vanished took work with them.

    What was found is in the journal.
    """

    probe: ClassVar[str] = "lost_work"
    suspects: int
    """Branches that vanished, or were moved away from what they held, and are not judged yet."""


@dataclass(frozen=True, slots=True)
class Collision:
    """Two branches that would conflict with each other if both landed."""

    one: str
    other: str
    target: str
    """Of both."""
    conflict_files: int
    """Files that both changed and that would conflict. Folders renamed in two ways conflict without one."""


@dataclass(frozen=True, slots=True)
class CollisionsReading:
    """Which active branches of one repository would conflict with each other, as far as that was tried."""

    probe: ClassVar[str] = "collisions"
    partners: Mapping[tuple[str, str], int]
    """Branch and its tip -> how many others it collides with; absent until it is compared with all."""
    collisions: tuple[Collision, ...]
    """The youngest branches first."""
    done: int
    """Pairs that touch the same files, and were tried: no others can collide."""
    pending: int
    """Pairs still to be tried."""
    failed: int
    """Pairs that could not be tried, for now."""
    problem: str | None = None
    """Why, for one of them, for people."""

    @property
    def complete(self) -> bool:
        """Whether everything that can be known is known."""
        return not (self.pending or self.failed)


@dataclass(frozen=True, slots=True)
class AlignmentProcess:
    """A running process that changes history, or that names an alignment."""

    pid: int
    operation: str
    """git's subcommand, or ``alignment`` for a process known by its name."""
    started: float
    folder: str | None
    """Its working directory; None where we may not know."""


@dataclass(frozen=True, slots=True)
class ProcessesReading:
    """The alignment processes of the machine."""

    probe: ClassVar[str] = "processes"
    processes: tuple[AlignmentProcess, ...]


class Reason(StrEnum):
    """Why a probe failed; bounded, fit for a label."""

    TIMEOUT = "timeout"
    MISSING = "missing"
    OWNERSHIP = "ownership"
    PERMISSION = "permission"
    NO_GIT = "no_git"
    GIT = "git"
    INTERNAL = "internal"


class Reading(Protocol):
    """What a probe returns; its class says which probe."""

    probe: ClassVar[str]


AnyReading = TypeVar("AnyReading", bound=Reading)


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """One run of one probe."""

    probe: str
    repository: str
    started: float
    duration: float
    value: Reading | None
    """None when it failed."""
    reason: Reason | None
    error: str | None
    """One line for people; None on success."""
    last_success: float | None
    maximum_age: float
    """Seconds after which the value is too old to be shown."""

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest run of every probe, at one moment."""

    taken: float
    runs: Mapping[tuple[str, str], ProbeRun] = field(default_factory=dict)
    """By probe and repository (:data:`HOST` for the machine)."""

    def get(self, kind: type[AnyReading], repository: str = HOST) -> AnyReading | None:
        """The fresh reading of a kind; None where it is unknown or too old."""
        run = self.run(kind, repository)
        if run is None or self.taken - run.started > run.maximum_age:
            return None
        return run.value if isinstance(run.value, kind) else None

    def run(self, kind: type[Reading], repository: str = HOST) -> ProbeRun | None:
        """The newest run of the probe that gives this reading, fresh or not."""
        return self.runs.get((kind.probe, repository))
