import time
from pathlib import Path

import pytest

from alignwatch.errors import UsageError
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.schedule import current_tasks
from alignwatch.maintenance.scheduling import schedule_maintenance_task, unschedule
from alignwatch.settings import Maintenance, Settings
from alignwatch.state_dir import journal_path
from support.upkeep import command, settings_with


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=str(tmp_path))


def test_an_accepted_schedule_holds_from_now_on(settings: Settings) -> None:
    before = time.time()
    result = schedule_maintenance_task(settings, "journal_compaction", "0 2 * * 0", "Europe/Berlin")
    assert result.accepted
    assert result.reason is None
    assert result.next_run is not None
    assert result.next_run > before
    with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
        (task,) = (one for one in current_tasks(settings, journal) if one.name == "journal_compaction")
        assert journal.reading().registered["journal_compaction"] == pytest.approx(time.time(), abs=60)
    assert (task.cron, task.time_zone) == ("0 2 * * 0", "Europe/Berlin")


def test_it_comes_before_that_of_the_configuration_until_it_is_taken_back(settings: Settings) -> None:
    schedule_maintenance_task(settings, "log_rotation", "5 5 * * *")
    with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
        assert current_tasks(settings, journal)[0].cron == "5 5 * * *"
        unschedule(settings, "log_rotation")
        assert current_tasks(settings, journal)[0].cron == "0 2 * * *"
    with pytest.raises(UsageError, match="was not scheduled at run time"):
        unschedule(settings, "log_rotation")


@pytest.mark.parametrize(
    ("task", "cron", "zone", "reason"),
    [
        ("tidy_up", "0 2 * * *", None, "there is no task tidy_up; choose from log_rotation"),
        ("log_rotation", "@daily", None, "'@daily' is no cron expression: 5 fields expected, got 1"),
        ("log_rotation", "0 2 * * *", "Mars/Olympus", "maintenance.time_zone: no time zone 'Mars/Olympus'"),
    ],
)
def test_what_is_refused_says_why(
    settings: Settings, task: str, cron: str, zone: str | None, reason: str
) -> None:
    result = schedule_maintenance_task(settings, task, cron, zone)
    assert not result.accepted
    assert result.next_run is None
    assert (result.reason or "").startswith(reason)


def test_nothing_is_scheduled_where_maintenance_is_off(tmp_path: Path) -> None:
    off = Settings(state_dir=str(tmp_path), maintenance=Maintenance(enabled=False))
    assert (
        schedule_maintenance_task(off, "log_rotation", "0 2 * * *").reason == "maintenance.enabled is false"
    )


def test_what_no_window_lets_in_is_accepted_and_said(settings: Settings) -> None:
    result = schedule_maintenance_task(settings, "log_rotation", "0 12 * * *")
    assert result.accepted
    assert result.reason == "no window is open in time: skipped"


def test_what_is_never_due_is_accepted_and_said(settings: Settings) -> None:
    result = schedule_maintenance_task(settings, "log_rotation", "0 2 */31 * MON#2")
    assert result == (True, None, "it is never due")


def test_a_configured_command_can_be_given_another_schedule(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, command("sync", ["true"]))
    assert schedule_maintenance_task(settings, "sync", "0 2 * * *").accepted
    with MaintenanceJournal(journal_path(tmp_path)) as journal:
        (task,) = current_tasks(settings, journal)
    assert (task.cron, task.command) == ("0 2 * * *", ("true",))
