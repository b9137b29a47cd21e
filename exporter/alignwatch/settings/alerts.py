"""The section ``alerts``: how alerts reach people."""

from typing import Annotated, Literal

from msgspec import Meta

from alignwatch.settings.values import Address, File, Seconds, Section, Text, Url

RepeatInterval = Annotated[int, Meta(ge=300, le=432_000, description="seconds")]
"""Alertmanager looks every 300 seconds whether to send again, and forgets after five days that it did."""
Severity = Literal["info", "warning", "critical"]
Channel = Literal["email", "slack", "webhook"]


class Email(Section, frozen=True):
    """Where alerts go by email. Secrets are files, never values."""

    to: tuple[Text, ...] = ()
    """Addresses of those who are told."""
    sender: Text = "alignwatch@localhost"
    """The sender's address."""
    smarthost: Address | None = None
    """The mail server."""
    username: Text | None = None
    """The user at the mail server; ``null`` where it asks for none."""
    password_file: File | None = None
    """A file that holds the user's password."""
    require_tls: bool = True
    """Refuse to send without encryption."""


class Slack(Section, frozen=True):
    """Where alerts go in Slack."""

    api_url_file: File | None = None
    """A file that holds the incoming webhook's address."""
    channel: Text | None = None
    """The channel or user, such as ``#alignment``; ``null`` for the webhook's own."""


class Webhook(Section, frozen=True):
    """An address that takes Alertmanager's JSON: of a chat, a pager, a ticket system."""

    url: Url | None = None
    """Its address, where that is no secret."""
    url_file: File | None = None
    """A file that holds the address, where that is the secret. Needs Alertmanager 0.26."""
    token_file: File | None = None
    """A file that holds a bearer token to send with each message."""


class Escalation(Section, frozen=True):
    """Who is told of critical alerts besides.

    When a fault becomes critical is up to the rules: a critical alert has the same name and expression as
    its warning, and waits longer.
    """

    to: tuple[Text, ...] = ()
    """Addresses that get mail, through the mail server of ``alerts.email``."""
    slack: Slack = Slack()
    """A Slack channel of their own."""
    repeat_interval_seconds: RepeatInterval = 14400
    """An alert that still fires is sent again after so long; a silence stops that."""


class Audit(Section, frozen=True):
    """Whether Alertmanager tells the exporter what it has sent, and how."""

    token_file: File | None = None
    """A file that holds the token that Alertmanager proves itself with; ``null``: nothing is recorded."""
    url: Url | None = None
    """The exporter's base address as Alertmanager reaches it; default: where it listens."""


class Alerts(Section, frozen=True):
    """How alerts reach people."""

    enabled: bool = True
    """``false``: alerts are seen in Alertmanager only."""
    channels: tuple[Channel, ...] = ("email",)
    """The ways in which alerts are sent."""
    severity_levels: tuple[Severity, ...] = ("info", "warning", "critical")
    """Severities that are sent; the others are seen in Alertmanager only."""
    notification_timeout_seconds: Seconds = 30
    """Handing one alert to Alertmanager may take so long; it then tries for five minutes to send it on."""
    repeat_interval_seconds: RepeatInterval = 43200
    """An alert that still fires is sent again after so long; a silence stops that."""
    email: Email = Email()
    """Where alerts go by email."""
    slack: Slack = Slack()
    """Where alerts go in Slack."""
    webhook: Webhook = Webhook()
    """Where alerts go as JSON."""
    escalation: Escalation = Escalation()
    """Who is told of critical alerts besides."""
    dead_mans_switch: Webhook = Webhook()
    """What is called every five minutes as long as alerting works, and raises the alarm when it is not."""
    audit: Audit = Audit()
    """Whether what was sent is recorded."""
