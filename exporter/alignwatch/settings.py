"""The settings: every key, its type, its range, its default and what it means.

``config/alignwatch.yaml`` shows each with its default, ``config/alignwatch.schema.json`` is generated
from here, and :mod:`alignwatch.settings_file` turns a file into these. All are frozen.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType, field

from alignwatch.names import folder_name
from alignwatch.operation import Kind
from alignwatch.state_dir import default_state_dir

A_YEAR = 31_622_400
"""Seconds; what should never happen has a switch of its own rather than a huge number."""
Seconds = Annotated[float, Meta(gt=0, le=A_YEAR, description="seconds")]
Percent = Annotated[float, Meta(gt=0, le=100, description="percent")]
Objective = Annotated[float, Meta(gt=0, le=99.9, description="percent")]
"""Where nothing may ever fail there is no budget of failures whose use could be measured."""
RepeatInterval = Annotated[int, Meta(ge=300, le=432_000, description="seconds")]
"""Alertmanager looks every 300 seconds whether to send again, and forgets after five days that it did."""
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=128, examples=["main"])]
Pattern = Annotated[str, Meta(min_length=1, max_length=128, examples=["orchestration-*"])]
"""Branch names, as the shell matches file names."""
Phase = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="a phase's name, as the alignment code reports it",
        examples=["validation"],
    ),
]
OperationKind = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(Kind)})$",
        description=f"a kind of operation: {', '.join(Kind)}",
        examples=[Kind.REBASE.value],
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=1024)]
ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description='a time of day as "HH:MM", in quotes',
        examples=["02:00"],
    ),
]
Address = Annotated[
    str,
    Meta(
        pattern=r"^(\[[0-9a-fA-F:.]*\]|[^:\s]*):[0-9]{1,5}$",
        description='an address as "host:port"',
        examples=["127.0.0.1:9847"],
    ),
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/@]+(/\S*)?$",
        description="an address that begins with http:// or https://, without user and password",
        examples=["http://127.0.0.1:9090"],
    ),
]
UrlPath = Annotated[
    str,
    Meta(
        pattern=r"^/[A-Za-z0-9/_.-]+$",
        description="a path that begins with / and holds only letters, digits and / _ . -",
        examples=["/metrics"],
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
CheckId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z-]*$",
        max_length=64,
        description="a check's id in small letters and -",
        examples=["clock-synchronised"],
    ),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = Annotated[float, Meta(gt=0, le=36500, description="days")]
HeaderName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9-]+$",
        description="a header's name: letters, digits and -",
        examples=["X-Scope-OrgID"],
    ),
]
Folder = Annotated[
    str,
    Meta(min_length=1, description="a folder's path", examples=["/srv/git/app"], extra={"path": "folder"}),
]
"""A relative path starts at the folder of the configuration file."""
File = Annotated[
    str,
    Meta(min_length=1, description="a file's path", examples=["/etc/alignwatch/x"], extra={"path": "file"}),
]
"""As :data:`Folder`."""
Severity = Literal["info", "warning", "critical"]
Channel = Literal["email", "slack", "webhook"]

OTHER_NAMES = {
    "health_check_interval_sec": ("monitoring", "health_check_interval_seconds"),
    "performance_tracking": ("monitoring", "performance_tracking"),
    "alert_thresholds": ("monitoring", "alert_thresholds"),
    "maintenance_window_start": ("maintenance", "window_start"),
    "notification_channels": ("alerts", "channels"),
}
"""Names of the specification's table of settings, accepted at the top level: section and key of each."""


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in the file; a key that nobody reads is an error rather than a silence."""


USUAL_OPERATIONS: dict[str, float] = {Kind.REBASE: 600.0, Kind.PULL: 600.0, Kind.ALIGN: 1800.0}
"""Seconds. A pull may rebase. A run of alignment code has phases, which have thresholds of their own."""
USUAL_PHASES = {
    "safety_checks": 30.0,
    "backup_creation": 30.0,
    "rebase_operation": 600.0,
    "validation": 60.0,
    "cleanup": 30.0,
}
"""Seconds: the time limits of the alignment code; where it has none, that of one git command."""


class Thresholds(_Section, frozen=True):
    """What is too much. Each is published as ``alignment_threshold``, which the rules compare with."""

    cpu_percent: Percent = 80
    """Average CPU use of the host over the window above which it is degraded."""
    memory_percent: Percent = 85
    """Memory in use (total less available)."""
    memory_critical_percent: Percent = 97
    """Memory in use above which the host is unhealthy."""
    disk_percent: Percent = 90
    """Use of a file system as a user sees it (reserved blocks count as used)."""
    disk_critical_percent: Percent = 97
    """Use of a file system above which the host is unhealthy."""
    disk_full_within_seconds: Seconds = 86400
    """A file system that fills up steadily is told of when at its pace it is full within so long."""
    memory_pressure_percent: Percent = 20
    """Share of the time in which some task waits for memory."""
    io_pressure_percent: Percent = 80
    """Share of the time in which some task waits for a disk."""
    alignment_time_seconds: Seconds = 30
    """Duration of one operation of a kind not named below; a wait for a person is not counted."""
    operations: dict[OperationKind, Seconds] = field(default_factory=USUAL_OPERATIONS.copy)
    """Duration of one operation of this kind; what is left out is as by default."""
    phases: dict[Phase, Seconds] = field(default_factory=USUAL_PHASES.copy)
    """Duration of one phase of this name; one that is named nowhere is never too long."""
    alignment_failure_percent: Percent = 20
    """Share of operations lately that failed."""
    success_objective_percent: Objective = 90
    """Share of operations that should neither fail nor be unverified, over weeks."""
    conflict_growth_percent: Percent = 10
    """Percentage points by which the share of branches that conflict may grow within a day."""
    behind_growth_percent: Percent = 20
    """Growth a week, two weeks in a row, of how far half of a family's branches are behind."""
    uncomparable_branches: Count = 5
    """So many more branches than a day before that cannot be compared with their target."""
    unsaved_branches: Count = 20
    """So many more branches within a week with work that is in no primary, remote or backup."""
    lock_age_seconds: Seconds = 900
    """Age of a lock file that no git process explains."""
    stuck_after_seconds: Seconds = 7200
    """Age of an operation in progress after which nobody seems to be working on it."""
    loose_objects: Count = 20000
    """Loose objects in one repository."""
    packs: Count = 200
    """Pack files in one repository."""


