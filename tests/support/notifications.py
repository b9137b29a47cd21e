"""Settings under which alerts are sent, with secrets in files as they should be."""

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from alignwatch.assets import asset
from alignwatch.diagnostics.bundle.occasion import Occasions
from alignwatch.journal.store import Journal
from alignwatch.rendering import render_alertmanager
from alignwatch.settings import Alerts, Audit, Email, Escalation, Settings, Slack, Web, Webhook
from alignwatch.web.audit import Audit as AuditReceiver
from alignwatch.web.server import LIMITS, Limits
from support.serving import CONTENT, Site, running


def secret(folder: Path, name: str, content: str) -> str:
    """A file that only its owner reads."""
    file = folder / name
    file.write_text(content)
    file.chmod(0o600)
    return str(file)


def reachable_settings(
    folder: Path,
    *,
    smarthost: str = "mail.example.invalid:587",
    webhook: str = "https://slack.example.invalid/services/T0/B0/secret",
) -> Settings:
    """Email and Slack set up, their secrets in a folder."""
    return Settings(
        alerts=Alerts(
            channels=("email", "slack"),
            email=Email(
                to=("night@example.invalid", "day@example.invalid"),
                sender="alignwatch@example.invalid",
                smarthost=smarthost,
                username="alignwatch",
                password_file=secret(folder, "password", "open sesame"),
                require_tls=False,
            ),
            slack=Slack(api_url_file=secret(folder, "webhook", f"{webhook}\n"), channel="#alignment"),
        )
    )


TOKEN = "f00f"
"""The audit's."""


def fully_reachable_settings(
    folder: Path,
    *,
    smarthost: str = "mail.example.invalid:587",
    webhook: str = "https://slack.example.invalid/services/T0/B0/secret",
    incidents: str = "https://slack.example.invalid/services/T0/B1/secret",
    exporter: str = "http://127.0.0.1:9847",
) -> Settings:
    """As :func:`reachable_settings`, with escalation to mail and Slack, and with the audit.

    Args:
        folder: for the secrets.
        smarthost: the mail server.
        webhook: Slack's address for everybody.
        incidents: Slack's address for the escalation.
        exporter: the base address of the one with the audit.
    """
    settings = reachable_settings(folder, smarthost=smarthost, webhook=webhook)
    return structs.replace(
        settings,
        alerts=structs.replace(
            settings.alerts,
            escalation=Escalation(
                to=("manager@example.invalid",),
                slack=Slack(api_url_file=secret(folder, "incidents", incidents), channel="#incidents"),
            ),
            audit=Audit(token_file=secret(folder, "token", TOKEN), url=exporter),
        ),
    )


def impatient_alertmanager_yml(settings: Settings, group_wait: str = "0s") -> str:
    """The rendered configuration, but Alertmanager hardly waits for company."""
    config = render_alertmanager(settings, templates=asset("alertmanager", "templates")).text
    config = re.sub(r"group_wait: \w+", f"group_wait: {group_wait}", config)
    return re.sub(r"group_interval: \w+", "group_interval: 1s", config)


def noted(alertmanager: str) -> Counter[str]:
    """How often an Alertmanager has done with telling, by integration: what it has not is told again after a
    restart, though it may have come."""
    with urllib.request.urlopen(f"{alertmanager}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    name = "alertmanager_notification_latency_seconds_count"
    found = re.findall(rf'^{name}{{integration="(\w+)"}} (\d+)$', page, re.MULTILINE)
    return Counter({integration: int(times) for integration, times in found})


@contextmanager
def audited(
    folder: Path, limits: Limits = LIMITS, web: Web | None = None, occasions: Occasions | None = None
) -> Iterator[Site]:
    """An exporter's server with an audit; token and journal lie in a folder."""
    with Journal(folder / "journal.sqlite3") as journal:
        audit = AuditReceiver(secret(folder, "token", f"{TOKEN}\n"), journal, occasions)
        try:
            with running(replace(CONTENT, audit=lambda: audit), web, limits) as site:
                yield site
        finally:
            audit.close()


def with_webhooks(settings: Settings, folder: Path) -> Settings:
    """These with a webhook for people and one for the dead man's switch."""
    return structs.replace(
        settings,
        alerts=structs.replace(
            settings.alerts,
            channels=(*settings.alerts.channels, "webhook"),
            webhook=Webhook(url_file=secret(folder, "chat", "https://chat.example.invalid/hook/secret")),
            dead_mans_switch=Webhook(
                url="https://switch.example.invalid/x", token_file=secret(folder, "switch", "abc")
            ),
        ),
    )
