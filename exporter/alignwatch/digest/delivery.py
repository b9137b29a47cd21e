"""Sending a digest to the people whom alerts go to, by the same settings and secret files.

It is no alert: nothing is wrong that could end, be silenced or be repeated. So it does not go through
Alertmanager, and it arrives while that is down.
"""

from typing import NamedTuple

from alignwatch.digest.content import Digest
from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.receivers import receivers_of
from alignwatch.secret_file import read_secret
from alignwatch.settings import Settings


class Sent(NamedTuple):
    """What became of a digest on one channel."""

    channel: str
    problem: str | None
    """None where it was taken."""


def channels_for(settings: Settings) -> tuple[str, ...]:
    """The channels by which a digest can be sent: those of email and Slack that are set up and named.

    Raises:
        UsageError: one is set up by half, or there is none.
    """
    if not settings.alerts.enabled:
        raise UsageError("alerts.enabled is false: nothing is sent to people")
    receivers, _ = receivers_of(settings.alerts, settings.web.reachable)
    channels = tuple(one.test for one in receivers if one.test in ("email", "slack"))
    if not channels:
        raise UsageError(
            "nobody can be sent a digest; set alerts.email or alerts.slack up, and name it in alerts.channels"
        )
    return channels


def deliver(digest: Digest, settings: Settings) -> tuple[Sent, ...]:
    """Sends it by each channel; one that fails keeps it from no other.

    Raises:
        UsageError: as for :func:`channels_for`.
    """
    return tuple(Sent(channel, _problem(channel, digest, settings)) for channel in channels_for(settings))


def _problem(channel: str, digest: Digest, settings: Settings) -> str | None:
    send = _send_mail if channel == "email" else _send_message
    try:
        send(digest, settings)
    except AlignwatchError as error:
        return str(error)
    return None


def _send_mail(digest: Digest, settings: Settings) -> None:
    from alignwatch.digest.mail import mail_of, send_mail

    alerts = settings.alerts
    send_mail(mail_of(digest, alerts.email), alerts.email, digest.host, alerts.notification_timeout_seconds)


def _send_message(digest: Digest, settings: Settings) -> None:
    from alignwatch.digest.slack import message_of, send_message

    slack = settings.alerts.slack
    assert slack.api_url_file is not None  # noqa: S101  # the channel is set up
    address = read_secret("alerts.slack.api_url_file", slack.api_url_file).decode(errors="backslashreplace")
    send_message(message_of(digest, slack), address, settings.alerts.notification_timeout_seconds)