USUAL_BACKUPS = (
    "heads/*-backup-[0-9]*",
    "heads/backup-*-[0-9]*",
    "heads/backup/*",
    "tags/archive/*/[0-9]*",
    "tags/*_backup_[0-9]*",
)
"""How people and scripts name their backups: ``topic-backup-20260112``, ``archive/topic/1768`` ... Without
the digit, work *on* backups would pass for one, and be taken for safe."""
USUAL_BOTS = ("*[[]bot[]]*", "*-bot <*", "*-agent <*")
"""``dependabot[bot] <...>`` and its like."""


class RepositoryThresholds(_Section, frozen=True):
    """Thresholds of one repository; what is left out is as under ``monitoring.alert_thresholds``."""

    alignment_time_seconds: Seconds | UnsetType = UNSET
    """Duration of one operation of a kind that is named nowhere."""
    operations: dict[OperationKind, Seconds] = {}
    """Duration of one operation of this kind."""
    phases: dict[Phase, Seconds] = {}
    """Duration of one phase of this name."""
    alignment_failure_percent: Percent | UnsetType = UNSET
    """Share of operations lately that failed."""
    success_objective_percent: Objective | UnsetType = UNSET
    """Share of operations that should neither fail nor be unverified, over weeks."""
    conflict_growth_percent: Percent | UnsetType = UNSET
    """Percentage points by which the share of branches that conflict may grow within a day."""
    behind_growth_percent: Percent | UnsetType = UNSET
    """Growth a week, two weeks in a row, of how far half of a family's branches are behind."""
    uncomparable_branches: Count | UnsetType = UNSET
    """So many more branches than a day before that cannot be compared with their target."""
    unsaved_branches: Count | UnsetType = UNSET
    """So many more branches within a week with work that is in no primary, remote or backup."""
    lock_age_seconds: Seconds | UnsetType = UNSET
    """Age of a lock file that no git process explains."""
    stuck_after_seconds: Seconds | UnsetType = UNSET
    """Age of an operation in progress after which nobody seems to be working on it."""
    loose_objects: Count | UnsetType = UNSET
    """Loose objects."""
    packs: Count | UnsetType = UNSET
    """Pack files."""


