"""The report from the servers that the settings lead to."""

from collections.abc import Callable
from contextlib import nullcontext

from alignwatch.report.build import build
from alignwatch.report.prometheus import Prometheus
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.connect import alertmanager_client, exporter_client, prometheus_client
from alignwatch.servers.exporter import Exporter
from alignwatch.settings import Settings


def report_from_servers(settings: Settings, window: Window, warn: Callable[[str], None]) -> MonitoringReport:
    """Makes the report.

    Args:
        settings: where Prometheus, Alertmanager and the exporter are.
        window: what the report is about.
        warn: is told what is missing.

    Raises:
        UsageError: a credential or certificate cannot be used.
        AlignwatchError: Prometheus fails, or knows nothing of any exporter.
    """
    with (
        prometheus_client(settings) as prometheus,
        alertmanager_client(settings) as alertmanager,
        exporter_client(settings) or nullcontext() as recorder,
    ):
        exporter = Exporter(recorder) if recorder else None
        return build(Prometheus(prometheus, warn), Alertmanager(alertmanager), window, warn, exporter)
