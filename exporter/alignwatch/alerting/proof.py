"""Proving a channel: one alert that Alertmanager sends there and nowhere else, and how far it came.

Alertmanager does not say of an alert whether it was delivered. It counts, for each kind of receiver, the
requests it made and those that failed, after each: what is new there since the alert was taken is the proof.
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client.parser import text_string_to_metric_families

from alignwatch.alert import Alert
from alignwatch.alerting.draft import labels_of, new_alert, news_of_end
from alignwatch.alerting.posting import post
from alignwatch.alerting.suppression import held_back_by
from alignwatch.errors import AlignwatchError
from alignwatch.servers.alertmanager import OURS, Alertmanager

FAR_ENDS: Mapping[str, str] = {"email": "the mail server", "slack": "Slack"}
"""Channel, as Alertmanager names the integration -> who takes its messages."""

TEST_ALERT, TEST_LABEL = "AlignmentTest", "alignwatch_test"
"""What ``alertmanager.yml`` routes by: the alert's name, and the label whose value is the channel."""

_POLL_SECONDS = 0.2
_ACTIVE_SECONDS = 600.0


class Verdict(StrEnum):
    """How far the test came."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not delivered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of a test."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class _Requests:
    """What Alertmanager has asked of the far ends of one integration since it began."""

    made: float
    failed: float


def prove(alertmanager: Alertmanager, channel: str, patience_seconds: float) -> Proof:
    """Sends a test alert through one channel and watches what becomes of it.

    Args:
        alertmanager: whose channel it is.
        channel: one of :data:`FAR_ENDS`.
        patience_seconds: how long to wait for it to be sent.

    Raises:
        AlignwatchError: Alertmanager cannot be used.
    """
    if f'{TEST_LABEL}="{channel}"' not in alertmanager.configuration():
        return Proof(
            Verdict.NOT_DELIVERED,
            f"Alertmanager's configuration has no route for tests of {channel}; set alerts.{channel} up, "
            "name it in alerts.channels, and have Alertmanager use what alignwatch render writes",
        )
    before, alert = _requests(alertmanager, channel), _test_alert(channel)
    post(alertmanager, [alert], time.time())
    try:
        return _held_back(alertmanager, alert) or _watch(alertmanager, channel, before, patience_seconds)
    finally:
        with suppress(AlignwatchError):  # It ends by itself, and what is known by now is worth more.
            post(alertmanager, [news_of_end(alert.labels, time.time())], time.time())


def _test_alert(channel: str) -> Alert:
    # One that is like no other is no repetition of the last test's.
    labels = {TEST_LABEL: channel, "test": secrets.token_hex(4)}
    return new_alert(
        labels_of(TEST_ALERT, "info", None, labels),
        message=f"This is a test of {channel}; nothing is wrong",
        description="Somebody runs alignwatch alert test to see whether messages arrive here.",
        runbook_url=None,
        dashboard_url=None,
        active_seconds=_ACTIVE_SECONDS,
        now=time.time(),
    )


def _held_back(alertmanager: Alertmanager, alert: Alert) -> Proof | None:
    held = alertmanager.alerts(OURS)
    for one in held:
        if one.fingerprint == alert.identity and one.status.state == "suppressed":
            by = held_back_by(one, held, alertmanager.silences())
            return Proof(Verdict.NOT_DELIVERED, f"Alertmanager holds the test alert back: {by}")
    return None


def _watch(alertmanager: Alertmanager, channel: str, before: _Requests, patience_seconds: float) -> Proof:
    deadline = time.monotonic() + patience_seconds
    while _requests(alertmanager, channel).made == before.made:
        if time.monotonic() > deadline:
            return Proof(
                Verdict.UNKNOWN,
                f"Alertmanager took the alert and has sent nothing by {channel} for {patience_seconds:g} s; "
                "see its log",
            )
        time.sleep(_POLL_SECONDS)
    # A failure is counted just after the request that failed.
    return _judge(channel, before, _requests(alertmanager, channel))


def _judge(channel: str, before: _Requests, now: _Requests) -> Proof:
    far_end, made, failed = FAR_ENDS[channel], now.made - before.made, now.failed - before.failed
    if not failed:
        return Proof(Verdict.DELIVERED, f"Alertmanager delivered it to {far_end}; see that it arrives")
    if failed == made:
        return Proof(
            Verdict.NOT_DELIVERED,
            f"Alertmanager could not deliver it to {far_end}; its log says why",
        )
    return Proof(
        Verdict.UNKNOWN,
        f"of {made:g} messages to {far_end} {failed:g} failed, and the test is one of them or of the others; "
        "try again when no other alert is being sent",
    )


def _requests(alertmanager: Alertmanager, integration: str) -> _Requests:
    counts = {"alertmanager_notification_requests": 0.0, "alertmanager_notification_requests_failed": 0.0}
    for family in text_string_to_metric_families(alertmanager.metrics()):
        if family.name in counts:
            counts[family.name] += sum(
                sample.value
                for sample in family.samples
                if sample.labels.get("integration") == integration and sample.name.endswith("_total")
            )
    return _Requests(*counts.values())