class Fsck(_Section, frozen=True):
    """How each repository is checked for corruption with ``git fsck``."""

    enabled: bool = True
    """``false`` where something else checks them."""
    interval_seconds: Seconds = 86400
    """Time between two checks of one repository."""
    deadline_seconds: Seconds = 3600
    """A check that takes longer is ended, and counts as failed."""
    full: bool = True
    """``false`` checks connectivity only: ten times faster, and blind to altered file contents."""


class Forecast(_Section, frozen=True):
    """How it is found out which branches would conflict with their targets: by merges that are tried out.

    Nothing is written to a repository, and all repositories take turns. Needs git 2.39.
    """

    enabled: bool = True
    """``false``: no merge is tried; whether a branch behind would conflict stays unknown."""
    interval_seconds: Annotated[float, Meta(ge=1, le=86400, description="seconds")] = 60
    """Seconds between two slices of work on one repository, while there is any."""
    slice_seconds: Annotated[float, Meta(ge=1, le=3600, description="seconds")] = 20
    """Length of a slice; a single merge that takes longer than half of it has failed."""
    collision_branches: Annotated[int, Meta(ge=0, le=1000)] = 50
    """So many of the most recently active branches of a repository are tried against each other; 0: none."""


class Monitoring(_Section, frozen=True):
    """What is looked at, and how often."""

    health_check_interval_seconds: Annotated[float, Meta(ge=1, le=86400, description="seconds")] = 60
    """Seconds between two looks at host, repositories, branches and processes."""
    performance_tracking: bool = True
    """Publish the alignment operations of the journal."""
    metrics_collection: bool = True
    """Publish the machine's own figures; ``false`` where node_exporter does."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least serious messages that are logged."""
    alert_thresholds: Thresholds = Thresholds()
    """What is too much."""
    cpu_window_seconds: Annotated[float, Meta(ge=1, le=86400, description="seconds")] = 300
    """The span over which CPU use is averaged."""
    probe_deadline_seconds: Seconds = 30
    """A probe that takes longer has failed."""
    operation_window_seconds: Annotated[float, Meta(ge=30, le=86400, description="seconds")] = 300
    """The sliding window of the extremes of durations: at least three scrapes."""
    disks: tuple[Folder, ...] = ()
    """Folders whose file systems are watched besides those of the repositories and the state folder."""
    process_patterns: tuple[Name, ...] = ("align",)
    """A process whose program or script name contains one of these words counts as an alignment."""
    fsck: Fsck = Fsck()
    """How repositories are checked for corruption."""
    forecast: Forecast = Forecast()
    """How conflicts are foreseen."""


class Email(_Section, frozen=True):
    """Where alerts go by email. Secrets are files, never values."""

    to: tuple[Text, ...] = ()
    """Addresses of those who are told."""
    sender: Text = "alignwatch@localhost"
    """The sender's address."""
    smarthost: Address | None = None
    """The mail server."""
    username: Text | None = None
    """The user at the mail server; ``null`` where it asks for none."""
    password_file: File | None = None
    """A file that holds the user's password."""
    require_tls: bool = True
    """Refuse to send without encryption."""


class Slack(_Section, frozen=True):
    """Where alerts go in Slack."""

    api_url_file: File | None = None
    """A file that holds the incoming webhook's address."""
    channel: Text | None = None
    """The channel or user, such as ``#alignment``; ``null`` for the webhook's own."""


