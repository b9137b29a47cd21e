"""The settings: every key, its type, its range, its default and what it means.

``config/alignwatch.yaml`` shows each with its default, ``config/alignwatch.schema.json`` is generated
from here, and :mod:`alignwatch.settings_file` turns a file into these. All are frozen.
"""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from alignwatch.names import folder_name
from alignwatch.operation import Kind
from alignwatch.state_dir import default_state_dir

A_YEAR = 31_622_400
"""Seconds; what should never happen has a switch of its own rather than a huge number."""
Seconds = Annotated[float, Meta(gt=0, le=A_YEAR, description="seconds")]
Percent = Annotated[float, Meta(gt=0, le=100, description="percent")]
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
Channel = Literal["email", "slack"]

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
    alignment_time_seconds: Seconds = 30
    """Duration of one operation of a kind not named below; a wait for a person is not counted."""
    operations: dict[OperationKind, Seconds] = field(default_factory=USUAL_OPERATIONS.copy)
    """Duration of one operation of this kind; what is left out is as by default."""
    phases: dict[Phase, Seconds] = field(default_factory=USUAL_PHASES.copy)
    """Duration of one phase of this name; one that is named nowhere is never too long."""
    alignment_failure_percent: Percent = 20
    """Share of operations lately that failed."""
    lock_age_seconds: Seconds = 900
    """Age of a lock file that no git process explains."""
    stuck_after_seconds: Seconds = 7200
    """Age of an operation in progress after which nobody seems to be working on it."""
    loose_objects: Count = 20000
    """Loose objects in one repository."""
    packs: Count = 200
    """Pack files in one repository."""


USUAL_BACKUPS = (
    "heads/*-backup-*",
    "heads/backup-*",
    "heads/backup/*",
    "tags/archive/*/*",
    "tags/*_backup_*",
)
"""How people and scripts name their backups: ``topic-backup-20260112``, ``archive/topic/1768`` ..."""
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


class Alerts(_Section, frozen=True):
    """How alerts reach people."""

    enabled: bool = True
    """``false``: alerts are seen in Alertmanager only."""
    channels: tuple[Channel, ...] = ("email",)
    """The ways in which alerts are sent."""
    severity_levels: tuple[Severity, ...] = ("info", "warning", "critical")
    """Severities that are sent; the others are seen in Alertmanager only."""
    notification_timeout_seconds: Seconds = 30
    """Sending one notification may take so long."""
    email: Email = Email()
    """Where alerts go by email."""
    slack: Slack = Slack()
    """Where alerts go in Slack."""


class Maintenance(_Section, frozen=True):
    """When maintenance may run. During the window alerts are held back."""

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


class Diagnostics(_Section, frozen=True):
    """What is kept for finding faults. Nothing reads these yet."""

    log_diagnostics: bool = True
    """Log lines."""
    performance_snapshots: bool = True
    """What the machine was doing when something was slow."""
    resource_profiling: bool = True
    """What each operation used."""


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
    """Where alerts are read."""
    timeout_seconds: Seconds = 10
    """One request may take so long."""


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
