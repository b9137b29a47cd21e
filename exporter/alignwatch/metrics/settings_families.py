"""From the configuration to metric families: thresholds, and when maintenance is due."""

from prometheus_client.core import Metric as Family

from alignwatch.maintenance.schedule import next_runs
from alignwatch.maintenance.windows import window_active
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Settings, Thresholds
from alignwatch.snapshot import HOST

_PERCENT = 100


def host_thresholds(thresholds: Thresholds) -> dict[str, float]:
    """The thresholds that concern the machine, in base units."""
    return {
        "cpu_ratio": thresholds.cpu_percent / _PERCENT,
        "memory_ratio": thresholds.memory_percent / _PERCENT,
        "memory_critical_ratio": thresholds.memory_critical_percent / _PERCENT,
        "disk_ratio": thresholds.disk_percent / _PERCENT,
        "disk_critical_ratio": thresholds.disk_critical_percent / _PERCENT,
    }


def repository_thresholds(thresholds: Thresholds) -> dict[str, float]:
    """The thresholds that concern one repository as a whole, in base units."""
    return {
        "alignment_failure_ratio": thresholds.alignment_failure_percent / _PERCENT,
        "lock_age_seconds": thresholds.lock_age_seconds,
        "stuck_after_seconds": thresholds.stuck_after_seconds,
        "loose_objects": thresholds.loose_objects,
        "packs": thresholds.packs,
    }


def settings_families(settings: Settings, now: float) -> list[Family]:
    """Everything that follows from the configuration and the clock alone."""
    samples = Samples()
    for threshold, value in host_thresholds(settings.monitoring.alert_thresholds).items():
        samples.add(catalogue.THRESHOLD, value, threshold, HOST, "", "")
    for repository in settings.repositories:
        _repository(samples, repository.label, settings.thresholds_of(repository))
    samples.add(catalogue.MAINTENANCE_ACTIVE, window_active(settings.maintenance, now))
    for run in next_runs(settings.maintenance, now):
        samples.add(catalogue.MAINTENANCE_NEXT_RUN, run.next_run, run.task)
        samples.add(catalogue.MAINTENANCE_SCHEDULE, 1, run.task, run.cron, run.frequency)
    return samples.families()


def _repository(samples: Samples, label: str, thresholds: Thresholds) -> None:
    for threshold, value in repository_thresholds(thresholds).items():
        samples.add(catalogue.THRESHOLD, value, threshold, label, "", "")
    for kind, seconds in thresholds.operations.items():
        samples.add(catalogue.THRESHOLD, seconds, "alignment_time_seconds", label, kind, "")
    for phase, seconds in thresholds.phases.items():
        samples.add(catalogue.THRESHOLD, seconds, "phase_time_seconds", label, "", phase)