class Webhook(_Section, frozen=True):
    """An address that takes Alertmanager's JSON: of a chat, a pager, a ticket system."""

    url: Url | None = None
    """Its address, where that is no secret."""
    url_file: File | None = None
    """A file that holds the address, where that is the secret. Needs Alertmanager 0.26."""
    token_file: File | None = None
    """A file that holds a bearer token to send with each message."""


class Escalation(_Section, frozen=True):
    """Who is told of critical alerts besides.

    When a fault becomes critical is up to the rules: a critical alert has the same name and expression as
    its warning, and waits longer.
    """

    to: tuple[Text, ...] = ()
    """Addresses that get mail, through the mail server of ``alerts.email``."""
    slack: Slack = Slack()
    """A Slack channel of their own."""
    repeat_interval_seconds: RepeatInterval = 14400
    """An alert that still fires is sent again after so long; a silence stops that."""


class Audit(_Section, frozen=True):
    """Whether Alertmanager tells the exporter what it has sent, and how."""

    token_file: File | None = None
    """A file that holds the token that Alertmanager proves itself with; ``null``: nothing is recorded."""
    url: Url | None = None
    """The exporter's base address as Alertmanager reaches it; default: where it listens."""


class Alerts(_Section, frozen=True):
    """How alerts reach people."""

    enabled: bool = True
    """``false``: alerts are seen in Alertmanager only."""
    channels: tuple[Channel, ...] = ("email",)
    """The ways in which alerts are sent."""
    severity_levels: tuple[Severity, ...] = ("info", "warning", "critical")
    """Severities that are sent; the others are seen in Alertmanager only."""
    notification_timeout_seconds: Seconds = 30
    """Handing one alert to Alertmanager may take so long; it then tries for five minutes to send it on."""
    repeat_interval_seconds: RepeatInterval = 43200
    """An alert that still fires is sent again after so long; a silence stops that."""
    email: Email = Email()
    """Where alerts go by email."""
    slack: Slack = Slack()
    """Where alerts go in Slack."""
    webhook: Webhook = Webhook()
    """Where alerts go as JSON."""
    escalation: Escalation = Escalation()
    """Who is told of critical alerts besides."""
    dead_mans_switch: Webhook = Webhook()
    """What is called every five minutes as long as alerting works, and raises the alarm when it is not."""
    audit: Audit = Audit()
    """Whether what was sent is recorded."""


class Window(_Section, frozen=True):
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


class RunLimits(_Section, frozen=True):
    """What one run of a task may use."""

    seconds: Seconds = 3600
    """A run that takes longer is ended."""
    nice: Annotated[int, Meta(ge=0, le=19)] = 10
    """How far it gives way to others on the processors; 19: as far as possible."""
    io_class: Literal["idle", "best-effort"] = "idle"
    """Whether it reads and writes only while nobody else does."""
    free_disk_percent: Annotated[float, Meta(ge=0, le=100, description="percent")] = 5
    """What takes room is not begun where less of the disk is free."""


class MaintenanceTask(_Section, frozen=True):
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


class LogRotation(_Section, frozen=True):
    """Logs that are put aside when they are large, and removed when they are old."""

    roots: tuple[Folder, ...] = ()
    """Only below these folders; none named: nothing is done."""
    files: Annotated[tuple[Pattern, ...], Meta(min_length=1)] = ("*.log",)
    """Names of logs."""
    larger_than_bytes: Annotated[int, Meta(ge=1, le=1 << 40)] = 10_000_000
    """A larger log is renamed to ``NAME.20260112T020000Z``."""
    keep: Count = 5
    """So many of the newest of one log that were put aside are kept."""
    older_than_days: Days = 90
    """Those that are older are removed in any case."""


class CacheCleanup(_Section, frozen=True):
    """Files of caches that nobody used for long, or that are too many."""

    roots: tuple[Folder, ...] = ()
    """Only below these folders; none named: nothing is done."""
    files: Annotated[tuple[Pattern, ...], Meta(min_length=1)] = ("*",)
    """Names of files."""
    older_than_days: Days = 30
    """Files that were neither read nor written for longer are removed."""
    larger_than_bytes: Annotated[int, Meta(ge=1, le=1 << 50)] | None = None
    """A folder that holds more loses its oldest files; ``null``: it may hold any amount."""


