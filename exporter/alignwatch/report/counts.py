"""Exact growth of counters.

``increase()`` extrapolates to the edges of its range and answers 100.678 where 101 operations ended.
A report needs the whole number.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise

from alignwatch.metrics import catalogue
from alignwatch.report.prometheus import (
    Labels,
    Prometheus,
    Sample,
    Value,
    exporter_of,
    promql_duration,
    promql_selector,
)
from alignwatch.report.window import Window

LOOK_BACK = "7d"
"""How long before the window the value at its start is sought, for an exporter that was off."""

_JUST_BEFORE = 300
"""The same in seconds, for one that was not."""

_Identity = frozenset[tuple[str, str]]


def growth(values: Iterable[float]) -> float:
    """How much a counter grew from the first of its values to the last.

    A value below the one before it is a reset: the counter began anew at 0, so all of it is growth.
    Whole numbers stay exact up to 2**53.

    Args:
        values: in the order of time; fewer than two have not grown.
    """
    return sum(after - before if after >= before else after for before, after in pairwise(values))


class Counters:
    """How much counters grew in the window, over restarts, gaps and resets.

    A series has grown since its newest sample not after the window's start. One that appears later has
    grown from 0 if its exporter had been scraped with its journal read before, so that its absence meant
    0; else from its first sample, for what it counted before is older than the exporter's first scrape.
    """

    def __init__(self, prometheus: Prometheus, window: Window) -> None:
        self._prometheus = prometheus
        self._window = window
        self.journal_read = self._journal_first_read()
        """By exporter, since when Prometheus knows that it could read its journal."""
        self._replaced = self._journal_replaced()

    def growth(self, name: str) -> float:
        """The growth of all series of a counter together."""
        return sum(one.value for one in self.growths(name))

    def growths(self, name: str) -> list[Value]:
        """The growth of each series of a counter.

        Most have no reset: theirs is the difference of two values, and Prometheus need not send every
        sample of a week.
        """
        window = self._window
        last = self._values(f"last_over_time({name}[{promql_duration(window.seconds)}])", window.end)
        start = self._values(f"last_over_time({name}[{promql_duration(_JUST_BEFORE)}])", window.start)
        resets = self._values(
            f"resets({name}[{promql_duration(window.seconds + _JUST_BEFORE)}]) > 0", window.end
        )
        unclear = {
            one
            for one, value in last.items()
            if one in resets or (one not in start and value) or exporter_of(dict(one)) in self._replaced
        }
        before = start
        if not unclear <= start.keys():
            before = self._values(f"last_over_time({name}[{LOOK_BACK}])", window.start)
        return [
            Value(
                dict(one),
                self._sample_by_sample(name, one, before) if one in unclear else value - start.get(one, 0),
            )
            for one, value in last.items()
        ]

    def between(self, labels: Labels, samples: Iterable[Sample]) -> float:
        """The growth of one series from the first of its samples to the last.

        Where another journal took the place of the first, the counter began anew, even if it had got farther
        than before by the next scrape.
        """
        replaced = self._replaced.get(exporter_of(labels), ())
        return sum(
            later.value
            if any(earlier.time < moment <= later.time for moment in replaced)
            else growth((earlier.value, later.value))
            for earlier, later in pairwise(samples)
        )

    def _sample_by_sample(self, name: str, one: _Identity, before: Mapping[_Identity, float]) -> float:
        labels = dict(one)
        found = self._prometheus.raw(promql_selector(name, labels), self._window)
        # A selector also finds series that have further labels.
        samples = next((series.samples for series in found if series.labels == labels), ())
        return self.between(labels, [*self._start(labels, samples, before.get(one)), *samples])

    def _start(self, labels: Labels, samples: tuple[Sample, ...], known: float | None) -> tuple[Sample, ...]:
        if known is not None:
            return (Sample(self._window.start, known),)
        read = self.journal_read.get(exporter_of(labels), math.inf)
        return (Sample(self._window.start, 0),) if samples and read < samples[0].time else ()

    def _journal_first_read(self) -> dict[tuple[str, str], float]:
        name = catalogue.JOURNAL_SUCCESS.name
        first: dict[tuple[str, str], float] = {}
        for series in self._prometheus.raw(name, self._window):
            if times := [sample.time for sample in series.samples if sample.value == 1]:
                first[exporter_of(series.labels)] = times[0]
        before = self._prometheus.instant(f"max_over_time({name}[{LOOK_BACK}]) == 1", self._window.start)
        return first | {exporter_of(one.labels): -math.inf for one in before}

    def _journal_replaced(self) -> dict[tuple[str, str], tuple[float, ...]]:
        """By exporter, when it was first seen to have another journal than before."""
        name = catalogue.JOURNAL_CREATED.name
        before = {
            exporter_of(one.labels): Sample(self._window.start, one.value)
            for one in self._prometheus.instant(f"last_over_time({name}[{LOOK_BACK}])", self._window.start)
        }
        replaced = {}
        for series in self._prometheus.raw(name, self._window):
            exporter = exporter_of(series.labels)
            known = [before[exporter]] if exporter in before else []
            pairs = pairwise([*known, *series.samples])
            if moments := tuple(later.time for earlier, later in pairs if later.value != earlier.value):
                replaced[exporter] = moments
        return replaced

    def _values(self, expression: str, at: float) -> dict[_Identity, float]:
        return {frozenset(one.labels.items()): one.value for one in self._prometheus.instant(expression, at)}
