from pathlib import Path

import pytest

from alignwatch.maintenance import owners_jobs as jobs_module
from alignwatch.maintenance.owners_jobs import Job, owners_jobs
from alignwatch.maintenance.plan import MOST, make_plan
from alignwatch.maintenance.schedule import scheduled_tasks
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, Settings, Window

BEGIN = 1_772_323_200.0  # 2026-03-01T00:00:00Z, a Sunday
HOUR, DAY = 3600, 86400


def plan(maintenance: Maintenance, *jobs: Job, days: float = 2) -> tuple[list[tuple[object, ...]], list[str]]:
    settings = Settings(
        maintenance=maintenance,
        repositories=(Repository(path="/srv/app", name="app"), Repository(path="/srv/lib", name="lib")),
    )
    made = make_plan(settings, scheduled_tasks(settings), jobs, BEGIN, BEGIN + days * DAY)
    return [
        (
            (run.due - BEGIN) / HOUR,
            run.start and (run.start - BEGIN) / HOUR,
            run.task,
            run.repository,
            run.note,
        )
        for run in made.runs
    ], list(made.warnings)


def test_what_will_be_done_when() -> None:
    maintenance = Maintenance(automated_tasks=("log_rotation", "tidy_up"))
    runs, warnings = plan(maintenance)
    skipped = "not available in this version: skipped"
    assert runs == [
        (2, 2, "log_rotation", "", ""),
        (2, None, "tidy_up", "", skipped),
        (26, 26, "log_rotation", "", ""),
        (26, None, "tidy_up", "", skipped),
    ]
    assert warnings == [f"tidy_up: 2 times: {skipped}"]


def test_a_task_waits_for_its_window_and_is_skipped_without_one() -> None:
    tasks = (
        MaintenanceTask(task="log_rotation", schedule="0 1 * * *"),
        MaintenanceTask(task="cache_cleanup", schedule="0 12 * * *"),
        MaintenanceTask(task="journal_compaction", schedule="0 12 * * *", any_time=True),
        MaintenanceTask(task="stale_lock_report", schedule="30 3 * * *"),
    )
    runs, warnings = plan(Maintenance(automated_tasks=(), tasks=tasks), days=1)
    assert runs == [
        (1, 2, "log_rotation", "", ""),
        (3.5, 3.5, "stale_lock_report", "app", "may outlast its window"),
        (3.5, 3.5, "stale_lock_report", "lib", "may outlast its window"),
        (12, None, "cache_cleanup", "", "no window is open in time: skipped"),
        (12, 12, "journal_compaction", "", ""),
    ]
    assert "cache_cleanup: 1 times: no window is open in time: skipped" in warnings


def test_windows_that_overlap_are_told_of() -> None:
    windows = (
        Window(start="02:00", end="04:00"),
        Window(start="03:00", end="05:00", repositories=("app",)),
        Window(start="03:30", end="06:00", repositories=("lib",)),
        Window(start="10:00", end="11:00"),
    )
    _, warnings = plan(Maintenance(automated_tasks=(), windows=windows))
    assert warnings == [
        "the windows 02:00-04:00 and 03:00-05:00 overlap, first at 2026-03-01T03:00:00Z",
        "the windows 02:00-04:00 and 03:30-06:00 overlap, first at 2026-03-01T03:30:00Z",
    ]


def test_the_owners_jobs_inside_a_window_or_a_run_are_told_of() -> None:
    anytime = MaintenanceTask(task="log_rotation", schedule="0 12 * * *", any_time=True)
    _, warnings = plan(
        Maintenance(automated_tasks=(), tasks=(anytime,)),
        Job("crontab -l", "backup.sh", (BEGIN + 2 * HOUR, BEGIN + 26 * HOUR)),
        Job("/etc/cron.d/x", "noon.sh", (BEGIN + 12.5 * HOUR,)),
        Job("/etc/cron.d/y", "harmless.sh", (BEGIN + 20 * HOUR,)),
    )
    assert warnings == [
        "crontab -l: backup.sh is due inside a window or a run 2 times, first at 2026-03-01T02:00:00Z",
        "/etc/cron.d/x: noon.sh is due inside a window or a run at 2026-03-01T12:30:00Z",
    ]


