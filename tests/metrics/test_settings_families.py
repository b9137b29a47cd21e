import pytest

from alignwatch.metrics.settings_families import settings_families
from alignwatch.settings import Monitoring, Repository, RepositoryThresholds, Settings, Thresholds

Labels = tuple[str, ...]


def thresholds(settings: Settings) -> dict[Labels, float]:
    """By threshold, repository, operation and phase."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in settings_families(settings)
        for sample in family.samples
        if sample.name == "alignment_threshold"
    }


def test_thresholds_of_the_machine_have_no_repository_and_are_ratios() -> None:
    found = thresholds(Settings(monitoring=Monitoring(alert_thresholds=Thresholds(cpu_percent=70))))
    assert found["cpu_ratio", "", "", ""] == pytest.approx(0.7)
    assert {labels[1:] for labels in found} == {("", "", "")}


def test_each_kind_and_each_named_phase_has_its_own_in_each_repository() -> None:
    own = RepositoryThresholds(alignment_time_seconds=7, phases={"lint": 5})
    repositories = Repository(path="/srv/app"), Repository(path="/srv/lib", alert_thresholds=own)
    found = thresholds(Settings(repositories=repositories))
    times = {labels[1:]: value for labels, value in found.items() if labels[0] == "alignment_time_seconds"}
    assert {labels: value for labels, value in times.items() if labels[0] == "app"} == {
        ("app", "rebase", ""): 600,
        ("app", "merge", ""): 30,
        ("app", "cherry-pick", ""): 30,
        ("app", "pull", ""): 600,
        ("app", "am", ""): 30,
        ("app", "revert", ""): 30,
        ("app", "align", ""): 1800,
    }
    assert (times["lib", "merge", ""], times["lib", "rebase", ""]) == (7, 600)
    phases = {labels[1:] for labels in found if labels[0] == "phase_time_seconds"}
    assert {labels[2] for labels in phases if labels[0] == "app"} == {
        "safety_checks",
        "backup_creation",
        "rebase_operation",
        "validation",
        "cleanup",
    }
    assert ("lib", "", "lint") in phases
    assert found["stuck_after_seconds", "app", "", ""] == 7200
