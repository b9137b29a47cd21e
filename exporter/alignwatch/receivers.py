"""Who is told of what, and how: Alertmanager's receivers from the settings.

``alertmanager.yml.j2`` writes them down; what is half set up, or has no secret that can be used, is refused
here with the name of its key.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from alignwatch.errors import UsageError
from alignwatch.secret_file import read_secret
from alignwatch.settings import Alerts, Audit, Email, Escalation, Severity, Slack, Webhook
from alignwatch.text import printable
from alignwatch.web.answer import AUDIT_PATH

_MOST_AUDITED = 500
"""Alerts that one notification to the exporter names: with their annotations they stay under its limit."""


@dataclass(frozen=True, slots=True)
class Mail:
    """``email_configs``."""

    to: str
    sender: str
    smarthost: str
    require_tls: bool
    username: str | None
    password_file: str | None


@dataclass(frozen=True, slots=True)
class Chat:
    """``slack_configs``."""

    api_url_file: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """``webhook_configs``; either ``url`` or ``url_file``."""

    url: str | None
    url_file: str | None
    token_file: str | None
    max_alerts: int | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One of Alertmanager's receivers, and which alerts go there."""

    name: str
    email: Mail | None = None
    slack: Chat | None = None
    webhooks: tuple[Call, ...] = ()
    severities: tuple[Severity, ...] = ()
    repeat: str = ""
    """How long until what still fires is sent again, such as ``4h``."""
    test: str | None = None
    """The label ``alignwatch_test`` of the test alerts that go there."""
    send_resolved: bool = True

    @property
    def tells(self) -> bool:
        """Whether anything is sent at all."""
        return bool(self.email or self.slack or self.webhooks)

    @property
    def secret_files(self) -> set[str]:
        """What Alertmanager has to be able to read."""
        files = [file for call in self.webhooks for file in (call.url_file, call.token_file)]
        if self.email is not None:
            files.append(self.email.password_file)
        if self.slack is not None:
            files.append(self.slack.api_url_file)
        return {file for file in files if file is not None}


def receivers_of(alerts: Alerts, exporter: str) -> tuple[list[Receiver], list[str]]:
    """The receivers that tell somebody, and a warning for each that is named and tells nobody.

    Args:
        alerts: the settings.
        exporter: host:port of the exporter, as Alertmanager reaches it.

    Raises:
        UsageError: naming the key, for what is set up by half, or a secret file that would not do.
    """
    switch = Receiver("dead-mans-switch", webhooks=_calls("dead_mans_switch", alerts.dead_mans_switch))
    if not alerts.enabled:
        return [switch], []
    channels = {name: _channel(name, alerts) for name in dict.fromkeys(alerts.channels)}
    escalation = _escalation(alerts.escalation, alerts.email)
    warnings = [
        f"alerts.channels names {name}, but alerts.{name} is not set up: nothing is sent there"
        for name, receiver in channels.items()
        if not receiver.tells
    ]
    if escalation.tells and "critical" not in alerts.severity_levels:
        warnings.append("alerts.severity_levels leaves out critical: nothing is sent to alerts.escalation")
        escalation = Receiver("escalation")
    people = Receiver(
        "people",
        email=next((one.email for one in channels.values() if one.email), None),
        slack=next((one.slack for one in channels.values() if one.slack), None),
        webhooks=tuple(call for one in channels.values() for call in one.webhooks),
        severities=alerts.severity_levels,
        repeat=f"{alerts.repeat_interval_seconds}s",
    )
    audit = _audit(alerts.audit, exporter)
    told = [one for one in (people, escalation, *channels.values()) if one.tells]
    return [switch, *(replace(one, webhooks=one.webhooks + audit) for one in told)], warnings


def _channel(name: str, alerts: Alerts) -> Receiver:
    """One channel alone, for tests of it."""
    receiver = Receiver(f"test-{name}", test=name, send_resolved=False)
    match name:
        case "email":
            return replace(receiver, email=_mail(alerts.email))
        case "slack":
            return replace(receiver, slack=_chat("alerts.slack", alerts.slack))
    return replace(receiver, webhooks=_calls("webhook", alerts.webhook))


def _escalation(escalation: Escalation, email: Email) -> Receiver:
    if escalation.to and email.smarthost is None:
        raise UsageError(
            "alerts.email.smarthost: not set, and no mail can be sent to alerts.escalation.to without it"
        )
    slack = escalation.slack
    if slack.channel and slack.api_url_file is None:
        raise UsageError(
            "alerts.escalation.slack.api_url_file: not set, and alerts.escalation.slack.channel needs it"
        )
    return Receiver(
        "escalation",
        email=_mail(structs.replace(email, to=escalation.to)) if escalation.to else None,
        slack=_chat("alerts.escalation.slack", slack),
        severities=("critical",),
        repeat=f"{escalation.repeat_interval_seconds}s",
        test="escalation",
    )


def _mail(email: Email) -> Mail | None:
    if not email.to and email.smarthost is None:
        return None
    if not email.to or email.smarthost is None:
        missing = "smarthost" if email.to else "to"
        raise UsageError(
            f"alerts.email.{missing}: not set, and no mail can be sent without it; "
            "set it, or take email out of alerts.channels"
        )
    if (email.username is None) != (email.password_file is None):
        missing = "password_file" if email.username else "username"
        raise UsageError(
            f"alerts.email.{missing}: not set, but a user and a password go together; set both or neither"
        )
    return Mail(
        to=_literal(", ".join(email.to)),
        sender=_literal(email.sender),
        smarthost=email.smarthost,
        require_tls=email.require_tls,
        username=email.username,
        password_file=email.password_file and _password("alerts.email.password_file", email.password_file),
    )


def _chat(key: str, slack: Slack) -> Chat | None:
    if slack.api_url_file is None:
        return None
    return Chat(_secret(f"{key}.api_url_file", slack.api_url_file), slack.channel and _literal(slack.channel))


def _calls(key: str, webhook: Webhook) -> tuple[Call, ...]:
    if webhook.url is None and webhook.url_file is None:
        return ()
    return (
        Call(
            url=webhook.url,
            url_file=webhook.url_file and _secret(f"alerts.{key}.url_file", webhook.url_file),
            token_file=webhook.token_file and _secret(f"alerts.{key}.token_file", webhook.token_file),
        ),
    )


def _audit(audit: Audit, exporter: str) -> tuple[Call, ...]:
    if audit.token_file is None:
        return ()
    base = audit.url or f"http://{exporter}"
    token_file = _secret("alerts.audit.token_file", audit.token_file)
    return (Call(f"{base.rstrip('/')}{AUDIT_PATH}", None, token_file, _MOST_AUDITED),)


def _literal(text: str) -> str:
    """Text that Alertmanager, which expands templates in most of its fields, takes as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _secret(key: str, path: str) -> str:
    """The absolute path of a secret file that would do."""
    read_secret(key, path)
    return str(Path(path).absolute())


def _password(key: str, path: str) -> str:
    """Like :func:`_secret`, for a file whose every byte Alertmanager 0.25 takes as part of the password."""
    file = _secret(key, path)
    if Path(file).read_bytes().endswith((b"\n", b"\r")):
        raise UsageError(
            f"{key}: {printable(file)} ends with a line break, which would belong to the password; "
            "write it without, as printf %s does"
        )
    return file
