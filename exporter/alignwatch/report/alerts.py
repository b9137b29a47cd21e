"""The report's ``alerts_generated``: each activation of an alert of ours that fired in the window."""

from collections.abc import Callable, Sequence
from itertools import groupby

from alignwatch.report.activations import Activation, activations, agree
from alignwatch.report.fate import Evidence, or_nothing
from alignwatch.report.figures import stamp
from alignwatch.report.prometheus import ActiveAlert, Labels, Prometheus
from alignwatch.report.schema import GeneratedAlert
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import OURS, Alertmanager
from alignwatch.servers.exporter import Exporter
from alignwatch.text import timestamp

_TOLD = f'{OURS},severity!="none"'
"""Severity ``none`` tells nobody: the dead man's switch, and what holds alerts back during maintenance."""

_TOLD_ELSEWHERE = frozenset({"alertname", "severity"})


def alerts_generated(
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    window: Window,
    warn: Callable[[str], None],
    exporter: Exporter | None = None,
) -> list[GeneratedAlert]:
    """The alerts, the oldest first.

    Their messages are known only while they are active; what became of them is found out by
    :mod:`alignwatch.report.fate`. The report does without a server that does not answer: ``warn`` is told.
    """
    fired = activations(prometheus, window, _TOLD)
    since = min((one.started for one in fired), default=window.start)
    active = or_nothing(prometheus.alerts, "alerts have their names for messages", warn) or []
    evidence = Evidence.gathered(prometheus, alertmanager, exporter, window, since, warn)
    return [
        _generated(activation, place, active, evidence)
        for _, at_once in groupby(fired, key=lambda activation: int(activation.started))
        for place, activation in enumerate(at_once, start=1)
    ]


def _generated(
    activation: Activation, place: int, active: Sequence[ActiveAlert], evidence: Evidence
) -> GeneratedAlert:
    raised = next((one for one in active if _raises(one, activation)), None)
    known = [one.annotations for one in (raised, evidence.raised(activation)) if one is not None]
    summaries = [annotations.get("summary") for annotations in known]
    return GeneratedAlert(
        alert_id=f"alert-{stamp(activation.started)}-{place:03d}",
        severity=activation.labels.get("severity", "unknown"),
        message=next(filter(None, summaries), _name(activation.labels)),
        timestamp=timestamp(activation.started),
        status=evidence.fate(activation),
    )


def _raises(alert: ActiveAlert, activation: Activation) -> bool:
    same_start = int(alert.active_at.timestamp()) == int(activation.started)
    return same_start and agree(alert.labels, activation.labels)


def _name(labels: Labels) -> str:
    others = [f"{name}={value}" for name, value in sorted(labels.items()) if name not in _TOLD_ELSEWHERE]
    name = labels.get("alertname", "")
    return f"{name} ({', '.join(others)})" if others else name
