"""The sections of the report without Prometheus: from one look at everything, and from the journal.

What an exporter's averages, Prometheus' history of alerts and Alertmanager would add is not there. All
figures are of this machine, and of the repositories of the settings.
"""

import time
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.journal.performance import Figures, Span
from alignwatch.journal.store import Journal
from alignwatch.maintenance.cron import frequency, next_due
from alignwatch.maintenance.schedule import current_tasks
from alignwatch.probes.once import HEALTH, look_once
from alignwatch.report.alerts import alert_id, described
from alignwatch.report.build import session
from alignwatch.report.figures import MEGABYTE, PERCENT, ratio, rounded
from alignwatch.report.health import PROCESS, REPOSITORY, SYSTEM, worst_of
from alignwatch.report.schema import (
    AlignmentOperations,
    GeneratedAlert,
    HealthStatus,
    MaintenanceSchedule,
    MonitoringReport,
    PerformanceMetrics,
    ResourceUsage,
    ResourceUtilization,
)
from alignwatch.report.window import Window
from alignwatch.settings import Settings
from alignwatch.snapshot import HostReading, Snapshot
from alignwatch.status import Status, make_status
from alignwatch.text import timestamp

_MOST_ALERTS = 20_000


def build_from_journal(
    settings: Settings, journal: Journal, upkeep: MaintenanceJournal, window: Window
) -> MonitoringReport:
    """Makes the report; looking takes about half a second.

    Args:
        settings: the configuration, complete.
        journal: of operations, and of what Alertmanager says that it has sent.
        upkeep: the same journal's maintenance.
        window: what the report is about; it ends now.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    started = time.time()
    snapshot = look_once(settings, HEALTH)
    performance = performance_metrics(journal, settings, window)
    alerts = list(_alerts(journal, window))
    schedule = _maintenance(settings, upkeep, window.end)
    return MonitoringReport(
        monitoring_session=session(started, time.time()),
        health_status=health_status(make_status(snapshot, settings), snapshot),
        performance_metrics=performance,
        alerts_generated=alerts,
        maintenance_schedule=schedule,
    )


def health_status(status: Status, snapshot: Snapshot) -> HealthStatus:
    """The worst over everything that was looked at."""
    host = snapshot.get(HostReading)
    used = host.memory_total - host.memory_available if host else None
    return HealthStatus(
        system_health=worst_of([status.host.health], SYSTEM),
        repository_health=worst_of([one.health for one in status.repositories], REPOSITORY),
        process_health=worst_of([one.processes for one in status.repositories], PROCESS),
        resource_utilization=ResourceUtilization(
            cpu_percent=status.host.cpu_percent,
            memory_mb=rounded(used, 1 / MEGABYTE),
            disk_percent=max(status.host.disk_percent.values(), default=None),
        ),
    )


def performance_metrics(journal: Journal, settings: Settings, window: Window) -> PerformanceMetrics:
    """The operations that ended in the window.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    found = journal.figures(span_of(settings, window))
    return PerformanceMetrics(
        alignment_operations=AlignmentOperations(
            total_executed=found.number,
            average_time_seconds=rounded(ratio(found.seconds, found.number)),
            min_time_seconds=rounded(found.shortest),
            max_time_seconds=rounded(found.longest),
            success_rate=rounded(ratio(found.successful, found.number)),
        ),
        resource_usage=_resource_usage(found),
    )


def span_of(settings: Settings, window: Window) -> Span:
    """The operations of a window in the repositories of the settings."""
    return Span(window.start, window.end, [one.label for one in settings.repositories])


def _resource_usage(found: Figures) -> ResourceUsage:
    cpu = None if found.cpu_seconds is None else ratio(found.cpu_seconds, found.measured_seconds)
    return ResourceUsage(
        peak_memory_mb=rounded(found.peak_memory_bytes, 1 / MEGABYTE),
        average_cpu_percent=rounded(cpu, PERCENT),
        io_operations=found.io_operations if found.number else 0,
    )


def _alerts(journal: Journal, window: Window) -> Iterator[GeneratedAlert]:
    """What Alertmanager says that it has sent, and what waits for it; each activation once, oldest first."""
    found: dict[tuple[float, str], tuple[str, str, Literal["sent", "queued"]]] = {}
    for waiting in journal.waiting_alerts(_MOST_ALERTS):
        labels, starts = waiting.alert.labels, waiting.alert.starts
        if starts is not None:
            message = waiting.alert.annotations.get("summary") or described(labels)
            found[starts, waiting.alert.identity] = labels.get("severity", "unknown"), message, "queued"
    for one in journal.deliveries(window.start, _MOST_ALERTS):
        labels, name = one.alert.labels, described(one.alert.labels)
        if labels.get("severity") != "none":
            found[one.alert.starts_at, name] = labels.get("severity", "unknown"), name, "sent"
    of_window = sorted((key, one) for key, one in found.items() if key[0] <= window.end)
    for second, at_once in groupby(of_window, key=lambda each: int(each[0][0])):
        for place, (_, (severity, message, status)) in enumerate(at_once, start=1):
            yield GeneratedAlert(
                alert_id=alert_id(second, place),
                severity=severity,
                message=message,
                timestamp=timestamp(second),
                status=status,
            )


def _maintenance(settings: Settings, upkeep: MaintenanceJournal, at: float) -> MaintenanceSchedule:
    tasks = current_tasks(settings, upkeep)
    due = [(moment, task) for task in tasks if (moment := next_due(task.cron, task.time_zone, at))]
    first = min(due, key=lambda each: (each[0], each[1].name), default=None)
    return MaintenanceSchedule(
        next_cleanup=timestamp(first[0]) if first else None,
        cleanup_frequency=frequency(first[1].cron) if first else None,
        automated_tasks=sorted(task.name for _, task in due),
    )
