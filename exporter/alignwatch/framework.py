"""The specification's class: everything of Alignwatch that another program needs, for one project.

    from alignwatch import Alert, MaintenanceMonitoringFramework

    framework = MaintenanceMonitoringFramework("/srv/git/app")
    if not framework.check_system_health().healthy:
        framework.send_alert(Alert(severity="warning", message="app should not be aligned now"))

Each method is thin over what the command of the same purpose uses. No Prometheus is needed but for a report
of more than this machine's journal. What cannot be known is None, or NaN in what is made to be compared.

Wrong arguments are a :class:`alignwatch.UsageError`, a wrong configuration file its subclass
:class:`alignwatch.ConfigurationError`, and what cannot be done, such as with a journal on a full disk, their
base :class:`alignwatch.AlignwatchError`. Nothing else is raised for arguments of the types that signatures
name, and valid input raises nothing as long as the state folder can be used.

Methods may be called from several threads at once, and after a fork. They wait for git and disks: in asyncio,
call them with ``asyncio.to_thread``.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from alignwatch import alerting
from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.git.discovery import containing_repository, git_dir
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.journal.store import Journal
from alignwatch.maintenance import scheduling
from alignwatch.probes.once import HEALTH, HOST_USE, look_once
from alignwatch.report.from_journal import build_from_journal, health_status, performance_metrics, span_of
from alignwatch.report.window import Window, parse_window
from alignwatch.results import (
    Alert,
    ComponentPerformance,
    DiagnosticReport,
    HealthStatus,
    MonitoringReport,
    NotificationResult,
    PerformanceMetrics,
    ResourceUse,
    ScheduleResult,
    Source,
    known,
)
from alignwatch.settings import Repository, Settings
from alignwatch.settings_file import load_settings
from alignwatch.stack import addresses
from alignwatch.state_dir import journal_path
from alignwatch.status import make_status
from alignwatch.text import printable

if TYPE_CHECKING:
    from alignwatch.profiling import Profile
    from alignwatch.report.schema import MonitoringReport as Specified

WINDOW = "24h"
"""What figures of operations are about, unless said otherwise."""


class MaintenanceMonitoringFramework:
    """Health, performance, maintenance, alerts, diagnostics and the report of one project."""

    def __init__(self, project_path: str | Path, config_path: str | Path | None = None) -> None:
        """Finds the project and reads the configuration.

        Args:
            project_path: the project's repository, or any folder in it.
            config_path: the configuration file; None for the defaults. Where it names the project's
                repository, what it says of it holds.

        Raises:
            ConfigurationError: the file is wrong.
            UsageError: the path is not there, or in no repository.
        """
        found = _repository_of(Path(project_path))
        self._config = Path(config_path) if config_path is not None else None
        self._settings = load_settings(self._config, found)
        self._project = structs.replace(self._settings, repositories=(_named(self._settings, found),))

    @property
    def repository(self) -> str:
        """The project's name in metrics, alerts and the journal."""
        return self._project.repositories[0].label

    def check_system_health(self) -> HealthStatus:
        """Looks at the machine, the repository and what is at work in it; takes about half a second.

        Processors are averaged over that time. Nothing is fetched or changed. A thorough check of objects is
        the exporter's (``monitoring.fsck``): its last result counts.
        """
        snapshot = look_once(self._project, HEALTH)
        status = make_status(snapshot, self._project)
        (repository,) = status.repositories
        failing = [f"{one.probe}: {one.error}" for one in status.failing_probes]
        return HealthStatus(
            **structs.asdict(health_status(status, snapshot)),
            verdict=status.verdict,
            findings=(*status.host.findings, *repository.findings, *failing),
        )

    def collect_performance_metrics(self, *, window: str = WINDOW) -> PerformanceMetrics:
        """What the project's operations of the last time took and used, from the journal.

        Args:
            window: its length: ``90s``, ``15m``, ``24h``, ``7d``.

        Raises:
            UsageError: this is no length of time.
            AlignwatchError: the journal cannot be used.
        """
        with self._journal() as journal:
            return performance_metrics(journal, self._project, _last(window))

    def schedule_maintenance_task(self, task: str, schedule: str) -> ScheduleResult:
        """Has a task done by a schedule from now on, as ``alignwatch maintenance schedule`` does.

        Whatever is wrong with what was asked for stands in the result.

        Args:
            task: a task's name, as ``alignwatch maintenance list`` shows it.
            schedule: a cron expression of five fields.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return scheduling.schedule_maintenance_task(self._settings, task, schedule)

    def send_alert(self, alert: Alert) -> NotificationResult:
        """Raises an alert, or keeps it going; while Alertmanager is away it waits in the journal.

        Raises:
            UsageError: the alert's name, severity or labels cannot be.
        """
        return alerting.send_alert(
            name=alert.name,
            severity=alert.severity,
            message=alert.message,
            description=alert.description,
            repository=alert.repository or self.repository,
            labels=alert.labels,
            config=self._settings,
        )

    def run_diagnostics(self) -> DiagnosticReport:
        """Does what ``alignwatch doctor`` does; a check that breaks stands in the result."""
        from alignwatch.diagnostics.doctor import chosen, context_of, examine

        checks = chosen(left_out=self._settings.diagnostics.skip)
        return examine(checks, context_of(self._project, self._config))

    def generate_monitoring_report(self, *, window: str = WINDOW) -> MonitoringReport:
        """The specification's report; ``as_json()`` of it is exactly that.

        From Prometheus where ``report.prometheus.url`` is set or ``alignwatch up`` runs; else, or where that
        fails, from the journal and a look at the machine. The report says which.

        Args:
            window: as for :meth:`collect_performance_metrics`.

        Raises:
            UsageError: this is no length of time.
            AlignwatchError: the journal cannot be used.
        """
        about, notes = _last(window), list[str]()
        if self._has_prometheus():
            try:
                return _with_source(self._from_prometheus(about, notes), "prometheus", notes)
            except AlignwatchError as error:
                notes.append(f"made without Prometheus: {error}")
        with self._journal() as journal, MaintenanceJournal(self._journal_path) as upkeep:
            report = build_from_journal(self._project, journal, upkeep, about)
        return _with_source(report, "journal", notes)

    def get_performance_metrics(self) -> PerformanceMetrics:
        """The same as :meth:`collect_performance_metrics`, by the name that Task 022 calls."""
        return self.collect_performance_metrics()

    def get_component_performance(self, *, window: str = WINDOW) -> dict[str, ComponentPerformance]:
        """How long each part of the project's successful operations took.

        A part is a phase; an operation without phases is one part with the name of its kind. What a person
        needs to resolve conflicts is left out.

        Args:
            window: as for :meth:`collect_performance_metrics`.

        Raises:
            UsageError: this is no length of time.
            AlignwatchError: the journal cannot be used.
        """
        with self._journal() as journal:
            found = journal.components(span_of(self._project, _last(window)))
        return {name: _component(seconds) for name, seconds in sorted(found.items())}

    def get_resource_usage(self) -> dict[str, ResourceUse]:
        """How much of ``cpu``, ``memory`` and ``disk`` (the fullest) is in use; takes about half a second."""
        host = make_status(look_once(self._project, HOST_USE), self._project).host
        use = {
            "cpu": host.cpu_percent,
            "memory": host.memory_percent,
            "disk": max(host.disk_percent.values(), default=None),
        }
        return {name: ResourceUse(percent=known(percent)) for name, percent in use.items()}

    def profile(self, *, baseline: str = "14d", window: str = "1d") -> "Profile":
        """How long each phase takes now against before, as ``alignwatch profile`` shows it.

        Args:
            baseline: length of the time before, such as ``14d``.
            window: length of the time until now, such as ``1d``.

        Raises:
            UsageError: one of them is no length of time.
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.profiling import make_profile, spans

        with self._journal() as journal:
            names = [one.label for one in self._project.repositories]
            return make_profile(journal, *spans(baseline, window, None, time.time(), names))

    @property
    def _journal_path(self) -> Path:
        return journal_path(self._settings.state_folder)

    def _journal(self) -> Journal:
        return Journal(self._journal_path)

    def _has_prometheus(self) -> bool:
        return bool(self._settings.report.prometheus.url or addresses.read(self._settings.state_folder))

    def _from_prometheus(self, window: Window, notes: list[str]) -> "Specified":
        from alignwatch.report.from_servers import report_from_servers

        return report_from_servers(self._settings, window, notes.append)


def _repository_of(folder: Path) -> Path:
    # What is not there, or cannot be a path, has folders above it, too.
    if not os.path.exists(folder):  # noqa: PTH110
        raise UsageError(f"{printable(str(folder))}: there is no such folder; give one in the project")
    found = containing_repository(folder)
    if found is None:
        raise UsageError(f"{printable(str(folder))}: not inside a git repository; give a path in the project")
    return found


def _named(settings: Settings, found: Path) -> Repository:
    """The project's repository as the configuration has it, else as it is."""
    # A linked work tree is another folder of the same repository.
    same = (one for one in settings.repositories if git_dir(Path(one.path)) == git_dir(found))
    return next(same, None) or load_settings(None, found).repositories[0]


def _last(window: str) -> Window:
    return parse_window(window, None, time.time())


def _component(seconds: list[float]) -> ComponentPerformance:
    total = sum(seconds)
    return ComponentPerformance(
        number=len(seconds), avg_time=total / len(seconds), max_time=max(seconds), total_time=total
    )


def _with_source(report: "Specified", source: Source, notes: list[str]) -> MonitoringReport:
    return MonitoringReport(**structs.asdict(report), source=source, notes=tuple(notes))
