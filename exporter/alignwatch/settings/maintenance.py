"""The section ``maintenance``: what is done at regular times, and when."""

from typing import Annotated, Literal

from msgspec import Meta

from alignwatch.settings.tasks import (
    Backup,
    BackupVerification,
    CacheCleanup,
    CommitGraph,
    GitMaintenance,
    JournalCompaction,
    LogRotation,
    MaintenanceDigest,
    StaleLockReport,
)
from alignwatch.settings.values import Name, Seconds, Section, Text

ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description='a time of day as "HH:MM", in quotes',
        examples=["02:00"],
    ),
]
Task = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=64,
        description="a task's name in small letters, digits and _",
        examples=["log_rotation"],
    ),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Window(Section, frozen=True):
    """A time in which maintenance may run."""

    start: ClockTime
    """Its first minute."""
    end: ClockTime
    """The minute at which it is over; it may lie on the next day."""
    weekdays: tuple[Weekday, ...] = ()
    """The days on which it begins; none named: every day."""
    time_zone: Text | None = None
    """IANA name; default: that of ``maintenance.time_zone``."""
    repositories: tuple[Name, ...] = ()
    """Those that it is for; none named: all of them, and what concerns the whole machine."""


class RunLimits(Section, frozen=True):
    """What one run of a task may use."""

    seconds: Seconds = 3600
    """A run that takes longer is ended."""
    nice: Annotated[int, Meta(ge=0, le=19)] = 10
    """How far it gives way to others on the processors; 19: as far as possible."""
    io_class: Literal["idle", "best-effort"] = "idle"
    """Whether it reads and writes only while nobody else does."""
    free_disk_percent: Annotated[float, Meta(ge=0, le=100, description="percent")] = 5
    """What takes room is not begun where less of the disk is free."""


class MaintenanceTask(Section, frozen=True):
    """One task with a schedule or limits of its own."""

    task: Task
    """What is done."""
    name: Task | None = None
    """What it is called; default: as what is done. Needed where one thing is done in two ways."""
    schedule: Text | None = None
    """Cron expression of five fields; default: that of ``maintenance.schedule``."""
    time_zone: Text | None = None
    """IANA name of the schedule's time zone; default: that of ``maintenance.time_zone``."""
    repositories: tuple[Name, ...] = ()
    """Those that it is done for; none named: all."""
    any_time: bool = False
    """``true``: it needs no window to be open."""
    command: tuple[Text, ...] = ()
    """For the task ``command``: a program and its arguments. No shell sees them."""
    limits: RunLimits | None = None
    """Default: ``maintenance.limits``."""
    expected_freed_bytes: Annotated[int, Meta(ge=0, le=1 << 50)] = 0
    """Of a run that frees less, an alert tells."""

    @property
    def label(self) -> str:
        """The task's name in labels, tables and commands."""
        return self.name or self.task


class Maintenance(Section, frozen=True):
    """What is done at regular times, and when. During the window alerts are held back."""

    enabled: bool = True
    """``false``: no maintenance, and no window."""
    schedule: Text = "0 2 * * *"
    """When maintenance starts: a cron expression of five fields."""
    window_start: ClockTime = "02:00"
    """The daily window's first minute."""
    window_end: ClockTime = "04:00"
    """The minute at which the window is over; it may lie on the next day."""
    time_zone: Text = "UTC"
    """IANA name of the time zone of schedule and window."""
    automated_tasks: tuple[Task, ...] = ("log_rotation", "cache_cleanup", "backup_verification")
    """What is done, in this order."""
    driver: Literal["external", "exporter"] = "external"
    """Who starts what is due: a timer (``alignwatch maintenance install``), or the exporter."""
    windows: tuple[Window, ...] = ()
    """In place of ``window_start`` and ``window_end``, where one daily window is not enough."""
    tasks: tuple[MaintenanceTask, ...] = ()
    """Tasks with a schedule or limits of their own, besides ``automated_tasks``."""
    limits: RunLimits = RunLimits()
    """What one run of a task may use."""
    grace_seconds: Seconds = 7200
    """A task may begin so long after it was due; then it was missed."""
    patience_seconds: Annotated[float, Meta(ge=0, le=86400, description="seconds")] = 900
    """A task waits so long for work on its repository to end; then it is put off."""
    log_rotation: LogRotation = LogRotation()
    """Which logs are put aside and removed."""
    cache_cleanup: CacheCleanup = CacheCleanup()
    """Which caches are cleaned."""
    journal_compaction: JournalCompaction = JournalCompaction()
    """How long the journal keeps details."""
    stale_lock_report: StaleLockReport = StaleLockReport()
    """Which locks are reported."""
    digest: MaintenanceDigest = MaintenanceDigest()
    """What the digest covers."""
    git_maintenance: GitMaintenance = GitMaintenance()
    """What git does in each repository."""
    commit_graph: CommitGraph = CommitGraph()
    """What is written into each repository's commit-graph."""
    backup: Backup = Backup()
    """Where repositories are backed up."""
    backup_verification: BackupVerification = BackupVerification()
    """What is expected of backups."""
