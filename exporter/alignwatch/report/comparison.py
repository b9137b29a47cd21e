"""What got better or worse from one window to the next.

Each figure knows which direction is better, if any is, and how much it may change by chance alone. What is
unknown in one of the windows is not judged.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alignwatch.report import wording
from alignwatch.report.health import REPOSITORY, SYSTEM
from alignwatch.report.kinds import BAD
from alignwatch.report.review import Standing


class Better(StrEnum):
    """Which direction is."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"
    """More of it is more, and nothing else."""


class Judgement(StrEnum):
    """What the change means."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "about the same"
    NONE = ""
    """It is neither good nor bad."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in both windows, as people read it."""

    name: str
    before: str
    now: str
    change: str
    """With its sign."""
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class _Measure:
    name: str
    better: Better
    write: Callable[[float | None], str]
    value: Callable[[Standing], float | None]
    least: float
    """A change that is smaller says nothing, in the figure's unit."""
    write_change: Callable[[float | None], str] | None = None
    """How a change is written, where that is another way."""


_PROCESSES = ("stuck", ("idle", "running"))
"""At work or not: neither is better."""
_RELATIVE = 0.05
"""A change by a smaller share says nothing either."""


def judge(before: float | None, now: float | None, better: Better, least: float) -> Judgement:
    """Whether a figure got better or worse.

    Args:
        before: in the first window; None is unknown.
        now: in the second one.
        better: which direction is.
        least: a smaller change says nothing.
    """
    if before is None or now is None:
        return Judgement.UNKNOWN
    if better is Better.NEITHER:
        return Judgement.NONE
    change = now - before
    if not change or abs(change) < max(least, _RELATIVE * max(abs(before), abs(now))):
        return Judgement.SAME
    return Judgement.BETTER if (change < 0) is (better is Better.LOWER) else Judgement.WORSE


def judge_state(before: str, now: str, worst_first: Sequence[str | Collection[str]]) -> Judgement:
    """The same of a state.

    Args:
        before: in the first window.
        now: in the second one.
        worst_first: all states in their order; those that are equally good together.
    """
    if wording.UNKNOWN in (before, now):
        return Judgement.UNKNOWN
    ranks = {state: rank for rank, states in enumerate(worst_first) for state in _each(states)}
    change = ranks[now] - ranks[before]
    return Judgement.SAME if not change else Judgement.BETTER if change > 0 else Judgement.WORSE


def _each(states: str | Collection[str]) -> Collection[str]:
    return (states,) if isinstance(states, str) else states


def compare(before: Standing, now: Standing) -> list[Compared]:
    """All figures, in the order in which people are told them."""
    return [*_states(before, now), *(_compared(measure, before, now) for measure in _MEASURES)]


def _states(before: Standing, now: Standing) -> list[Compared]:
    was, is_ = before.report.health_status, now.report.health_status
    return [
        _state("System", was.system_health, is_.system_health, SYSTEM),
        _state("Repositories", was.repository_health, is_.repository_health, REPOSITORY),
        _state("Processes", was.process_health, is_.process_health, _PROCESSES),
    ]


def _state(name: str, before: str, now: str, worst_first: Sequence[str | Collection[str]]) -> Compared:
    return Compared(name, before, now, "", judge_state(before, now, worst_first))


def _compared(measure: _Measure, before: Standing, now: Standing) -> Compared:
    was, is_ = measure.value(before), measure.value(now)
    return Compared(
        name=measure.name,
        before=measure.write(was),
        now=measure.write(is_),
        change=_change(was, is_, measure.write_change or measure.write),
        judgement=judge(was, is_, measure.better, measure.least),
    )


def _change(before: float | None, now: float | None, write: Callable[[float | None], str]) -> str:
    return wording.UNKNOWN if before is None or now is None else wording.change(before, now, write)


