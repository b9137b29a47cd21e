"""Exact growth of counters.

``increase()`` extrapolates to the edges of its range and answers 100.678 where 101 operations ended.
A report needs the whole number.
"""

import math
from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from alignwatch.metrics import catalogue
from alignwatch.report.moments import Moments, ask, line
from alignwatch.report.prometheus import (
    Identity,
    Labels,
    Prometheus,
    Sample,
    Series,
    Value,
    exporter_of,
    identity_of,
    promql_duration,
    promql_selector,
    promql_selector_of_all,
)
from alignwatch.report.window import Window

LOOK_BACK = "7d"
"""How long before the window the value at its start is sought, for an exporter that was off."""

_JUST_BEFORE = 300
"""The same in seconds, for one that was not."""

_EXECUTED = f"{catalogue.OPERATION_DURATION.name}_count"
_LONG = 6 * 3600
"""Seconds; of a longer window not every sample of every series can be read: a server refuses more than fifty
million at once."""

Exporter = tuple[str, str]


def growth(values: Iterable[float]) -> float:
    """How much a counter grew from the first of its values to the last.

    A value below the one before it is a reset: the counter began anew at 0, so all of it is growth.
    Whole numbers stay exact up to 2**53.

    Args:
        values: in the order of time; fewer than two have not grown.
    """
    return sum(after - before if after >= before else after for before, after in pairwise(values))


class Growths(NamedTuple):
    """How much one series grew, step by step; None is unknown."""

    labels: Labels
    steps: tuple[float | None, ...]