class JournalCompaction(_Section, frozen=True):
    """How long the journal keeps details; its totals stay for ever."""

    older_than_days: Days = 180
    """Details of operations and maintenance runs are removed when they are older."""


class StaleLockReport(_Section, frozen=True):
    """Which locks nobody holds any more. None is removed."""

    age_seconds: Seconds = 3600
    """Younger locks are left out."""


class Backup(_Section, frozen=True):
    """Where repositories are backed up, and how many backups are kept."""

    folder: Folder | None = None
    """It has to be there, outside of every repository; best on another disk. ``null``: no backups."""
    kind: Literal["bundle", "mirror"] = "bundle"
    """One file that git clones from, or a bare repository."""
    keep: Annotated[int, Meta(ge=1, le=10_000)] = 7
    """So many of the newest of one repository are kept, and always the last one that could be restored."""
    older_than_days: Days | None = None
    """Those that are older are removed before there are so many; ``null``: none is too old."""


class BackupVerification(_Section, frozen=True):
    """The newest backup of each repository is restored on trial, below the state folder."""

    age_seconds: Seconds = 172_800
    """An older one is no backup any more."""


GitTask = Literal["commit-graph", "loose-objects", "incremental-repack", "pack-refs", "gc"]
"""Those of ``git maintenance`` that fetch nothing."""


class GitMaintenance(_Section, frozen=True):
    """What git does to keep a repository quick and small."""

    tasks: Annotated[tuple[GitTask, ...], Meta(min_length=1)] = (
        "commit-graph",
        "loose-objects",
        "incremental-repack",
        "pack-refs",
    )
    """In this order. Of these only ``gc`` removes objects: not where others borrow them from a repository."""
    gc_keeps_days: Annotated[int, Meta(ge=1, le=36500)] = 30
    """``gc`` keeps what nothing leads to for so long, and all that a reflog names."""


class CommitGraph(_Section, frozen=True):
    """What a repository's commit-graph holds."""

    changed_paths: bool = True
    """Also which paths each commit changed: ``git log -- PATH`` and ``git blame`` get quicker."""


class MaintenanceDigest(_Section, frozen=True):
    """What the task ``digest`` tells people."""

    days: Days = 7
    """It covers so many."""


class Maintenance(_Section, frozen=True):
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


class Diagnostics(_Section, frozen=True):
    """How faults are found: what ``alignwatch doctor`` asks, and the exporter on a clock of its own."""

    enabled: bool = True
    """``false``: the exporter does not run the doctor's cheap checks."""
    interval_seconds: Annotated[float, Meta(ge=60, le=A_YEAR, description="seconds")] = 1800
    """Seconds between two rounds of them."""
    skip: tuple[CheckId, ...] = ()
    """Checks that nobody wants to hear of; see ``alignwatch doctor --list-checks``."""
    log_diagnostics: bool = True
    """What they find is logged, when it is new and when it is over."""
    bundle_on_critical: bool = False
    """When a critical alert is sent, a bundle of that moment is kept (``alignwatch doctor --bundle``); needs
    ``alerts.audit``."""
    performance_snapshots: bool = True
    """A bundle tells what the exporter is doing: its processes, its slowest probes, its metrics."""
    resource_profiling: bool = True
    """The metrics tell what operations used: processor time, memory, reads and writes."""


class Target(_Section, frozen=True):
    """Which primary the branches of a pattern are aligned to."""

    branches: Pattern
    """A pattern as the shell knows it: ``orchestration-*``."""
    target: Name
    """One of the repository's primaries."""


class BranchSeries(_Section, frozen=True):
    """Which branches get series of their own in Prometheus."""

    active_days: Annotated[float, Meta(ge=0, le=36500, description="days")] = 14
    """Branches whose tip is younger."""
    limit: Count = 200
    """At most so many, the youngest first."""


