"""The whole report from what Prometheus and Alertmanager hold."""

import time
from concurrent.futures import ThreadPoolExecutor

import msgspec

from alignwatch.metrics import catalogue
from alignwatch.report.alerts import Story, alert_stories
from alignwatch.report.figures import stamp
from alignwatch.report.health import health_status
from alignwatch.report.maintenance import maintenance_schedule
from alignwatch.report.performance import performance_metrics
from alignwatch.report.prometheus import Prometheus, promql_duration
from alignwatch.report.schema import MonitoringReport, MonitoringSession
from alignwatch.report.sources import Sources
from alignwatch.report.window import Window
from alignwatch.text import span, timestamp


def build_with_stories(sources: Sources, window: Window) -> tuple[MonitoringReport, list[Story]]:
    """Makes the report, and tells more of its alerts, in the same order.

    ``monitoring_session`` is the making of it, so that its times and its id tell one report from another.

    Raises:
        AlignwatchError: Prometheus fails, or knows nothing of any exporter.
    """
    started = time.time()
    prometheus, warn = sources.prometheus, sources.warn
    dead_exporters = _dead_exporters(prometheus, window)
    with ThreadPoolExecutor() as threads:
        health = threads.submit(health_status, prometheus, window.end, dead_exporters)
        performance = threads.submit(performance_metrics, prometheus, window, warn)
        maintenance = threads.submit(maintenance_schedule, prometheus, window.end)
        stories = alert_stories(sources, window)
    report = MonitoringReport(
        health_status=health.result(),
        performance_metrics=performance.result(),
        alerts_generated=[story.generated for story in stories],
        maintenance_schedule=maintenance.result(),
        monitoring_session=session(started, time.time()),
    )
    return _checked(report, prometheus), stories


def _checked(report: MonitoringReport, prometheus: Prometheus) -> MonitoringReport:
    try:
        return msgspec.convert(msgspec.to_builtins(report), MonitoringReport)
    except msgspec.ValidationError as error:
        raise prometheus.failure(f"holds figures that cannot be ({error})") from None


def _dead_exporters(prometheus: Prometheus, window: Window) -> int:
    """How many exporters that were scraped in the window cannot be scraped at its end."""
    seen = f"last_over_time({catalogue.BUILD_INFO.name}[{promql_duration(window.seconds)}])"
    if not prometheus.instant(seen, window.end):
        raise prometheus.failure(
            f"has seen no exporter in the {span(window.seconds)} before {timestamp(window.end)}; "
            "does it scrape one (see its page /targets)?"
        )
    return len(prometheus.instant(f"up == 0 and on (job, instance) {seen}", window.end))


def session(started: float, ended: float) -> MonitoringSession:
    """The making of a report, between two moments (seconds since the epoch)."""
    return MonitoringSession(
        session_id=f"monitor-{stamp(started)}-{int(started * 1000) % 1000:03d}",
        start_time=timestamp(started),
        end_time=timestamp(ended),
        duration_seconds=round(ended - started, 3),
    )
