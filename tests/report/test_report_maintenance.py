from pathlib import Path

from alignwatch.report.maintenance import maintenance_schedule
from alignwatch.report.schema import MaintenanceSchedule
from support.history import History
from support.reports import prometheus_holding

END = 1_768_219_200
NEXT = "alignment_maintenance_next_run_timestamp_seconds"
INFO = "alignment_maintenance_schedule_info"


def test_the_earliest_run_its_frequency_and_all_tasks(tmp_path: Path) -> None:
    history = History(END)
    for task, due, schedule, frequency in (
        ("log_rotation", END + 86400, "0 12 * * *", "daily"),
        ("backup_verification", END + 3600, "0 * * * *", "hourly"),
        ("cache_cleanup", END + 86400 * 3, "0 2 * * 4", "weekly"),
    ):
        history.scraped(NEXT, [due] * 3, task=task)
        history.scraped(INFO, [1] * 3, task=task, schedule=schedule, frequency=frequency)
    with prometheus_holding(tmp_path, history) as prometheus:
        assert maintenance_schedule(prometheus, END) == MaintenanceSchedule(
            next_cleanup="2026-01-12T13:00:00Z",
            cleanup_frequency="hourly",
            automated_tasks=["backup_verification", "cache_cleanup", "log_rotation"],
        )


def test_what_is_unknown(tmp_path: Path) -> None:
    history = History(END)
    history.scraped(NEXT, [1e18] * 3, task="log_rotation")
    with prometheus_holding(tmp_path, history) as prometheus:
        assert maintenance_schedule(prometheus, END) == MaintenanceSchedule(
            next_cleanup=None, cleanup_frequency=None, automated_tasks=[]
        )
