"""Maintenance: what each task did in the window, and when it is due next."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.report.counts import Counters
from alignwatch.report.prometheus import Labels, Prometheus, is_moment, of_living_exporters
from alignwatch.report.window import Window

_BY = ("instance", "task")


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One task of one exporter. Times are seconds since the epoch, None is unknown."""

    task: str
    exporter: str
    schedule: str | None
    frequency: str | None
    next_run: float | None
    last_start: float | None
    last_success: float | None
    last_seconds: float | None
    runs: Mapping[str, int] | None
    """What came of it in the window -> how many times."""
    freed_bytes: float | None


def tasks(prometheus: Prometheus, window: Window, counters: Counters) -> list[TaskReport]:
    """All tasks that are scheduled at the window's end, and those whose runs were counted in it."""

    def newest(metric: Metric) -> dict[tuple[str, ...], float]:
        found = prometheus.instant(of_living_exporters(metric.name), window.end)
        return {_key(one.labels): one.value for one in found}

    def moments(metric: Metric) -> dict[tuple[str, ...], float]:
        return {key: value for key, value in newest(metric).items() if is_moment(value) and value}

    info = prometheus.instant(of_living_exporters(catalogue.MAINTENANCE_SCHEDULE.name), window.end)
    schedules = {_key(one.labels): one.labels for one in info}
    runs: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for one in counters.growths(catalogue.MAINTENANCE_TASK_RUNS.name):
        runs[_key(one.labels)][one.labels.get("outcome", "")] += round(one.value)
    freed: dict[tuple[str, ...], float] = {
        _key(one.labels): one.value for one in counters.growths(catalogue.MAINTENANCE_TASK_FREED.name)
    }
    due = moments(catalogue.MAINTENANCE_NEXT_RUN)
    started = moments(catalogue.MAINTENANCE_TASK_LAST_START)
    succeeded = moments(catalogue.MAINTENANCE_TASK_LAST_SUCCESS)
    took = newest(catalogue.MAINTENANCE_TASK_LAST_DURATION)
    return [
        TaskReport(
            task=key[1],
            exporter=key[0],
            schedule=schedules.get(key, {}).get("schedule"),
            frequency=schedules.get(key, {}).get("frequency"),
            next_run=due.get(key),
            last_start=started.get(key),
            last_success=succeeded.get(key),
            last_seconds=took.get(key),
            runs=_that_were(runs.get(key)),
            freed_bytes=freed.get(key),
        )
        for key in sorted(schedules.keys() | runs.keys(), key=lambda one: one[::-1])
    ]


def _that_were(runs: Mapping[str, int] | None) -> Mapping[str, int] | None:
    return None if runs is None else {outcome: number for outcome, number in runs.items() if number}


def _key(labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in _BY)