def test_a_plan_is_bounded() -> None:
    often = MaintenanceTask(task="log_rotation", schedule="* * * * *", any_time=True)
    runs, warnings = plan(Maintenance(automated_tasks=(), tasks=(often,)))
    assert len(runs) == MOST
    assert warnings == [f"log_rotation: only the first {MOST} times are shown"]


def test_nothing_is_planned_where_maintenance_is_off() -> None:
    assert plan(Maintenance(enabled=False)) == ([], [])


CRONTAB = """\
# m h dom mon dow command
MAILTO="me@example.org"
0 2 * * * /usr/local/bin/backup.sh --password hunter2
@daily /bin/daily
@reboot /bin/once
*/5 * * * * alignwatch maintenance run-due
0 4 * * * /srv/alignwatch/tidy --now
not a line
CRON_TZ=Europe/Berlin
0 2 * * * berlin
CRON_TZ=Mars/Olympus
0 2 * * * mars
"""
TIMERS = """[
    {"next": 1772330400000000, "unit": "logs.timer"},
    {"next": null, "unit": "never.timer"},
    {"next": 1772330400000000, "unit": "alignwatch-maintenance.timer"}
]"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs, tables = tmp_path / "bin", tmp_path / "cron.d"
    programs.mkdir()
    tables.mkdir()
    (tables / "system").write_text("30 2 * * * root /usr/sbin/system-job\n")
    for name, text in (("crontab", CRONTAB), ("systemctl", TIMERS)):
        (tmp_path / name).write_text(text)
        (programs / name).write_text(f'#!/bin/sh\n[ "$1" = --user ] && exit 1\nexec cat {tmp_path / name}\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(jobs_module, "SYSTEM_TABLES", (tables, tmp_path / "missing"))
    monkeypatch.setattr(jobs_module, "_DEADLINE", 60)  # Whose program is late has no jobs.
    return tmp_path


def test_cron_tables_and_timers_are_read_without_their_arguments(machine: Path) -> None:
    found = {job.program: job for job in owners_jobs(BEGIN, BEGIN + DAY)}
    assert {name: [(moment - BEGIN) / HOUR for moment in job.moments] for name, job in found.items()} == {
        "/usr/local/bin/backup.sh": [2],
        "/bin/daily": [24],
        "/srv/alignwatch/tidy": [4],
        "berlin": [1],
        "mars": [],
        "/usr/sbin/system-job": [2.5],
        "logs.timer": [2],
    }
    assert found["logs.timer"].source == "systemd timer"
    assert found["/usr/sbin/system-job"].source == str(machine / "cron.d" / "system")


def test_a_machine_without_cron_and_systemd_has_no_jobs(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(jobs_module, "SYSTEM_TABLES", ())
    assert list(owners_jobs(BEGIN, BEGIN + DAY)) == []


def test_cron_goes_by_the_machines_clock(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ")
    zone = machine / "zoneinfo" / "Asia" / "Kathmandu"
    zone.parent.mkdir(parents=True)
    zone.touch()
    monkeypatch.setattr(jobs_module, "LOCAL_TIME", zone)
    found = {job.program: job.moments for job in owners_jobs(BEGIN, BEGIN + DAY)}
    assert found["/bin/daily"] == (BEGIN + 18.25 * HOUR,)


def test_a_job_of_every_minute_is_told_of_in_bounds(machine: Path) -> None:
    (machine / "cron.d" / "system").write_text("* * * * * root often\n")
    found = {job.program: len(job.moments) for job in owners_jobs(BEGIN, BEGIN + 7 * DAY)}
    assert found["often"] == jobs_module._MOST
