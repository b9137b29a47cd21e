from pathlib import Path

import pytest

from alignwatch.errors import UsageError
from alignwatch.maintenance.schedule import Timing, scheduled_tasks, task_named
from alignwatch.maintenance.tasks import TASKS, load
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, RunLimits, Settings

TWO = tuple(Repository(path=f"/srv/{name}", name=name) for name in ("app", "lib"))


def test_the_specifications_tasks_are_due_by_its_schedule() -> None:
    tasks = scheduled_tasks(Settings(repositories=TWO))
    assert [(one.name, one.cron, one.time_zone, one.repositories) for one in tasks] == [
        ("log_rotation", "0 2 * * *", "UTC", ("",)),
        ("cache_cleanup", "0 2 * * *", "UTC", ("",)),
        ("backup_verification", "0 2 * * *", "UTC", ("app", "lib")),
    ]


def test_nothing_is_scheduled_where_maintenance_is_off() -> None:
    assert scheduled_tasks(Settings(maintenance=Maintenance(enabled=False))) == ()
    assert scheduled_tasks(Settings(maintenance=Maintenance(automated_tasks=()))) == ()


def test_a_task_may_have_a_schedule_limits_and_repositories_of_its_own() -> None:
    own = MaintenanceTask(
        task="stale_lock_report",
        schedule="0 5 * * 0",
        time_zone="Europe/Berlin",
        repositories=("lib",),
        limits=RunLimits(seconds=9),
    )
    again = MaintenanceTask(task="cache_cleanup", schedule="0 7 * * *")
    maintenance = Maintenance(automated_tasks=("cache_cleanup", "log_rotation"), tasks=(own, again))
    tasks = scheduled_tasks(Settings(repositories=TWO, maintenance=maintenance))
    assert [(one.name, one.cron, one.time_zone, one.repositories, one.limits.seconds) for one in tasks] == [
        ("cache_cleanup", "0 7 * * *", "UTC", ("",), 3600),
        ("log_rotation", "0 2 * * *", "UTC", ("",), 3600),
        ("stale_lock_report", "0 5 * * 0", "Europe/Berlin", ("lib",), 9),
    ]


def test_what_was_scheduled_at_run_time_comes_first() -> None:
    timing = Timing("1 1 * * *", "Asia/Kathmandu")
    tasks = scheduled_tasks(Settings(repositories=TWO), {"log_rotation": timing, "stale_lock_report": timing})
    assert [(one.name, one.cron) for one in tasks if one.time_zone == "Asia/Kathmandu"] == [
        ("log_rotation", "1 1 * * *"),
        ("stale_lock_report", "1 1 * * *"),
    ]
    assert tasks[-1].repositories == ("app", "lib")


def test_a_time_zone_that_only_others_know_hides_no_other_task() -> None:
    timings = {
        "log_rotation": Timing("0 2 * * *", "Mars/Olympus"),
        "cache_cleanup": Timing("1 1 * * *", "UTC"),
    }
    tasks = scheduled_tasks(Settings(repositories=TWO), timings)
    assert [(one.name, one.cron) for one in tasks] == [
        ("cache_cleanup", "1 1 * * *"),
        ("backup_verification", "0 2 * * *"),
    ]


def test_an_unknown_task_is_told_which_there_are() -> None:
    with pytest.raises(UsageError, match=r"no task sweep; choose from log_rotation, cache_cleanup"):
        task_named(Settings(), "sweep")
    with pytest.raises(UsageError, match="no task command"):
        task_named(Settings(), "command")


def test_what_another_version_scheduled_is_there_and_cannot_be_done() -> None:
    (*_, last) = scheduled_tasks(Settings(repositories=TWO), {"tidy_up": Timing("1 1 * * *", "UTC")})
    assert (last.name, last.available, last.repositories) == ("tidy_up", False, ("",))


def test_every_task_is_a_module_and_every_module_a_task() -> None:
    folder = Path(load.__code__.co_filename).parent
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(TASKS)
    for name in TASKS:
        assert not load(name).summary.endswith(".")
