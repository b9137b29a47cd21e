"""The shortest and the longest operation of the report's window, and the largest memory: exact or not at all.

A counter that grew by one gives the duration of that operation away. For all others: at each moment the
exporter shows the extremes of the operations that were recorded last, and of how many. How many had been
counted since the report's window began tells whether all of these belong to it. Together they have to cover
every one that was counted. The first of the window may have been shown only together with some from before;
then the extremes are certain if they go beyond what was shown when the window began, or if they are the same
without them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.report.counts import Counters
from alignwatch.report.prometheus import (
    Identity,
    Prometheus,
    Sample,
    Value,
    identity_of,
    promql_duration,
    promql_selector_of_all,
)
from alignwatch.report.window import Window

_KEY = ("job", "instance", "repository", "operation")
_EXECUTED = f"{catalogue.OPERATION_DURATION.name}_count"
_SHORTEST_STEP = 15
_STEPS = 1000

_Key = tuple[str, ...]
_Points = Mapping[float, float]
"""Moment -> value."""


class Extremes(NamedTuple):
    """None where there is nothing, or nothing certain."""

    shortest: float | None = None
    longest: float | None = None
    peak_memory: float | None = None


class _Moments(NamedTuple):
    """When to look at what was shown of one kind of operations."""

    sure: tuple[float, ...] = ()
    """All of them belonged to the window."""
    doubtful: tuple[float, ...] = ()
    """The first of the window did, and some were older."""


def find_extremes(
    prometheus: Prometheus,
    window: Window,
    counters: Counters,
    executed: Iterable[Value],
    seconds: Iterable[Value],
) -> Extremes:
    """The extremes over all repositories, kinds and exporters.

    Args:
        prometheus: is asked.
        window: the report's.
        counters: of the same window.
        executed: how many operations were counted in it, by series.
        seconds: the sum of their durations, by series.
    """
    grown = {identity_of(one.labels): one.value for one in executed if one.value}
    if not grown:
        return Extremes()
    several = {_key(identity) for identity, number in grown.items() if number != 1}
    of_one = grown.keys() - {identity for identity in grown if _key(identity) in several}
    alone = [one.value for one in seconds if identity_of(one.labels) in of_one]
    search = _Search(prometheus, window, counters, grown)
    moments = search.moments(grown)
    return Extremes(
        shortest=search.extreme(min, catalogue.OPERATION_WINDOW_MIN, moments, several, alone),
        longest=search.extreme(max, catalogue.OPERATION_WINDOW_MAX, moments, several, alone),
        peak_memory=search.extreme(max, catalogue.OPERATION_WINDOW_MEMORY, moments, moments.keys(), []),
    )


class _Search:
    """Asks for points a step apart at which anything was shown of what has grown in the window."""

    def __init__(
        self, prometheus: Prometheus, window: Window, counters: Counters, grown: Mapping[Identity, float]
    ) -> None:
        sliding = f"min(last_over_time({catalogue.OPERATION_WINDOW.name}[{promql_duration(window.seconds)}]))"
        shown = prometheus.number(sliding, window.end) or 0
        self._prometheus = prometheus
        self._window = window
        self._counters = counters
        self._step = max(_SHORTEST_STEP, int(min(shown / 2, window.seconds / _STEPS)))
        self._grown = promql_selector_of_all(_EXECUTED, [dict(identity) for identity in grown])
        self._kinds = [dict(zip(_KEY, key, strict=True)) for key in map(_key, grown)]
        numbers = promql_selector_of_all(catalogue.OPERATION_WINDOW_OPERATIONS.name, self._kinds)
        self._shown = f"({numbers} > 0)"

    def moments(self, grown: Mapping[Identity, float]) -> dict[_Key, _Moments | None]:
        """When to look at each kind; None where some operation never was among what was shown."""
        numbers = self._by_key(self._shown)
        return {key: _moments(counted, numbers.get(key, {})) for key, counted in self._counted(grown).items()}

    def extreme(
        self,
        which: Callable[[list[float]], float],
        metric: Metric,
        moments: Mapping[_Key, _Moments | None],
        keys: Collection[_Key],
        known: Sequence[float],
    ) -> float | None:
        """The extreme of the operations of some kinds and of what is known besides."""
        certain, doubtful = list(known), list[float]()
        shown = self._by_key(promql_selector_of_all(metric.name, self._kinds)) if keys else {}
        at_start = self._values_at_start(metric) if keys else {}
        for key in keys:
            when = moments[key]
            if when is None:
                return None
            points = shown.get(key, {})
            certain += [points[moment] for moment in when.sure if moment in points]
            for value in (points[moment] for moment in when.doubtful if moment in points):
                older = at_start.get(key, value)
                (doubtful if which([older, value]) == older else certain).append(value)
        return which(certain) if certain and which(certain) == which(certain + doubtful) else None

    def _counted(self, grown: Mapping[Identity, float]) -> Mapping[_Key, _Points]:
        """How many operations of the window had been counted by then, and at its end."""
        series = self._range(f"{self._grown} and on ({', '.join(_KEY)}) {self._shown}")
        end = self._window.end
        ranged = f"{self._grown}[{promql_duration(self._window.seconds)}]"
        last = self._prometheus.instant(f"last_over_time({ranged})", end)
        ends = {identity_of(one.labels): Sample(end, one.value) for one in last}
        found: dict[_Key, dict[float, float]] = {}
        for identity, total in grown.items():
            counted = found.setdefault(_key(identity), defaultdict(float))
            left, later = total, None
            before = (sample for sample in series.get(identity, ()) if sample.time < end)
            for sample in reversed([*before, ends[identity]]):
                if later is not None:
                    left -= self._counters.between(dict(identity), (sample, later))
                counted[sample.time] += left
                later = sample
        return found

    def _by_key(self, expression: str) -> Mapping[_Key, _Points]:
        return {_key(identity): dict(samples) for identity, samples in self._range(expression).items()}

    def _values_at_start(self, metric: Metric) -> Mapping[_Key, float]:
        found = self._prometheus.instant(metric.name, self._window.start)
        return {_key(identity_of(one.labels)): one.value for one in found}

    def _range(self, expression: str) -> Mapping[Identity, Sequence[Sample]]:
        found = self._prometheus.range(expression, self._window, self._step)
        return {identity_of(one.labels): one.samples for one in found}


def _key(identity: Identity) -> _Key:
    labels = dict(identity)
    return tuple(labels.get(name, "") for name in _KEY)


def _moments(counted: _Points, numbers: _Points) -> _Moments | None:
    sure: list[float] = []
    doubtful: tuple[float, ...] = ()
    covered = 0.0
    for moment in sorted(counted):
        shown = numbers.get(moment, 0)
        before = counted[moment] - shown
        if before > covered or counted[moment] < 0:
            return None
        if before < 0:
            doubtful = (moment,)
        elif before == 0:
            doubtful = ()
        if before >= 0 and shown:
            sure.append(moment)
        covered = counted[moment]
    return _Moments(tuple(sure), doubtful) if covered == max(counted.values(), default=-1.0) else None
