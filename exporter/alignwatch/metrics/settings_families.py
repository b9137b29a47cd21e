"""From the configuration to metric families: the thresholds."""

from prometheus_client.core import Metric as Family

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
        "disk_full_within_seconds": thresholds.disk_full_within_seconds,
        "memory_pressure_ratio": thresholds.memory_pressure_percent / _PERCENT,
        "io_pressure_ratio": thresholds.io_pressure_percent / _PERCENT,
    }


def repository_thresholds(thresholds: Thresholds) -> dict[str, float]:
    """The thresholds that concern one repository as a whole, in base units."""
    return {
        "alignment_failure_ratio": thresholds.alignment_failure_percent / _PERCENT,
        "success_objective_ratio": thresholds.success_objective_percent / _PERCENT,
        "conflict_growth_ratio": thresholds.conflict_growth_percent / _PERCENT,
        "behind_growth_ratio": thresholds.behind_growth_percent / _PERCENT,
        "uncomparable_branches": thresholds.uncomparable_branches,
        "unsaved_branches": thresholds.unsaved_branches,
        "lock_age_seconds": thresholds.lock_age_seconds,
        "stuck_after_seconds": thresholds.stuck_after_seconds,
        "loose_objects": thresholds.loose_objects,
        "packs": thresholds.packs,
    }


def settings_families(settings: Settings) -> list[Family]:
    """Everything that follows from the configuration alone."""
    samples = Samples()
    for threshold, value in host_thresholds(settings.monitoring.alert_thresholds).items():
        samples.add(catalogue.THRESHOLD, value, threshold, HOST, "", "")
    for repository in settings.repositories:
        _repository(samples, repository.label, settings.thresholds_of(repository))
    return samples.families()


def _repository(samples: Samples, label: str, thresholds: Thresholds) -> None:
    for threshold, value in repository_thresholds(thresholds).items():
        samples.add(catalogue.THRESHOLD, value, threshold, label, "", "")
    for kind, seconds in thresholds.operations.items():
        samples.add(catalogue.THRESHOLD, seconds, "alignment_time_seconds", label, kind, "")
    for phase, seconds in thresholds.phases.items():
        samples.add(catalogue.THRESHOLD, seconds, "phase_time_seconds", label, "", phase)
