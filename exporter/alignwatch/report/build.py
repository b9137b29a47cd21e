"""The whole report from what Prometheus and Alertmanager hold."""

import time
from collections.abc import Callable

import msgspec

from alignwatch.metrics import catalogue
from alignwatch.report.alerts import alerts_generated
from alignwatch.report.figures import stamp
from alignwatch.report.health import health_status
from alignwatch.report.maintenance import maintenance_schedule
from alignwatch.report.performance import performance_metrics
from alignwatch.report.prometheus import Prometheus, promql_duration
from alignwatch.report.schema import MonitoringReport, MonitoringSession
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.exporter import Exporter
from alignwatch.text import span, timestamp


def build(
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    window: Window,
    warn: Callable[[str], None],
    exporter: Exporter | None = None,
) -> MonitoringReport:
    """Makes the report.

    ``monitoring_session`` is the making of it, so that its times and its id tell one report from another.

    Args:
        prometheus: where all figures come from.
        alertmanager: knows which alerts are suppressed; the report does without if it does not answer.
        window: what the report is about.
        warn: is told what is missing.
        exporter: the one that records what Alertmanager sends, if there is one; as for ``alertmanager``.

    Raises:
        AlignwatchError: Prometheus fails, or knows nothing of any exporter.
    """
    started = time.time()
    dead_exporters = _dead_exporters(prometheus, window)
    health = health_status(prometheus, window.end, dead_exporters)
    performance = performance_metrics(prometheus, window, warn)
    alerts = alerts_generated(prometheus, alertmanager, window, warn, exporter)
    maintenance = maintenance_schedule(prometheus, window.end)
    report = MonitoringReport(
        monitoring_session=_session(started, time.time()),
        health_status=health,
        performance_metrics=performance,
        alerts_generated=alerts,
        maintenance_schedule=maintenance,
    )
    return _checked(report, prometheus)


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


def _session(started: float, ended: float) -> MonitoringSession:
    return MonitoringSession(
        session_id=f"monitor-{stamp(started)}-{int(started * 1000) % 1000:03d}",
        start_time=timestamp(started),
        end_time=timestamp(ended),
        duration_seconds=round(ended - started, 3),
    )