def _branches(*states: str) -> Callable[[Standing], float | None]:
    """Branches in some states, in all repositories; unknown if that is not known of one of them."""

    def number(standing: Standing) -> float | None:
        known = [one.now for one in standing.branches]
        if not known or any(one is None for one in known):
            return None
        return sum(one.get(state, 0) for one in known if one is not None for state in states)

    return number


def _conflicting_share(standing: Standing) -> float | None:
    """Of the branches behind of which it is known; else the forecast's progress would look like a change."""
    conflicting, clean = _branches("conflicting")(standing), _branches("clean")(standing)
    if conflicting is None or clean is None or not conflicting + clean:
        return None
    return conflicting / (conflicting + clean)


def _failed(standing: Standing) -> float | None:
    total = standing.report.performance_metrics.alignment_operations.total_executed
    return None if total is None else sum(one.outcomes.get(bad, 0) for one in standing.kinds for bad in BAD)


def _alerts(severity: str | None) -> Callable[[Standing], float]:
    def number(standing: Standing) -> float:
        return sum(severity in (None, one.severity) for one in standing.report.alerts_generated)

    return number


def _troubled_runs(standing: Standing) -> float | None:
    known = [one.runs for one in standing.tasks if one.runs is not None]
    if not known:
        return None
    return sum(
        number
        for runs in known
        for outcome, number in runs.items()
        if outcome in ("failed", "timeout", "crashed")
    )


def _operations(name: str) -> Callable[[Standing], float | None]:
    return lambda standing: getattr(standing.report.performance_metrics.alignment_operations, name)


def _usage(name: str) -> Callable[[Standing], float | None]:
    return lambda standing: getattr(standing.report.performance_metrics.resource_usage, name)


def _machine(name: str) -> Callable[[Standing], float | None]:
    return lambda standing: getattr(standing.report.health_status.resource_utilization, name)


_MEASURES = (
    _Measure("CPU in use", Better.LOWER, wording.percent, _machine("cpu_percent"), 5),
    _Measure("Memory in use", Better.LOWER, wording.megabytes, _machine("memory_mb"), 100),
    _Measure("Fullest disk", Better.LOWER, wording.percent, _machine("disk_percent"), 1),
    _Measure("Operations", Better.NEITHER, wording.count, _operations("total_executed"), 0),
    _Measure("Success rate", Better.HIGHER, wording.share, _operations("success_rate"), 0.01, wording.points),
    _Measure("Failed operations", Better.LOWER, wording.count, _failed, 1),
    _Measure("Average duration", Better.LOWER, wording.seconds, _operations("average_time_seconds"), 0.1),
    _Measure("Shortest operation", Better.NEITHER, wording.seconds, _operations("min_time_seconds"), 0),
    _Measure("Longest operation", Better.LOWER, wording.seconds, _operations("max_time_seconds"), 1),
    _Measure("Peak memory", Better.LOWER, wording.megabytes, _usage("peak_memory_mb"), 10),
    _Measure("CPU of operations", Better.NEITHER, wording.percent, _usage("average_cpu_percent"), 0),
    _Measure("Block reads and writes", Better.NEITHER, wording.count, _usage("io_operations"), 0),
    _Measure(
        "Branches",
        Better.NEITHER,
        wording.count,
        _branches(*("merged", "aligned", "clean", "conflicting", "behind", "orphan", "apart", "unknown")),
        0,
    ),
    _Measure("Branches behind", Better.LOWER, wording.count, _branches("clean", "conflicting", "behind"), 1),
    _Measure(
        "Share that would conflict", Better.LOWER, wording.share, _conflicting_share, 0.01, wording.points
    ),
    _Measure("Branches that cannot be judged", Better.LOWER, wording.count, _branches("unknown"), 1),
    _Measure("Alerts", Better.LOWER, wording.count, _alerts(None), 1),
    _Measure("Critical alerts", Better.LOWER, wording.count, _alerts("critical"), 1),
    _Measure("Maintenance runs that failed", Better.LOWER, wording.count, _troubled_runs, 1),
)
