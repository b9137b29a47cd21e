"""The report's ``maintenance_schedule``: what is due next."""

from alignwatch.metrics import catalogue
from alignwatch.report.prometheus import Prometheus, is_moment, of_living_exporters
from alignwatch.report.schema import MaintenanceSchedule
from alignwatch.text import timestamp_if


def maintenance_schedule(prometheus: Prometheus, at: float) -> MaintenanceSchedule:
    """The earliest run of any task, how often that task is due, and all tasks, at a moment."""
    runs = prometheus.instant(of_living_exporters(catalogue.MAINTENANCE_NEXT_RUN.name), at)
    info = prometheus.instant(of_living_exporters(catalogue.MAINTENANCE_SCHEDULE.name), at)
    frequency = {one.labels.get("task", ""): one.labels.get("frequency") for one in info}
    due, task = min(
        ((one.value, one.labels.get("task", "")) for one in runs if is_moment(one.value)),
        default=(None, ""),
    )
    return MaintenanceSchedule(
        next_cleanup=timestamp_if(due),
        cleanup_frequency=frequency.get(task),
        automated_tasks=sorted(frequency),
    )
