"""How operations and machines did in the course of the window, for the charts."""

from collections.abc import Mapping
from dataclasses import dataclass

from alignwatch.metrics import catalogue
from alignwatch.operation import Outcome
from alignwatch.report.kinds import MOST, Histograms, Steps, added, at_most
from alignwatch.report.moments import Moments, Timeline, ask, line, moments_of
from alignwatch.report.prometheus import (
    Prometheus,
    Series,
    promql_duration,
    promql_selector_of_all,
)
from alignwatch.report.quantiles import quantile
from alignwatch.report.window import Window

_POINTS = 48
_DURATION = catalogue.OPERATION_DURATION.name
MEDIAN, MOST_OF, LONGEST = "median", "most", "longest"
"""Lines of a course of durations."""
CPU_USED, MEMORY_USED, DISK_USED = "cpu", "memory", "disk"
"""Lines of a course of machines: shares of 1, the largest of all machines."""


@dataclass(frozen=True, slots=True)
class OperationCourse:
    """Operations, step by step: the value at a moment is of the step that ends there."""

    step: int
    """Seconds."""
    outcomes: Timeline
    """How many ended how."""
    durations: Mapping[str, Timeline]
    """Kind -> median, most and longest of those at work, in seconds."""


def operations_by_step(prometheus: Prometheus, histograms: Histograms) -> OperationCourse:
    """How the operations of the window were spread over it."""
    moments, counters = histograms.moments, histograms.counters
    readable = counters.readable(moments)
    found: dict[str, list[float | None]] = {}
    if histograms.executed:
        selector = promql_selector_of_all(f"{_DURATION}_count", [one.labels for one in histograms.executed])
        somebody = [any(at in one for one in readable.values()) for at in moments.at[1:]]
        for one in counters.growths_by_step(selector, moments, readable):
            if any(one.steps):
                outcome = one.labels.get("outcome", "")
                so_far = found.setdefault(outcome, [0 if there else None for there in somebody])
                found[outcome] = [_sum(both) for both in zip(so_far, one.steps, strict=True)]
    outcomes = {str(one): tuple(found[one.value]) for one in Outcome if one.value in found}
    return OperationCourse(
        moments.step, Timeline(moments.at[1:], outcomes), _durations(prometheus, histograms)
    )


def machines(prometheus: Prometheus, window: Window) -> Timeline:
    """The use of the machines."""
    moments = moments_of(window, _POINTS)
    memory = f"1 - {catalogue.HOST_MEMORY_AVAILABLE.name} / {catalogue.HOST_MEMORY_TOTAL.name}"
    left, size = catalogue.FILESYSTEM_AVAILABLE.name, catalogue.FILESYSTEM_SIZE.name
    disk = f"1 - {left} / ({size} - {catalogue.FILESYSTEM_FREE.name} + {left})"
    used = {CPU_USED: catalogue.HOST_CPU_RATIO.name, MEMORY_USED: memory, DISK_USED: disk}
    # In one question, for there are many moments.
    named = (f'label_replace(max({one}), "used", "{name}", "", "")' for name, one in used.items())
    found = ask(prometheus, " or ".join(named), moments)
    lines = {one.labels["used"]: line(one, moments.at) for one in found}
    return Timeline(moments.at, lines)


def _durations(prometheus: Prometheus, histograms: Histograms) -> dict[str, Timeline]:
    moments = histograms.moments
    step = promql_duration(moments.step)
    shown = f"max by (operation) (max_over_time({catalogue.OPERATION_WINDOW_MAX.name}[{step}]))"
    longest = {one.labels["operation"]: one for one in ask(prometheus, shown, moments)}
    kinds = sorted({operation for _, operation in histograms.steps})
    return {kind: _course(moments, _of_kind(histograms, kind), longest.get(kind)) for kind in kinds}


def _of_kind(histograms: Histograms, kind: str) -> Steps:
    """What was added to the buckets of one kind in all repositories."""
    members = [steps for (_, operation), steps in histograms.steps.items() if operation == kind]
    return [added(at_once) for at_once in zip(*members, strict=True)]


def _course(moments: Moments, steps: Steps, longest: Series | None) -> Timeline:
    shown = line(longest, moments.at)[1:] if longest else (None,) * len(steps)
    medians = tuple(at_most(quantile(0.5, one), most) for one, most in zip(steps, shown, strict=True))
    mosts = tuple(at_most(quantile(MOST, one), most) for one, most in zip(steps, shown, strict=True))
    return Timeline(
        moments.at[1:],
        {
            MEDIAN: medians,
            MOST_OF: mosts,
            # Without an operation in the step, what is shown is from before.
            LONGEST: tuple(
                value if median is not None else None for value, median in zip(shown, medians, strict=True)
            ),
        },
    )


def _sum(values: tuple[float | None, float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return sum(known) if known else None
