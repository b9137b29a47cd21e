"""The report's ``alerts_generated``: each activation of an alert of ours that fired in the window."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from alignwatch.errors import AlignwatchError
from alignwatch.report.alertmanager import Alertmanager, HeldAlert
from alignwatch.report.figures import stamp
from alignwatch.report.prometheus import ActiveAlert, Labels, Prometheus, Series, is_moment
from alignwatch.report.schema import GeneratedAlert
from alignwatch.report.window import Window
from alignwatch.text import timestamp

_OURS = 'alertname=~"Alignment.+"'
_TOLD = f'{_OURS},severity!="none"'
"""Severity ``none`` tells nobody: the dead man's switch, and what holds alerts back during maintenance."""

_TOLD_ELSEWHERE = frozenset({"alertname", "severity"})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Activation:
    """One time that one alert fired."""

    labels: Labels
    started: float
    """Since when its condition holds, seconds since the epoch."""
    last_seen: float
    """When Prometheus last evaluated it so, in the window."""
    newest: bool
    """Whether no later one of the same alert is in the window."""


def alerts_generated(
    prometheus: Prometheus, alertmanager: Alertmanager, window: Window, warn: Callable[[str], None]
) -> list[GeneratedAlert]:
    """The alerts, the oldest first.

    Their messages and what became of them are known only while they are active. The report does without
    a server that does not answer, and ``warn`` is told.
    """
    fired = _activations(prometheus, window)
    active = _or_nothing(prometheus.alerts, "alerts have their names for messages", warn)
    held = _or_nothing(lambda: alertmanager.alerts(_OURS), "what became of the alerts is unknown", warn)
    return [
        _generated(activation, place, active, held)
        for _, at_once in groupby(fired, key=lambda activation: int(activation.started))
        for place, activation in enumerate(at_once, start=1)
    ]


def _or_nothing(
    ask: Callable[[], list[Answer]], consequence: str, warn: Callable[[str], None]
) -> list[Answer]:
    try:
        return ask()
    except AlignwatchError as error:
        warn(f"{consequence}: {error}")
        return []


def _activations(prometheus: Prometheus, window: Window) -> list[Activation]:
    firing = {
        _identity(series.labels): [sample.time for sample in series.samples]
        for series in prometheus.raw(f'ALERTS{{alertstate="firing",{_TOLD}}}', window)
    }
    found = [
        activation
        for series in prometheus.raw(f"ALERTS_FOR_STATE{{{_TOLD}}}", window)
        for activation in _of_series(series, firing.get(_identity(series.labels), []))
    ]
    return sorted(found, key=lambda one: (one.started, sorted(one.labels.items())))


def _of_series(series: Series, firing: Sequence[float]) -> Iterator[Activation]:
    """The activations of one alert: its samples' value is when it became active."""
    for started, samples in groupby(series.samples, key=attrgetter("value")):
        times = [sample.time for sample in samples]
        if is_moment(started) and any(times[0] <= time <= times[-1] for time in firing):
            newest = times[-1] == series.samples[-1].time
            yield Activation(series.labels, started, times[-1], newest)


def _identity(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(label for label in labels.items() if label[0] != "alertstate")


def _generated(
    activation: Activation, place: int, active: Sequence[ActiveAlert], held: Sequence[HeldAlert]
) -> GeneratedAlert:
    raised = next((one for one in active if _raises(one, activation)), None)
    taken = next((one for one in held if _took(one, activation)), None)
    summaries = [one.annotations.get("summary") for one in (raised, taken) if one is not None]
    return GeneratedAlert(
        alert_id=f"alert-{stamp(activation.started)}-{place:03d}",
        severity=activation.labels.get("severity", "unknown"),
        message=next(filter(None, summaries), _name(activation.labels)),
        timestamp=timestamp(activation.started),
        status="suppressed" if taken is not None and taken.status.state == "suppressed" else "unknown",
    )


def _raises(alert: ActiveAlert, activation: Activation) -> bool:
    same_start = int(alert.active_at.timestamp()) == int(activation.started)
    return same_start and _agree(alert.labels, activation.labels)


def _took(alert: HeldAlert, activation: Activation) -> bool:
    """Whether Alertmanager's alert comes from this activation.

    It keeps the oldest start of what overlaps, so only that it does not begin later can be asked.
    """
    not_later = alert.starts_at.timestamp() <= activation.last_seen
    return activation.newest and not_later and _agree(alert.labels, activation.labels)


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether labels are those of one alert; on the way some are added (external ones) or dropped."""
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def _name(labels: Labels) -> str:
    others = [f"{name}={value}" for name, value in sorted(labels.items()) if name not in _TOLD_ELSEWHERE]
    name = labels.get("alertname", "")
    return f"{name} ({', '.join(others)})" if others else name
