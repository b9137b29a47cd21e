"""The sections of the maintenance tasks: what each is told."""

from typing import Annotated, Literal

from msgspec import Meta

from alignwatch.settings.values import Count, Folder, OneOrMore, Pattern, Seconds, Section

Days = Annotated[float, Meta(gt=0, le=36500, description="days")]
GitTask = Literal["commit-graph", "loose-objects", "incremental-repack", "pack-refs", "gc"]
"""Those of ``git maintenance`` that fetch nothing."""


class LogRotation(Section, frozen=True):
    """Logs that are put aside when they are large, and removed when they are old."""

    roots: tuple[Folder, ...] = ()
    """Only below these folders; none named: nothing is done."""
    files: OneOrMore[Pattern] = ("*.log",)
    """Names of logs."""
    larger_than_bytes: Annotated[int, Meta(ge=1, le=1 << 40)] = 10_000_000
    """A larger log is renamed to ``NAME.20260112T020000Z``."""
    keep: Count = 5
    """So many of the newest of one log that were put aside are kept."""
    older_than_days: Days = 90
    """Those that are older are removed in any case."""


class CacheCleanup(Section, frozen=True):
    """Files of caches that nobody used for long, or that are too many."""

    roots: tuple[Folder, ...] = ()
    """Only below these folders; none named: nothing is done."""
    files: OneOrMore[Pattern] = ("*",)
    """Names of files."""
    older_than_days: Days = 30
    """Files that were neither read nor written for longer are removed."""
    larger_than_bytes: Annotated[int, Meta(ge=1, le=1 << 50)] | None = None
    """A folder that holds more loses its oldest files; ``null``: it may hold any amount."""


class JournalCompaction(Section, frozen=True):
    """How long the journal keeps details; its totals stay for ever."""

    older_than_days: Days = 180
    """Details of operations and maintenance runs are removed when they are older."""


class StaleLockReport(Section, frozen=True):
    """Which locks nobody holds any more. None is removed."""

    age_seconds: Seconds = 3600
    """Younger locks are left out."""


class Backup(Section, frozen=True):
    """Where repositories are backed up, and how many backups are kept."""

    folder: Folder | None = None
    """It has to be there, outside of every repository; best on another disk. ``null``: no backups."""
    kind: Literal["bundle", "mirror"] = "bundle"
    """One file that git clones from, or a bare repository."""
    keep: Annotated[int, Meta(ge=1, le=10_000)] = 7
    """So many of the newest of one repository are kept, and always the last one that could be restored."""
    older_than_days: Days | None = None
    """Those that are older are removed before there are so many; ``null``: none is too old."""


class BackupVerification(Section, frozen=True):
    """The newest backup of each repository is restored on trial, below the state folder."""

    age_seconds: Seconds = 172_800
    """An older one is no backup any more."""


class GitMaintenance(Section, frozen=True):
    """What git does to keep a repository quick and small."""

    tasks: OneOrMore[GitTask] = ("commit-graph", "loose-objects", "incremental-repack", "pack-refs")
    """In this order. Of these only ``gc`` removes objects: not where others borrow them from a repository."""
    gc_keeps_days: Annotated[int, Meta(ge=1, le=36500)] = 30
    """``gc`` keeps what nothing leads to for so long, and all that a reflog names."""


class CommitGraph(Section, frozen=True):
    """What a repository's commit-graph holds."""

    changed_paths: bool = True
    """Also which paths each commit changed: ``git log -- PATH`` and ``git blame`` get quicker."""


class MaintenanceDigest(Section, frozen=True):
    """What the task ``digest`` tells people."""

    days: Days = 7
    """It covers so many."""