class Families(_Section, frozen=True):
    """How branch names are put into a bounded number of groups."""

    names: tuple[Name, ...] = ()
    """Families that always have a series."""
    limit: Annotated[int, Meta(ge=0, le=100)] = 12
    """So many of the largest others get one too; the rest is ``other``."""


class Repository(_Section, frozen=True):
    """One watched repository."""

    path: Folder
    """Work tree or bare repository."""
    name: Name | None = None
    """Label value; default: the folder's name."""
    primaries: Annotated[tuple[Name, ...], Meta(min_length=1)] = ("main",)
    """The branches that others are aligned to; the first is the default target."""
    targets: tuple[Target, ...] = ()
    """The first match wins; else the first primary."""
    never_merge: tuple[tuple[Name, Name], ...] = ()
    """Pairs of primaries whose divergence is wanted."""
    protected: tuple[Name, ...] = ()
    """Branches that are never proposed for deletion."""
    ignore: tuple[Pattern, ...] = ()
    """Patterns of branches that are not counted."""
    remotes: tuple[Name, ...] = ()
    """Remotes whose branches, as they were last fetched, are counted too: as ``origin/topic``."""
    backups: tuple[Pattern, ...] = USUAL_BACKUPS
    """Patterns of refs, without ``refs/``, that are backups: what they contain is safe."""
    bots: tuple[Pattern, ...] = USUAL_BOTS
    """Patterns of ``name <address>``; a branch whose last commit has such an author is a bot's."""
    branch_series: BranchSeries = BranchSeries()
    """Which branches get series of their own."""
    families: Families = Families()
    """How branch names are grouped."""
    alert_thresholds: RepositoryThresholds = RepositoryThresholds()
    """Thresholds of this repository alone."""

    @property
    def label(self) -> str:
        """The repository's name in labels, tables and reports."""
        return self.name or folder_name(Path(self.path))


class Web(_Section, frozen=True):
    """How the exporter is reached."""

    listen_addresses: Annotated[tuple[Address, ...], Meta(min_length=1)] = ("127.0.0.1:9847",)
    """Where the exporter listens; port 0 for any that is free."""
    telemetry_path: UrlPath = "/metrics"
    """Where Prometheus scrapes."""
    config_file: File | None = None
    """TLS and users, in exporter-toolkit's format."""
    max_requests: Annotated[int, Meta(ge=1, le=10_000)] = 40
    """Requests in work at once. Beyond that a new one gets 503 while passwords are checked, and the answer
    that its reader has left waiting longest is dropped."""

    @property
    def reachable(self) -> str:
        """Its first listen address as seen from its own machine: host:port."""
        return re.sub(r"^(0\.0\.0\.0|\[::\]|)(?=:)", "127.0.0.1", self.listen_addresses[0])


class Server(_Section, frozen=True):
    """How a server's HTTP API is reached. Secrets are files, never values."""

    url: Url | None = None
    """Base address, path included; default: the local stack's, if one runs."""
    bearer_token_file: File | None = None
    """A file that holds the token to send."""
    username: Text | None = None
    """The user for basic authentication."""
    password_file: File | None = None
    """A file that holds the user's password."""
    headers: dict[HeaderName, Text] = {}
    """Sent with each request, such as a tenant's id."""
    ca_file: File | None = None
    """Certificates of the authorities to trust; default: the system's."""


class Report(_Section, frozen=True):
    """Where the report's figures come from."""

    prometheus: Server = Server()
    """Anything that speaks Prometheus' query API."""
    alertmanager: Server = Server()
    """Where alerts are read, and where those that are sent from here go."""
    exporter: Server = Server()
    """The exporter with ``alerts.audit``, which knows what was sent."""
    timeout_seconds: Seconds = 10
    """One request may take so long."""


class Links(_Section, frozen=True):
    """Where people find more, as their browsers reach it: the exporter's page and messages link to it."""

    prometheus: Url | None = None
    """Its base address; default: that of ``report.prometheus``, else the local stack's, if one runs."""
    alertmanager: Url | None = None
    """Likewise."""
    grafana: Url | None = None
    """The address of Grafana, or of a dashboard there; messages of alerts then lead to panels there."""


