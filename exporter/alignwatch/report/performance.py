"""The report's ``performance_metrics``: the operations of the window and what they used.

An operation counts in the window in which Prometheus first saw it, so the totals of adjacent windows add
up to the total of both.
"""

from collections.abc import Iterable

from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.operation import SUCCESSFUL
from alignwatch.report.counts import Counters
from alignwatch.report.figures import MEGABYTE, PERCENT, ratio, rounded
from alignwatch.report.prometheus import Prometheus, Value, promql_duration
from alignwatch.report.schema import AlignmentOperations, PerformanceMetrics, ResourceUsage
from alignwatch.report.window import Window

SHORTEST_RANGE = 60
"""Seconds that hold at least one scrape."""

_EXECUTED = f"{catalogue.OPERATION_DURATION.name}_count"
_DURATION = f"{catalogue.OPERATION_DURATION.name}_sum"


def performance_metrics(prometheus: Prometheus, window: Window) -> PerformanceMetrics:
    """The figures of all repositories and exporters together.

    Without any sign that a journal was read, nothing is known of operations, not even that there were
    none.
    """
    counters = Counters(prometheus, window)
    executed = counters.growths(_EXECUTED)
    known = bool(executed or counters.journal_read)
    total = round(_sum(executed))
    successful = _sum(one for one in executed if one.labels.get("outcome") in SUCCESSFUL)
    measured = counters.growth(catalogue.OPERATION_MEASURED.name)
    within = promql_duration(_range_within(prometheus, window))

    def extreme(which: str, metric: Metric) -> float | None:
        expression = f"{which}({which}_over_time({metric.name}[{within}]))"
        return prometheus.number(expression, window.end) if total else None

    return PerformanceMetrics(
        alignment_operations=AlignmentOperations(
            total_executed=total if known else None,
            average_time_seconds=rounded(ratio(counters.growth(_DURATION), total)),
            min_time_seconds=rounded(extreme("min", catalogue.OPERATION_WINDOW_MIN)),
            max_time_seconds=rounded(extreme("max", catalogue.OPERATION_WINDOW_MAX)),
            success_rate=rounded(ratio(successful, total)),
        ),
        resource_usage=ResourceUsage(
            peak_memory_mb=rounded(extreme("max", catalogue.OPERATION_WINDOW_MEMORY), 1 / MEGABYTE),
            average_cpu_percent=rounded(
                ratio(counters.growth(catalogue.OPERATION_CPU.name), measured), PERCENT
            ),
            io_operations=(
                round(counters.growth(catalogue.OPERATION_IO.name))
                if measured or (known and not total)
                else None
            ),
        ),
    )


def _range_within(prometheus: Prometheus, window: Window) -> float:
    """Seconds before the window's end over which to take the extremes of the sliding window.

    A sample covers the sliding window before it, so what is scraped in its first length may tell of
    operations from before the report's window. Where too little is left, they are let in.
    """
    name = catalogue.OPERATION_WINDOW.name
    sliding = prometheus.number(f"max(last_over_time({name}[{promql_duration(window.seconds)}]))", window.end)
    within = window.seconds - (sliding or 0)
    return within if within >= SHORTEST_RANGE else window.seconds


def _sum(values: Iterable[Value]) -> float:
    return sum(one.value for one in values)