class Counters:
    """How much counters grew in the window, over restarts, gaps and resets.

    A series has grown since its newest sample not after the window's start. One that appears later has
    grown from 0 if its exporter had been scraped with its journal read before, so that its absence meant
    0; else from its first sample, for what it counted before is older than the exporter's first scrape.
    """

    def __init__(self, prometheus: Prometheus, window: Window) -> None:
        self._prometheus = prometheus
        self._window = window
        self._long = window.seconds > _LONG
        self.journal_read = self._journal_first_read()
        """By exporter, since when Prometheus knows that it could read its journal."""
        self._replaced = self._journal_replaced()

    def growth(self, name: str) -> float:
        """The growth of all series of a counter together."""
        return sum(one.value for one in self.growths(name))

    def growths(self, selector: str) -> list[Value]:
        """The growth of each series of a counter.

        Most have no reset: theirs is the difference of two values, and Prometheus need not send every
        sample of a week.

        Args:
            selector: the counter's name, or with matchers.
        """
        last = self._last(selector)
        start = self._at_start(selector, last)
        unclear = self._fallen(selector, last) | {
            one
            for one, value in last.items()
            if value < start.get(one, value) or (value and self._doubtful(one, one in start))
        }
        return [
            Value(
                dict(one),
                self._sample_by_sample(selector, one, start) if one in unclear else value - start.get(one, 0),
            )
            for one, value in last.items()
        ]

    def readable(self, moments: Moments) -> dict[Exporter, set[float]]:
        """The moments at which each exporter was seen to read its journal."""
        found = ask(self._prometheus, catalogue.JOURNAL_SUCCESS.name, moments)
        return {
            exporter_of(one.labels): {sample.time for sample in one.samples if sample.value == 1}
            for one in found
        }

    def growths_by_step(
        self, selector: str, moments: Moments, readable: Mapping[Exporter, Container[float]]
    ) -> list[Growths]:
        """How much each series of a counter grew in each step.

        What was counted while nobody scraped is in the step in which it was seen; a step at whose end the
        exporter was not seen to read its journal is unknown.

        Args:
            selector: the counter's name, or with matchers.
            moments: the steps' ends.
            readable: as :meth:`readable` tells of them.
        """
        start = self._at_start(selector, self._last(selector))
        return [
            self._steps(series, moments, start, readable.get(exporter_of(series.labels), ()))
            for series in ask(self._prometheus, selector, moments)
        ]

    def _steps(
        self, series: Series, moments: Moments, start: Mapping[Identity, float], readable: Container[float]
    ) -> Growths:
        identity = identity_of(series.labels)
        newest = Sample(self._window.start, start[identity]) if identity in start else None
        grown: list[float | None] = []
        for moment, value in zip(moments.at[1:], line(series, moments.at)[1:], strict=True):
            if value is None:
                grown.append(0 if moment in readable else None)
                continue
            sample = Sample(moment, value)
            grown.append(self.between(series.labels, [*([newest] if newest else []), sample]))
            newest = sample
        return Growths(series.labels, tuple(grown))

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

    def _last(self, selector: str) -> dict[Identity, float]:
        """Each series' last value in the window."""
        window = self._window
        if not self._long:
            return self._values(f"last_over_time({selector}[{promql_duration(window.seconds)}])", window.end)
        last = self._values(selector, window.end)
        known = map(identity_of, self._prometheus.series(selector, window))
        if ended := [one for one in known if one not in last]:
            ends = promql_selector_of_all(_name(selector), map(dict, ended))
            before = self._values(f"last_over_time({ends}[{promql_duration(window.seconds)}])", window.end)
            last |= {one: before[one] for one in ended if one in before}
        return last

    def _at_start(self, selector: str, last: Mapping[Identity, float]) -> dict[Identity, float]:
        """What each series began with, as far as it is known; those that were born since began with 0."""
        window = self._window
        start = self._values(f"last_over_time({selector}[{promql_duration(_JUST_BEFORE)}])", window.start)
        if any(value and one not in start for one, value in last.items()):
            start = self._values(f"last_over_time({selector}[{LOOK_BACK}])", window.start) | start
            for exporter, moment in self.journal_read.items():
                late = {one for one in last if one not in start and exporter_of(dict(one)) == exporter}
                first = self._values(selector, moment) if late and moment > window.start else {}
                start |= {one: first.get(one, 0) for one in late}
        return start

    def _fallen(self, selector: str, last: Mapping[Identity, float]) -> set[Identity]:
        """Those that began anew, as far as that shows.

        For a long window Prometheus would have to read too much. But a journal begins all of its counters
        anew or none, and then one shows it that counts operations, unless none ended since.
        """
        if not self._long:
            return last.keys() & self._reset(selector)
        return {one for one, value in last.items() if value and exporter_of(dict(one)) in self._begun_anew}

    @cached_property
    def _begun_anew(self) -> set[Exporter]:
        """The exporters of which some counter of operations was reset."""
        last = self._values(_EXECUTED, self._window.end)
        stirred = [dict(one) for one, value in last.items() if value]
        found = self._reset(promql_selector_of_all(_EXECUTED, stirred)) if stirred else set()
        return {exporter_of(dict(one)) for one in found}

    def _reset(self, selector: str) -> set[Identity]:
        ranged = f"{selector}[{promql_duration(self._window.seconds + _JUST_BEFORE)}]"
        return set(self._values(f"resets({ranged}) > 0", self._window.end))

    def _doubtful(self, one: Identity, started: bool) -> bool:
        """Whether the values at the window's ends do not tell all of a series that has not fallen."""
        return not started or exporter_of(dict(one)) in self._replaced

    def _sample_by_sample(self, selector: str, one: Identity, start: Mapping[Identity, float]) -> float:
        labels = dict(one)
        found = self._prometheus.raw(promql_selector(_name(selector), labels), self._window)
        # A selector also finds series that have further labels.
        samples = next((series.samples for series in found if series.labels == labels), ())
        before = (Sample(self._window.start, start[one]),) if one in start else ()
        return self.between(labels, [*before, *samples])

    def _journal_first_read(self) -> dict[Exporter, float]:
        name = catalogue.JOURNAL_SUCCESS.name
        before = self._prometheus.instant(f"max_over_time({name}[{LOOK_BACK}]) == 1", self._window.start)
        read = {exporter_of(one.labels): -math.inf for one in before}
        ranged = f"{name}[{promql_duration(self._window.seconds)}]"
        for one in self._prometheus.instant(f"max_over_time({ranged}) == 1", self._window.end):
            if exporter_of(one.labels) not in read:
                series = self._prometheus.raw(promql_selector(name, one.labels), self._window)
                times = (sample.time for each in series for sample in each.samples if sample.value == 1)
                read[exporter_of(one.labels)] = min(times, default=math.inf)
        return read

    def _journal_replaced(self) -> dict[Exporter, tuple[float, ...]]:
        """By exporter, when it was first seen to have another journal than before."""
        name, window = catalogue.JOURNAL_CREATED.name, self._window
        before = {
            exporter_of(one.labels): Sample(window.start, one.value)
            for one in self._prometheus.instant(f"last_over_time({name}[{LOOK_BACK}])", window.start)
        }
        ranged = f"{name}[{promql_duration(window.seconds)}]"
        changed = self._values(f"changes({ranged}) > 0", window.end)
        last = self._values(f"last_over_time({ranged})", window.end)
        replaced: dict[Exporter, tuple[float, ...]] = {}
        for one, value in last.items():
            exporter = exporter_of(dict(one))
            known = [before[exporter]] if exporter in before else []
            if one in changed or any(sample.value != value for sample in known):
                series = self._prometheus.raw(promql_selector(name, dict(one)), window)
                pairs = pairwise([*known, *(sample for each in series for sample in each.samples)])
                moments = tuple(later.time for earlier, later in pairs if later.value != earlier.value)
                replaced[exporter] = (*replaced.get(exporter, ()), *moments)
        return replaced

    def _values(self, expression: str, at: float) -> dict[Identity, float]:
        return {identity_of(one.labels): one.value for one in self._prometheus.instant(expression, at)}


def _name(selector: str) -> str:
    return selector.partition("{")[0]
