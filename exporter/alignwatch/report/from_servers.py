"""The report from the servers that the settings lead to."""

from collections.abc import Callable

from alignwatch.report.build import build_with_stories
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.sources import sources_for
from alignwatch.report.window import Window
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
    with sources_for(settings, warn) as sources:
        return build_with_stories(sources, window)[0]
