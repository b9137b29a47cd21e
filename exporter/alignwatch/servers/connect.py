"""Which servers are asked: the configuration's, else those of the local stack, else the usual addresses."""

from alignwatch.servers.http import Client
from alignwatch.settings import Settings
from alignwatch.stack import addresses

DEFAULT_PROMETHEUS = "http://127.0.0.1:9090"
DEFAULT_ALERTMANAGER = "http://127.0.0.1:9093"


def addresses_for(settings: Settings) -> addresses.Addresses:
    """Where a person who types commands on this machine finds each of them."""
    report, local = settings.report, addresses.read(settings.state_folder)
    return addresses.Addresses(
        exporter=report.exporter.url or (local and local.exporter) or f"http://{settings.web.reachable}",
        prometheus=report.prometheus.url or (local and local.prometheus) or DEFAULT_PROMETHEUS,
        alertmanager=report.alertmanager.url or (local and local.alertmanager) or DEFAULT_ALERTMANAGER,
    )


def prometheus_client(settings: Settings) -> Client:
    """The way to ``report.prometheus``.

    Raises:
        UsageError: a credential or certificate cannot be used.
    """
    server, local = settings.report.prometheus, addresses.read(settings.state_folder)
    url = server.url or (local and local.prometheus) or DEFAULT_PROMETHEUS
    return Client("Prometheus", "report.prometheus", url, server, settings.report.timeout_seconds)


def exporter_client(settings: Settings) -> Client | None:
    """The way to the exporter that records what Alertmanager sends; None where none does.

    ``report.exporter``; else, where ``alerts.audit`` is set up, the local stack's, or where it listens.

    Raises:
        UsageError: a credential or certificate cannot be used.
    """
    server, url = settings.report.exporter, settings.report.exporter.url
    if url is None and settings.alerts.audit.token_file is not None:
        local = addresses.read(settings.state_folder)
        url = local.exporter if local else settings.alerts.audit.url or f"http://{settings.web.reachable}"
    if url is None:
        return None
    return Client("the exporter", "report.exporter", url, server, settings.report.timeout_seconds)


def alertmanager_client(settings: Settings, notification_seconds: float | None = None) -> Client:
    """The way to ``report.alertmanager``: where the report reads alerts, and where they are sent.

    Args:
        settings: where it is.
        notification_seconds: limit of each request where alerts are sent; None for the report's.

    Raises:
        UsageError: a credential or certificate cannot be used.
    """
    server, local = settings.report.alertmanager, addresses.read(settings.state_folder)
    url = server.url or (local and local.alertmanager) or DEFAULT_ALERTMANAGER
    where = "Alertmanager", "report.alertmanager", url, server
    if notification_seconds is None:
        return Client(*where, settings.report.timeout_seconds)
    return Client(*where, notification_seconds, "alerts.notification_timeout_seconds")
