"""Proving a channel: one alert that Alertmanager sends there and nowhere else, and how far it came.

Alertmanager does not say of an alert whether it was delivered. It counts, for each kind of receiver, the
requests it made and those that failed, after each: what is new there since the alert was taken is the proof.
How many there have to be, its configuration says: with an audit each message is a webhook's too. What failed
it tries again and again, and counts each time.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import yaml
from prometheus_client.parser import text_string_to_metric_families

from alignwatch.alert import Alert
from alignwatch.alerting.draft import labels_of, new_alert, news_of_end
from alignwatch.alerting.posting import post
from alignwatch.alerting.suppression import held_back_by
from alignwatch.errors import AlignwatchError
from alignwatch.servers.alertmanager import OURS, Alertmanager

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "slack": ("slack",),
    "webhook": ("webhook",),
    "escalation": ("email", "slack"),
}
"""Channel -> the integrations, as Alertmanager names them, by which it may tell."""

_FAR_ENDS = {"email": "the mail server", "slack": "Slack", "webhook": "the webhook"}
"""Integration -> who takes its messages."""

TEST_ALERT, TEST_LABEL = "AlignmentTest", "alignwatch_test"
"""What ``alertmanager.yml`` routes by: the alert's name, and the label whose value is the channel."""

_MADE = "alertmanager_notification_requests"
_FAILED = f"{_MADE}_failed"
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
    """What Alertmanager has asked of the far ends of one integration."""

    made: float
    failed: float

    def __sub__(self, before: "_Requests") -> "_Requests":
        return _Requests(self.made - before.made, self.failed - before.failed)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The requests that a test makes, by integration."""

    expected: Mapping[str, int]
    before: Mapping[str, _Requests]

    def since(self, now: Mapping[str, _Requests]) -> dict[str, _Requests]:
        """What is new."""
        return {one: now[one] - self.before[one] for one in self.expected}


def prove(alertmanager: Alertmanager, channel: str, patience_seconds: float) -> Proof:
    """Sends a test alert through one channel and watches what becomes of it.

    Args:
        alertmanager: whose channel it is.
        channel: one of :data:`CHANNELS`.
        patience_seconds: how long to wait for it to be sent.

    Raises:
        AlignwatchError: Alertmanager cannot be used.
    """
    expected = _expected(alertmanager.configuration(), channel)
    if not expected:
        named = "" if channel == "escalation" else "name it in alerts.channels, "
        return Proof(
            Verdict.NOT_DELIVERED,
            f"Alertmanager's configuration has no route for tests of {channel}; set alerts.{channel} up, "
            f"{named}and have Alertmanager use what alignwatch render writes",
        )
    before, alert = _requests(alertmanager, expected), _test_alert(channel)
    post(alertmanager, [alert], time.time())
    try:
        held_back = _held_back(alertmanager, alert)
        return held_back or _watch(alertmanager, _Awaited(expected, before), patience_seconds)
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


def _watch(alertmanager: Alertmanager, awaited: _Awaited, patience_seconds: float) -> Proof:
    deadline = time.monotonic() + patience_seconds
    while _is_open(awaited, new := _new(alertmanager, awaited)) and time.monotonic() <= deadline:
        time.sleep(_POLL_SECONDS)
    if missing := [one for one, number in awaited.expected.items() if new[one].made < number]:
        return Proof(
            Verdict.UNKNOWN,
            f"Alertmanager took the alert and has sent nothing by {' and '.join(missing)} for "
            f"{patience_seconds:g} s; see its log",
        )
    return _judge(new)


def _new(alertmanager: Alertmanager, awaited: _Awaited) -> dict[str, _Requests]:
    """What is new; a failure is counted just after the request that failed, so it is asked for later."""
    made, failed = (awaited.since(_requests(alertmanager, awaited.expected)) for _ in range(2))
    return {one: _Requests(made[one].made, failed[one].failed) for one in awaited.expected}


def _is_open(awaited: _Awaited, new: Mapping[str, _Requests]) -> bool:
    """Whether more is to come; where several are awaited, all that failed may be one that is tried again."""
    return any(
        new[one].made < number or (number > 1 and new[one].failed >= new[one].made)
        for one, number in awaited.expected.items()
    )


def _judge(new: Mapping[str, _Requests]) -> Proof:
    """The worst of what is known of each far end is what is said."""
    refused = [_FAR_ENDS[one] for one, requests in new.items() if requests.failed >= requests.made]
    if refused:
        return Proof(
            Verdict.NOT_DELIVERED,
            f"Alertmanager could not deliver it to {' and '.join(refused)}; its log says why",
        )
    for one, requests in new.items():
        if requests.failed:
            return Proof(
                Verdict.UNKNOWN,
                f"of {requests.made:g} messages to {_FAR_ENDS[one]} {requests.failed:g} failed, and the test "
                "is one of them or of the others; try again when no other alert is being sent",
            )
    reached = " and ".join(_FAR_ENDS[one] for one in new)
    return Proof(Verdict.DELIVERED, f"Alertmanager delivered it to {reached}; see that it arrives")


def _expected(configuration: str, channel: str) -> dict[str, int]:
    """How many requests a test makes, by integration; empty where there is no route for it."""
    loaded = yaml.safe_load(configuration)
    wanted = f'{TEST_LABEL}="{channel}"'
    routes = loaded.get("route", {}).get("routes", ())
    names = {route["receiver"] for route in routes if wanted in route.get("matchers", ())}
    return {
        integration: len(configs)
        for receiver in loaded.get("receivers", ())
        if receiver["name"] in names
        for integration in CHANNELS[channel]
        if (configs := receiver.get(f"{integration}_configs"))
    }


def _requests(alertmanager: Alertmanager, integrations: Iterable[str]) -> dict[str, _Requests]:
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for family in text_string_to_metric_families(alertmanager.metrics()):
        if family.name in (_MADE, _FAILED):
            for sample in family.samples:
                if sample.name.endswith("_total"):
                    counts[family.name, sample.labels["integration"]] += sample.value
    return {one: _Requests(counts[_MADE, one], counts[_FAILED, one]) for one in integrations}
