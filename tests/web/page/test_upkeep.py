from dataclasses import replace

from alignwatch.journal.maintenance import LatestRun
from alignwatch.settings import Maintenance, Repository, Settings
from support.pages import JOURNAL, NOW, VIEW, Reader, reading


def with_runs(*latest: LatestRun, running: tuple[tuple[str, float], ...] = ()) -> Reader:
    assert JOURNAL.maintenance is not None
    upkeep = JOURNAL.maintenance._replace(latest=latest, running=running)
    return reading(replace(VIEW, journal=JOURNAL._replace(maintenance=upkeep)))


def maintained(maintenance: Maintenance) -> Reader:
    settings = Settings(repositories=(Repository(path="/srv/app"),), maintenance=maintenance)
    return reading(replace(VIEW, settings=settings))


def test_each_task_is_told_with_when_it_is_due_and_how_it_went() -> None:
    rotation, cleanup, *_ = reading().table("Tasks").rows
    assert rotation == {
        "Task": "log rotation",
        "Next": "in 14 h",
        "Last start": "10 h ago",
        "Last success": "9 h ago",
        "Last result": "✓success",
        "Took": "10 s",
    }
    assert (cleanup["Last start"], cleanup["Last result"], cleanup["Took"]) == ("never", "", "")


def test_one_broken_repository_does_not_hide_behind_the_others() -> None:
    page = with_runs(
        LatestRun("log_rotation", "app", NOW - 60, NOW - 50, 10.0, 0),
        LatestRun("log_rotation", "lib", NOW - 600, None, 300.0, 2),
    )
    row = page.table("Tasks").rows[0]
    assert (row["Last start"], row["Last success"], row["Last result"], row["Took"]) == (
        "60 s ago",
        "never",
        "✕exit code 2",
        "5 min",
    )


def test_a_task_that_runs() -> None:
    assert with_runs(running=(("log_rotation", NOW),)).table("Tasks").rows[0]["Last result"] == "•running"


def test_a_window_that_is_open_holds_alerts_back() -> None:
    assert "alerts are held back" in maintained(Maintenance(window_start="11:00", window_end="13:00")).text
    assert "alerts are held back" not in maintained(Maintenance()).text


def test_a_task_that_is_not_there_yet_is_never_due() -> None:
    page = maintained(Maintenance(automated_tasks=("never_heard_of",)))
    assert page.table("Tasks").rows[0]["Next"] == "not in this version"


def test_maintenance_that_is_off_or_that_nobody_starts() -> None:
    assert "It is off." in maintained(Maintenance(enabled=False)).text
    assert "Nobody starts what is due" not in reading().text
    assert JOURNAL.maintenance is not None
    idle = JOURNAL._replace(maintenance=JOURNAL.maintenance._replace(registered={}))
    assert (
        "Nobody starts what is due: alignwatch maintenance install"
        in reading(replace(VIEW, journal=idle)).text
    )


def test_without_a_journal_only_the_schedule_is_known() -> None:
    row = reading(replace(VIEW, journal=None)).table("Tasks").rows[0]
    assert (row["Next"], row["Last start"], row["Last result"]) == ("in 14 h", "never", "")
