"""The section ``monitoring``: what is looked at, and how often."""

from typing import Annotated, Literal

from msgspec import Meta

from alignwatch.settings.thresholds import Thresholds
from alignwatch.settings.values import Folder, Name, Seconds, Section

Interval = Annotated[float, Meta(ge=1, le=86400, description="seconds")]


class Fsck(Section, frozen=True):
    """How each repository is checked for corruption with ``git fsck``."""

    enabled: bool = True
    """``false`` where something else checks them."""
    interval_seconds: Seconds = 86400
    """Time between two checks of one repository."""
    deadline_seconds: Seconds = 3600
    """A check that takes longer is ended, and counts as failed."""
    full: bool = True
    """``false`` checks connectivity only: ten times faster, and blind to altered file contents."""


class Forecast(Section, frozen=True):
    """How it is found out which branches would conflict with their targets: by merges that are tried out.

    Nothing is written to a repository, and all repositories take turns. Needs git 2.39.
    """

    enabled: bool = True
    """``false``: no merge is tried; whether a branch behind would conflict stays unknown."""
    interval_seconds: Interval = 60
    """Seconds between two slices of work on one repository, while there is any."""
    slice_seconds: Annotated[float, Meta(ge=1, le=3600, description="seconds")] = 20
    """Length of a slice; a single merge that takes longer than half of it has failed."""
    collision_branches: Annotated[int, Meta(ge=0, le=1000)] = 50
    """So many of the most recently active branches of a repository are tried against each other; 0: none."""


class Monitoring(Section, frozen=True):
    """What is looked at, and how often."""

    health_check_interval_seconds: Interval = 60
    """Seconds between two looks at host, repositories, branches and processes."""
    performance_tracking: bool = True
    """Publish the alignment operations of the journal."""
    metrics_collection: bool = True
    """Publish the machine's own figures; ``false`` where node_exporter does."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least serious messages that are logged."""
    alert_thresholds: Thresholds = Thresholds()
    """What is too much."""
    cpu_window_seconds: Interval = 300
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
