"""The report's ``performance_metrics``: the operations of the window and what they used.

An operation counts in the window in which Prometheus first saw it, so the totals of adjacent windows add
up to the total of both. It has succeeded unless git does not confirm it, which is known some seconds later
and then takes one success away.
"""

from collections.abc import Callable, Iterable

from alignwatch.metrics import catalogue
from alignwatch.operation import SUCCESSFUL
from alignwatch.report.counts import Counters
from alignwatch.report.extremes import find_extremes
from alignwatch.report.figures import MEGABYTE, PERCENT, ratio, rounded
from alignwatch.report.prometheus import Prometheus, Value
from alignwatch.report.schema import AlignmentOperations, PerformanceMetrics, ResourceUsage
from alignwatch.report.window import Window

_EXECUTED = f"{catalogue.OPERATION_DURATION.name}_count"
_DURATION = f"{catalogue.OPERATION_DURATION.name}_sum"


def performance_metrics(
    prometheus: Prometheus, window: Window, warn: Callable[[str], None]
) -> PerformanceMetrics:
    """The figures of all repositories and exporters together.

    Without any sign that a journal was read, nothing is known of operations, not even that there were
    none.

    Args:
        prometheus: where they come from.
        window: the report's.
        warn: is told what cannot be had.
    """
    counters = Counters(prometheus, window)
    executed = counters.growths(_EXECUTED)
    known = bool(executed or counters.journal_read)
    total = round(_sum(executed))
    claimed = _sum(one for one in executed if one.labels.get("outcome") in SUCCESSFUL)
    # What is refused now may have been executed in the window before.
    successful = max(0.0, claimed - counters.growth(catalogue.OPERATIONS_UNVERIFIED.name))
    measured = counters.growth(catalogue.OPERATION_MEASURED.name)
    seconds = counters.growths(_DURATION)
    extremes = find_extremes(prometheus, window, counters, executed, seconds)
    if total and (extremes.shortest is None or extremes.longest is None):
        warn(
            "the shortest or the longest operation is unknown: some ended while nobody scraped the exporter, "
            "or cannot be told from those before the window; another --window or --end may help"
        )
    return PerformanceMetrics(
        alignment_operations=AlignmentOperations(
            total_executed=total if known else None,
            average_time_seconds=rounded(ratio(_sum(seconds), total)),
            min_time_seconds=rounded(extremes.shortest),
            max_time_seconds=rounded(extremes.longest),
            success_rate=rounded(ratio(successful, total)),
        ),
        resource_usage=ResourceUsage(
            peak_memory_mb=rounded(extremes.peak_memory, 1 / MEGABYTE),
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


def _sum(values: Iterable[Value]) -> float:
    return sum(one.value for one in values)
