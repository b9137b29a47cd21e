from typing import Any

from alignwatch.journal.maintenance import LatestRun, MaintenanceReading, TaskTotals
from alignwatch.metrics.maintenance_families import maintenance_families
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, Settings, Window

NOW = 1_772_334_000.0  # 2026-03-01T03:00:00Z
HOUR = 3600.0
EMPTY = MaintenanceReading({}, {}, (), (), ())
TWO = tuple(Repository(path=f"/srv/{name}", name=name) for name in ("app", "lib"))


def series(
    reading: MaintenanceReading | None = EMPTY, maintenance: Maintenance | None = None
) -> dict[tuple[str, ...], float]:
    """Name without prefix, and label values."""
    settings = Settings(repositories=TWO, maintenance=maintenance or Maintenance())
    return {
        (sample.name.removeprefix("alignment_maintenance_"), *sample.labels.values()): sample.value
        for family in maintenance_families(settings, reading, NOW)
        for sample in family.samples
    }


def locks(**changes: Any) -> Maintenance:
    return Maintenance(automated_tasks=(), tasks=(MaintenanceTask(task="stale_lock_report"),), **changes)


def test_what_follows_from_the_configuration_is_there_without_a_journal() -> None:
    found = series(None)
    assert found["active",] == 1
    assert found["grace_seconds",] == 7200
    assert found["next_run_timestamp_seconds", "log_rotation"] == NOW + 23 * HOUR
    assert found["schedule_info", "log_rotation", "0 2 * * *", "daily"] == 1
    assert found["task_time_limit_seconds", "log_rotation"] == 3600
    assert not any(name.startswith("task_runs") for name, *_ in found)


def test_nothing_but_a_closed_window_where_maintenance_is_off() -> None:
    assert series(maintenance=Maintenance(enabled=False)) == {("active",): 0}


def test_every_outcome_is_counted_from_the_start_and_never_is_absent() -> None:
    found = series()
    outcomes = {labels[2] for labels in found if labels[:2] == ("task_runs_total", "log_rotation")}
    assert outcomes == {"success", "failed", "timeout", "postponed", "skipped", "crashed"}
    assert found["task_freed_bytes_total", "log_rotation"] == 0
    assert found["task_running", "log_rotation"] == 0
    absent = ("registered_timestamp_seconds", "last_start_timestamp_seconds", "last_exit_code")
    assert not any(name.removeprefix("task_") in absent for name, *_ in found)


def test_it_was_due_when_it_was_due_last_since_it_was_registered() -> None:
    registered = {
        "log_rotation": NOW - 30 * HOUR,
        "cache_cleanup": NOW - HOUR / 2,
        "tidy_up": 1.0,
    }
    timings = {"tidy_up": ("0 2 * * *", "UTC")}
    found = series(EMPTY._replace(registered=registered, timings=timings))
    assert found["task_registered_timestamp_seconds", "log_rotation"] == NOW - 30 * HOUR
    assert found["task_previous_due_timestamp_seconds", "log_rotation"] == NOW - HOUR
    assert ("task_previous_due_timestamp_seconds", "cache_cleanup") not in found
    assert ("task_registered_timestamp_seconds", "tidy_up") not in found


def test_one_broken_repository_does_not_hide_behind_another() -> None:
    latest = (
        LatestRun("stale_lock_report", "app", NOW - 100, NOW - 90, 10.0, 0),
        LatestRun("stale_lock_report", "lib", NOW - 5000, NOW - 9000, 50.0, -9),
        LatestRun("stale_lock_report", "gone", NOW - 9999, None, 99.0, 1),
    )
    found = series(EMPTY._replace(latest=latest), locks())
    assert found["task_last_start_timestamp_seconds", "stale_lock_report"] == NOW - 5000
    assert found["task_last_success_timestamp_seconds", "stale_lock_report"] == NOW - 9000
    assert found["task_last_duration_seconds", "stale_lock_report"] == 50
    assert found["task_last_exit_code", "stale_lock_report"] == -9
    never = series(EMPTY._replace(latest=latest[:1]), locks())
    assert ("task_last_success_timestamp_seconds", "stale_lock_report") not in never


def test_while_it_runs_its_start_is_that_of_the_run_at_work() -> None:
    latest = (LatestRun("stale_lock_report", "app", NOW - 5000, None, None, None),)
    reading = EMPTY._replace(latest=latest, running=(("stale_lock_report", NOW - 60), ("other", 1.0)))
    found = series(reading, locks())
    assert found["task_running", "stale_lock_report"] == 1
    assert found["task_last_start_timestamp_seconds", "stale_lock_report"] == NOW - 60


def test_totals_are_those_of_the_journal() -> None:
    totals = (
        TaskTotals("stale_lock_report", "success", 3, 500),
        TaskTotals("stale_lock_report", "failed", 1, 20),
        TaskTotals("other", "success", 9, 9),
    )
    found = series(EMPTY._replace(totals=totals), locks())
    assert found["task_runs_total", "stale_lock_report", "success"] == 3
    assert found["task_freed_bytes_total", "stale_lock_report"] == 520


def test_a_repository_has_a_window_of_its_own_only_where_some_do() -> None:
    assert not any(name == "repository_active" for name, *_ in series())
    own = Window(start="02:00", end="04:00", repositories=("app",))
    found = series(maintenance=locks(windows=(own,)))
    assert found["active",] == 0
    assert (found["repository_active", "app"], found["repository_active", "lib"]) == (1, 0)


def test_what_was_scheduled_at_run_time_is_shown() -> None:
    found = series(EMPTY._replace(timings={"stale_lock_report": ("30 5 * * *", "UTC")}))
    assert found["next_run_timestamp_seconds", "stale_lock_report"] == NOW + 2.5 * HOUR


def test_the_repository_where_least_was_freed_is_not_hidden_by_others() -> None:
    latest = (
        LatestRun("stale_lock_report", "app", NOW - 100, NOW - 90, 10.0, 0, 4096),
        LatestRun("stale_lock_report", "lib", NOW - 100, NOW - 90, 10.0, 0, 0),
        LatestRun("stale_lock_report", "gone", NOW - 100, NOW - 90, 10.0, 0, 9999),
    )
    found = series(EMPTY._replace(latest=latest), locks())
    assert found["task_shortfall_bytes", "stale_lock_report"] == 4096
    assert not any(name == "task_shortfall_bytes" for name, *_ in series(EMPTY, locks()))
