"""The operations of the window by repository and kind, and their phases: what the histograms know.

Numbers and averages are exact. A median, and what most stay below, are estimates within the buckets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from alignwatch.metrics import catalogue
from alignwatch.report.counts import Counters
from alignwatch.report.figures import ratio
from alignwatch.report.moments import Moments, ask, line
from alignwatch.report.prometheus import (
    Labels,
    Prometheus,
    Value,
    promql_duration,
    promql_selector_of_all,
)
from alignwatch.report.quantiles import quantile
from alignwatch.report.thresholds import Thresholds
from alignwatch.report.window import Window

MOST = 0.95
"""The share of operations that the second quantile is about."""
NOT_AT_WORK = frozenset({"not_needed", "paused", "cancelled", "aborted"})
"""Outcomes whose durations tell nothing of speed; the rules leave them out too."""
BAD = frozenset({"failed", "timeout", "rolled_back"})
"""Outcomes that count as failures in the rules."""

_DURATION = catalogue.OPERATION_DURATION.name
_PHASE = catalogue.OPERATION_PHASE_DURATION.name
_USUAL_SLIDING = 300.0
_KIND = ("repository", "operation")
_PART = ("operation", "phase")

Key = tuple[str, ...]
Steps = Sequence[Mapping[float, float]]
"""Of each step: upper bound of a bucket -> how many operations it did not exceed."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds; None is unknown."""

    number: int
    average: float | None
    median: float | None
    """About."""
    most: float | None
    """About: the share :data:`MOST` took at most so long."""

    def within(self, longest: float | None) -> Self:
        """With no estimate beyond the longest that was seen: the buckets are wide."""
        return replace(self, median=at_most(self.median, longest), most=at_most(self.most, longest))


@dataclass(frozen=True, slots=True)
class Kind:
    """The operations of one kind in one repository."""

    repository: str
    operation: str
    outcomes: Mapping[str, int]
    spread: Spread
    """Of those at work."""
    longest: float | None
    """As the exporters showed it; None where none was shown."""
    limit: float | None
    """The threshold; None where there is none."""

    @property
    def number(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    @property
    def bad(self) -> int:
        """Those that failed."""
        return sum(self.outcomes.get(one, 0) for one in BAD)


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """One phase of the operations of one kind, in all repositories."""

    operation: str
    phase: str
    spread: Spread
    limit: float | None
    """The lowest threshold of any repository; None where there is none."""


class Histograms:
    """Asks for the operations of the window.

    Args:
        prometheus: the server.
        window: the report's.
        counters: of the same window.
        limits: the thresholds.
        moments: where the window is cut into steps.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        window: Window,
        counters: Counters,
        limits: Thresholds,
        moments: Moments,
    ) -> None:
        self._prometheus = prometheus
        self._window = window
        self.counters = counters
        self._limits = limits
        self.moments = moments
        self.executed = [one for one in counters.growths(f"{_DURATION}_count") if one.value]
        """How many operations of which labels; those without any are left out."""
        self._at_work = [one for one in self.executed if one.labels.get("outcome") not in NOT_AT_WORK]
        self.steps = self._steps(_DURATION, self._at_work, _KIND)
        """Repository and kind -> what was added to the buckets in each step, of those at work."""

    def kinds(self) -> list[Kind]:
        """By repository and kind."""
        spreads = self._spreads(_DURATION, self._at_work, _KIND, self.steps)
        longest = self._longest()
        outcomes: dict[Key, Counter[str]] = defaultdict(Counter)
        for one in self.executed:
            outcomes[_key(one.labels, _KIND)][one.labels.get("outcome", "")] += round(one.value)
        return [
            Kind(
                repository=key[0],
                operation=key[1],
                outcomes=dict(found),
                spread=spreads.get(key, Spread(0, None, None, None)).within(longest.get(key)),
                longest=longest.get(key),
                limit=self._limits.lowest("alignment_time_seconds", repository=key[0], operation=key[1]),
            )
            for key, found in sorted(outcomes.items())
        ]

    def phases(self) -> list[PhaseFigures]:
        """By kind and phase."""
        executed = [one for one in self.counters.growths(f"{_PHASE}_count") if one.value]
        found = self._spreads(_PHASE, executed, _PART, self._steps(_PHASE, executed, _PART))
        return [
            PhaseFigures(operation, phase, spread, self._limits.lowest("phase_time_seconds", phase=phase))
            for (operation, phase), spread in sorted(found.items())
        ]

    def _spreads(
        self, name: str, executed: Sequence[Value], by: tuple[str, ...], buckets: Mapping[Key, Steps]
    ) -> dict[Key, Spread]:
        if not executed:
            return {}
        identities = {frozenset(one.labels.items()): one.value for one in executed}
        numbers, seconds = defaultdict[Key, float](float), defaultdict[Key, float](float)
        selector = promql_selector_of_all(f"{name}_sum", [one.labels for one in executed])
        for one in self.counters.growths(selector):
            if number := identities.get(frozenset(one.labels.items())):
                numbers[_key(one.labels, by)] += number
                seconds[_key(one.labels, by)] += one.value
        return {key: _spread(number, seconds[key], buckets.get(key, ())) for key, number in numbers.items()}

    def _steps(self, name: str, executed: Sequence[Value], by: tuple[str, ...]) -> Mapping[Key, Steps]:
        """What was added to the buckets in each step, summed up by some labels.

        A histogram that was not there or began anew is left out of that step.
        """
        if not executed:
            return {}
        selector = promql_selector_of_all(f"{name}_bucket", [one.labels for one in executed])
        summed = f"sum by (job, instance, {', '.join(by)}, le) ({selector})"
        found: dict[Key, list[Counter[float]]] = {}
        for series in ask(self._prometheus, summed, self.moments):
            key, bound = _key(series.labels, by), float(series.labels["le"])
            steps = found.setdefault(key, [Counter() for _ in self.moments.at[1:]])
            for step, (earlier, later) in zip(steps, pairwise(line(series, self.moments.at)), strict=True):
                if earlier is not None and later is not None:
                    # A bound that nothing was added below stays one: the next bucket begins there.
                    step[bound] += max(0, later - earlier)  # type: ignore[assignment]
        return found

    def _longest(self) -> dict[Key, float]:
        """The longest that was shown since everything shown had ended in the window."""
        sliding = self._prometheus.number(f"max({catalogue.OPERATION_WINDOW.name})", self._window.end)
        seconds = self._window.seconds - (_USUAL_SLIDING if sliding is None else sliding)
        if seconds <= 0:
            return {}
        shown = f"max_over_time({catalogue.OPERATION_WINDOW_MAX.name}[{promql_duration(seconds)}])"
        found = self._prometheus.instant(f"max by (repository, operation) ({shown})", self._window.end)
        return {_key(one.labels, _KIND): one.value for one in found}


def at_most(estimate: float | None, longest: float | None) -> float | None:
    """An estimate that is not beyond what is known; None stays unknown."""
    return estimate if estimate is None or longest is None else min(estimate, longest)


def added(steps: Iterable[Mapping[float, float]]) -> Mapping[float, float]:
    """Buckets of several steps as those of one."""
    total = Counter[float]()
    for one in steps:
        total.update(one)
    return total


def _spread(number: float, seconds: float, steps: Iterable[Mapping[float, float]]) -> Spread:
    buckets = added(steps)
    return Spread(
        number=round(number),
        average=ratio(seconds, number),
        median=quantile(0.5, buckets),
        most=quantile(MOST, buckets),
    )


def _key(labels: Labels, names: Iterable[str]) -> Key:
    return tuple(labels.get(name, "") for name in names)
