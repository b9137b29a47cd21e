"""How it is: the figures of the specification's report, each with where it comes from."""

from datetime import datetime

from alignwatch.report import wording
from alignwatch.report.document import Cells, Column, Figure, Figures, Paragraph, Section, Table
from alignwatch.report.review import Review
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.sections.tones import tone, word

_STATES, _GAUGES, _COUNTERS, _EXTREMES = "health", "gauges", "counters", "extremes"
_ALERTS, _SCHEDULE = "alerts", "schedule"
_SOURCES = (
    "All of it is what Prometheus holds. Health: the exporters' series of health at the window's end, the "
    "worst of all. Gauges: likewise, the largest of all machines. Counters: how much they grew in the "
    "window, exactly; a success that git does not confirm is none. Extremes: what the exporters showed at "
    "each scrape; unknown unless certain. Alerts: Prometheus' own series of them. Schedule: the exporters' "
    "at the window's end."
)


def glance(review: Review) -> Section:
    """The figures that are seen first, and all of them."""
    report = review.now.report
    operations = report.performance_metrics.alignment_operations
    health, due = report.health_status, report.maintenance_schedule
    figures = [
        Figure("System", health.system_health, tone(health.system_health)),
        Figure("Repositories", health.repository_health, tone(health.repository_health)),
        Figure("Processes", health.process_health, tone(health.process_health)),
        Figure("Operations", wording.count(operations.total_executed)),
        Figure("Success rate", wording.share(operations.success_rate)),
        Figure("Average duration", wording.seconds(operations.average_time_seconds)),
        Figure(
            "Alerts",
            wording.count(len(report.alerts_generated)),
            detail=f"{sum(one.severity == 'critical' for one in report.alerts_generated)} critical",
        ),
        Figure("Next maintenance", _short(due.next_cleanup), detail=due.cleanup_frequency or ""),
    ]
    columns = (Column("Figure"), Column("Value", number=True), Column("From"))
    return Section(
        "glance",
        "At a glance",
        [Figures(figures), Table("All figures of the report", columns, _rows(report)), Paragraph(_SOURCES)],
    )


def _rows(report: MonitoringReport) -> list[list[Cells]]:
    health, metrics = report.health_status, report.performance_metrics
    machine, operations, usage = (
        health.resource_utilization,
        metrics.alignment_operations,
        metrics.resource_usage,
    )
    due = report.maintenance_schedule
    return [
        ["System health", word(health.system_health), _STATES],
        ["Repository health", word(health.repository_health), _STATES],
        ["Process health", word(health.process_health), _STATES],
        ["CPU in use", wording.percent(machine.cpu_percent), _GAUGES],
        ["Memory in use", wording.megabytes(machine.memory_mb), _GAUGES],
        ["Fullest disk", wording.percent(machine.disk_percent), _GAUGES],
        ["Operations", wording.count(operations.total_executed), _COUNTERS],
        ["Average duration", wording.seconds(operations.average_time_seconds), _COUNTERS],
        ["Shortest operation", wording.seconds(operations.min_time_seconds), _EXTREMES],
        ["Longest operation", wording.seconds(operations.max_time_seconds), _EXTREMES],
        ["Success rate", wording.share(operations.success_rate), _COUNTERS],
        ["Peak memory of an operation", wording.megabytes(usage.peak_memory_mb), _EXTREMES],
        ["Average CPU of operations", wording.percent(usage.average_cpu_percent), _COUNTERS],
        ["Block reads and writes", wording.count(usage.io_operations), _COUNTERS],
        ["Alerts", wording.count(len(report.alerts_generated)), _ALERTS],
        ["Next maintenance", _time(due.next_cleanup), _SCHEDULE],
        ["How often", due.cleanup_frequency or wording.UNKNOWN, _SCHEDULE],
        ["Tasks", ", ".join(one.replace("_", " ") for one in due.automated_tasks) or "none", _SCHEDULE],
    ]


def _short(stamp: str | None) -> str:
    return (
        wording.UNKNOWN if stamp is None else wording.full_moment(datetime.fromisoformat(stamp).timestamp())
    )


def _time(stamp: str | None) -> str:
    return wording.UNKNOWN if stamp is None else f"{stamp[:10]} {stamp[11:16]} UTC"