HookEvent = Literal[
    "operation_ended",
    "operation_unverified",
    "branch_event",
    "health_changed",
    "maintenance_ended",
    "alert_sent",
]
HOOK_EVENTS: tuple[HookEvent, ...] = get_args(HookEvent)
"""What others can be told of; ``alert_sent`` needs ``alerts.audit``."""
HookName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=64,
        description="a name in small letters, digits and _",
        examples=["tell_team"],
    ),
]


class Hook(_Section, frozen=True):
    """A program of yours that is run when something has happened, with the event as JSON on its input."""

    name: HookName
    """In metrics and logs."""
    command: tuple[Text, ...] = ()
    """A program and its arguments. No shell sees them."""
    entry_point: Text | None = None
    """Instead of a command: a Python function, named by an entry point of the group ``alignwatch.hooks``."""
    events: tuple[HookEvent, ...] = ()
    """None named: all."""
    repositories: tuple[Name, ...] = ()
    """None named: all, and what concerns the whole machine."""
    timeout_seconds: Seconds = 30
    """What takes longer is ended."""


class Parent(_Section, frozen=True):
    """An address that is told of everything that has happened, by a signed POST, until it takes it."""

    name: HookName
    """In metrics and logs."""
    url: Url
    """Its address."""
    secret_file: File | None = None
    """A file that holds the key of the signature (Standard Webhooks); ``null``: not signed."""
    ca_file: File | None = None
    """Certificates of the authorities to trust; default: the system's."""
    events: tuple[HookEvent, ...] = ()
    """None named: all."""
    repositories: tuple[Name, ...] = ()
    """None named: all, and what concerns the whole machine."""
    timeout_seconds: Seconds = 10
    """One attempt may take so long."""


class Propagation(_Section, frozen=True):
    """How the programs above this one learn what it knows."""

    status_file: File | None = None
    """A file that always holds the present state as JSON; it is replaced, never half written."""
    parents: tuple[Parent, ...] = ()
    """Addresses that are told of everything that has happened."""


class Settings(_Section, frozen=True):
    """A whole configuration file."""

    state_dir: Folder | None = None
    """Journal, caches, the local stack's data; default: the user's state folder."""
    monitoring: Monitoring = Monitoring()
    """What is looked at, and how often."""
    alerts: Alerts = Alerts()
    """How alerts reach people."""
    maintenance: Maintenance = Maintenance()
    """When maintenance may run."""
    diagnostics: Diagnostics = Diagnostics()
    """What is kept for finding faults."""
    web: Web = Web()
    """How the exporter is reached."""
    report: Report = Report()
    """Where the report's figures come from."""
    links: Links = Links()
    """Where people find more."""
    hooks: tuple[Hook, ...] = ()
    """What is run when something has happened."""
    propagation: Propagation = Propagation()
    """How the programs above this one learn what it knows."""
    repositories: tuple[Repository, ...] = ()
    """The watched repositories. Default: the repository of the working directory."""

    @property
    def state_folder(self) -> Path:
        """Where journal, caches and the local stack's data are."""
        return Path(self.state_dir) if self.state_dir else default_state_dir()

    def thresholds_of(self, repository: Repository) -> Thresholds:
        """The thresholds that hold for one repository, with a duration for each kind of operation."""
        from msgspec import structs

        usual, own = self.monitoring.alert_thresholds, repository.alert_thresholds
        values = {name: value for name, value in structs.asdict(own).items() if value is not UNSET}
        otherwise = values.get("alignment_time_seconds", usual.alignment_time_seconds)
        values["operations"] = {
            **dict.fromkeys(Kind, otherwise),
            **USUAL_OPERATIONS,
            **usual.operations,
            **own.operations,
        }
        values["phases"] = {**USUAL_PHASES, **usual.phases, **own.phases}
        return structs.replace(usual, **values)
