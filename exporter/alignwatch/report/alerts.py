"""The report's ``alerts_generated``: each activation of an alert of ours that fired in the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from alignwatch.report.activations import Activation, activations, agree
from alignwatch.report.fate import Evidence, or_nothing
from alignwatch.report.figures import stamp
from alignwatch.report.prometheus import ActiveAlert, Labels
from alignwatch.report.schema import GeneratedAlert
from alignwatch.report.sources import Sources
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import OURS
from alignwatch.servers.exporter import Delivery
from alignwatch.text import timestamp

_TOLD = f'{OURS},severity!="none"'
"""Severity ``none`` tells nobody: the dead man's switch, and what holds alerts back during maintenance."""

_TOLD_ELSEWHERE = frozenset({"alertname", "severity"})


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one alert, from its beginning to its end. Times are seconds since the epoch."""

    generated: GeneratedAlert
    activation: Activation
    told: tuple[Delivery, ...]
    """What the audit has recorded of it: to whom it was told that it fires, and that it is over."""
    recorded: bool
    """Whether anybody records that at all."""
    description: str | None
    """What people are told of it beside the message; None where nobody knows it any more."""

    @property
    def name(self) -> str:
        """Which alert."""
        return self.activation.labels.get("alertname", "")


def alert_stories(sources: Sources, window: Window) -> list[Story]:
    """The alerts, the oldest first.

    Their messages are known only while they are active; what became of them is found out by
    :mod:`alignwatch.report.fate`. The report does without a server that does not answer.
    """
    fired = activations(sources.prometheus, window, _TOLD)
    since = min((one.started for one in fired), default=window.start)
    active = or_nothing(sources.prometheus.alerts, "alerts have their names for messages", sources.warn) or []
    evidence = Evidence.gathered(sources, window, since)
    return [
        _story(activation, place, active, evidence)
        for _, at_once in groupby(fired, key=lambda activation: int(activation.started))
        for place, activation in enumerate(at_once, start=1)
    ]


def _story(activation: Activation, place: int, active: Sequence[ActiveAlert], evidence: Evidence) -> Story:
    raised = next((one for one in active if _raises(one, activation)), None)
    known = [one.annotations for one in (raised, evidence.raised(activation)) if one is not None]
    summaries = [annotations.get("summary") for annotations in known]
    generated = GeneratedAlert(
        alert_id=alert_id(activation.started, place),
        severity=activation.labels.get("severity", "unknown"),
        message=next(filter(None, summaries), described(activation.labels)),
        timestamp=timestamp(activation.started),
        status=evidence.fate(activation),
    )
    return Story(
        generated=generated,
        activation=activation,
        told=evidence.told(activation),
        recorded=evidence.deliveries is not None,
        description=next(filter(None, (annotations.get("description") for annotations in known)), None),
    )


def alert_id(started: float, place: int) -> str:
    """An alert's name in the report: its start, and its place among those of the same second, from 1."""
    return f"alert-{stamp(started)}-{place:03d}"


def _raises(alert: ActiveAlert, activation: Activation) -> bool:
    same_start = int(alert.active_at.timestamp()) == int(activation.started)
    return same_start and agree(alert.labels, activation.labels)


def described(labels: Labels) -> str:
    """An alert by its name and labels, where nobody knows its summary."""
    others = [f"{name}={value}" for name, value in sorted(labels.items()) if name not in _TOLD_ELSEWHERE]
    name = labels.get("alertname", "")
    return f"{name} ({', '.join(others)})" if others else name
