"""Settings that lead to one Alertmanager, and what it holds."""

from typing import Any

from alignwatch.servers.alertmanager import OURS, Alertmanager, HeldAlert
from alignwatch.servers.connect import alertmanager_client
from alignwatch.settings import Alerts, Report, Server, Settings

TIMEOUT_SECONDS = 30.0
ROUTES = """
route: {receiver: nobody, group_wait: 0s}
receivers: [{name: nobody}]
inhibit_rules:
  - source_matchers: ['alertname="AlignmentExporterDown"']
    target_matchers: ['alertname="AlignmentInhibited"']
"""
"""An Alertmanager's configuration that tells nobody, and knows one inhibition."""


def settings_for(url: str, timeout_seconds: float = TIMEOUT_SECONDS, **server: Any) -> Settings:
    """Settings whose Alertmanager is at an address; the state folder is the test's own."""
    return Settings(
        alerts=Alerts(notification_timeout_seconds=timeout_seconds),
        report=Report(alertmanager=Server(url=url, **server)),
    )


def held(url: str, name: str) -> HeldAlert | None:
    """The alert of a name that an Alertmanager holds."""
    with alertmanager_client(settings_for(url)) as client:
        found = [one for one in Alertmanager(client).alerts(OURS) if one.labels["alertname"] == name]
    assert len(found) < 2
    return found[0] if found else None
