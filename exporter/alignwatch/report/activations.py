"""When which alert fired, from the series that Prometheus itself keeps of alerts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from alignwatch.report.prometheus import Labels, Prometheus, Series, is_moment
from alignwatch.report.window import Window


@dataclass(frozen=True, slots=True)
class Activation:
    """One time that one alert fired."""

    labels: Labels
    started: float
    """Since when its condition holds, seconds since the epoch."""
    fired: float
    """When Prometheus first evaluated it as firing, in the window."""
    last_seen: float
    """When Prometheus last evaluated it so that its condition held, in the window."""
    newest: bool
    """Whether no later one of the same alert is in the window."""


def activations(prometheus: Prometheus, window: Window, matchers: str) -> list[Activation]:
    """All that fired in the window, the oldest first.

    Args:
        prometheus: the server.
        window: when.
        matchers: of the alerts, without braces.
    """
    firing = {
        _identity(series.labels): [sample.time for sample in series.samples]
        for series in prometheus.raw(f'ALERTS{{alertstate="firing",{matchers}}}', window)
    }
    found = [
        activation
        for series in prometheus.raw(f"ALERTS_FOR_STATE{{{matchers}}}", window)
        for activation in _of_series(series, firing.get(_identity(series.labels), []))
    ]
    return sorted(found, key=lambda one: (one.started, sorted(one.labels.items())))


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether labels are those of one alert; on the way some are added (external ones) or dropped."""
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def _of_series(series: Series, firing: Sequence[float]) -> Iterator[Activation]:
    """The activations of one alert: its samples' value is when it became active."""
    for started, samples in groupby(series.samples, key=attrgetter("value")):
        times = [sample.time for sample in samples]
        fired = next((time for time in firing if times[0] <= time <= times[-1]), None)
        if is_moment(started) and fired is not None:
            newest = times[-1] == series.samples[-1].time
            yield Activation(series.labels, started, fired, times[-1], newest)


def _identity(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(label for label in labels.items() if label[0] != "alertstate")
