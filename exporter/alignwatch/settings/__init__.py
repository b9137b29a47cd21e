"""The settings: every key, its type, its range, its default and what it means. A section a module.

``config/alignwatch.yaml`` shows each with its default, ``config/alignwatch.schema.json`` is generated
from here, and :mod:`alignwatch.settings_file` turns a file into these. All are frozen.
"""

from pathlib import Path

from alignwatch.settings.alerts import Alerts, Audit, Email, Escalation, Severity, Slack, Webhook
from alignwatch.settings.diagnostics import Diagnostics
from alignwatch.settings.hooks import Hook, HookEvent, Parent, Propagation
from alignwatch.settings.maintenance import Maintenance, MaintenanceTask, RunLimits, Window
from alignwatch.settings.monitoring import Forecast, Fsck, Monitoring
from alignwatch.settings.repositories import BranchSeries, Families, Repository, Target
from alignwatch.settings.servers import Links, Report, Server
from alignwatch.settings.tasks import (
    Backup,
    BackupVerification,
    CacheCleanup,
    CommitGraph,
    GitMaintenance,
    GitTask,
    JournalCompaction,
    LogRotation,
)
from alignwatch.settings.thresholds import RepositoryThresholds, Thresholds
from alignwatch.settings.values import Folder, Section
from alignwatch.settings.web import Web
from alignwatch.state_dir import default_state_dir

__all__ = [
    "OTHER_NAMES",
    "Alerts",
    "Audit",
    "Backup",
    "BackupVerification",
    "BranchSeries",
    "CacheCleanup",
    "CommitGraph",
    "Diagnostics",
    "Email",
    "Escalation",
    "Families",
    "Forecast",
    "Fsck",
    "GitMaintenance",
    "GitTask",
    "Hook",
    "HookEvent",
    "JournalCompaction",
    "Links",
    "LogRotation",
    "Maintenance",
    "MaintenanceTask",
    "Monitoring",
    "Parent",
    "Propagation",
    "Report",
    "Repository",
    "RepositoryThresholds",
    "RunLimits",
    "Server",
    "Settings",
    "Severity",
    "Slack",
    "Target",
    "Thresholds",
    "Web",
    "Webhook",
    "Window",
]

OTHER_NAMES = {
    "health_check_interval_sec": ("monitoring", "health_check_interval_seconds"),
    "performance_tracking": ("monitoring", "performance_tracking"),
    "alert_thresholds": ("monitoring", "alert_thresholds"),
    "maintenance_window_start": ("maintenance", "window_start"),
    "notification_channels": ("alerts", "channels"),
}
"""Names of the specification's table of settings, accepted at the top level: section and key of each."""


class Settings(Section, frozen=True):
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
        return self.monitoring.alert_thresholds.with_own(repository.alert_thresholds)
