import os
from pathlib import Path

import pytest

from alignwatch.digest.content import (
    LIMIT,
    Alignments,
    Backup,
    Delay,
    Digest,
    Failure,
    Shortfall,
    make_digest,
)
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.journal.running import process
from alignwatch.journal.store import Journal
from alignwatch.operation import Outcome as Ended
from alignwatch.settings import Backup as BackupSettings
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, Settings
from alignwatch.state_dir import journal_path
from support.journals import NOW, operation

DAY = 86400.0


@pytest.fixture
def settings(tmp_path: Path, repository: Path) -> Settings:
    return Settings(
        state_dir=str(tmp_path / "state"),
        repositories=(Repository(path=str(repository), name="app"),),
        maintenance=Maintenance(
            automated_tasks=("cache_cleanup", "backup", "backup_verification"),
            tasks=(MaintenanceTask(task="stale_lock_report", schedule="0 2 */31 * MON#2"),),
            backup=BackupSettings(folder=str(tmp_path)),
        ),
    )


def ran(settings: Settings, task: str, ending: Ending, ended: float, repository: str = "") -> None:
    owner = process(os.getpid())
    assert owner is not None
    with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
        number = journal.claim(task, repository, int(ended) - 10, owner, ended - 10)
        assert number is not None
        if ending.exit_code is not None:
            journal.begin(number, ended - 5)
        journal.finish(number, ending, ended)


def digest_of(settings: Settings, days: float = 7) -> Digest:
    git = Git()
    try:
        return make_digest(settings, git, days * DAY, NOW)
    finally:
        git.close()


def test_each_run_of_the_period_is_counted_once(settings: Settings) -> None:
    for ending, ended in (
        (Ending(Outcome.SUCCESS, "", 0, 100), NOW - 8 * DAY),
        (Ending(Outcome.SUCCESS, "", 0, 200), NOW - 6 * DAY),
        (Ending(Outcome.SUCCESS, "", 0, 300), NOW),
        (Ending(Outcome.TIMEOUT, "ended at its limit", -15), NOW - 2 * DAY),
        (Ending(Outcome.CRASHED, "died", -9), NOW - 3 * DAY),
        (Ending(Outcome.POSTPONED, "rebase in progress"), NOW - 4 * DAY),
        (Ending(Outcome.SKIPPED, "missed"), NOW - 5 * DAY),
        (Ending(Outcome.SUCCESS, "", 0, 400), NOW + 60),
    ):
        ran(settings, "cache_cleanup", ending, ended)
    first, *others = digest_of(settings).tasks
    assert (first.task, first.done, first.failed, first.put_off, first.not_done) == (
        "cache_cleanup",
        2,
        2,
        1,
        1,
    )
    assert first.freed_bytes == 500
    assert first.next_run == "2023-11-15T02:00:00Z"
    assert [(one.task, one.done, one.last_success) for one in others] == [
        ("backup", 0, None),
        ("backup_verification", 0, None),
        ("stale_lock_report", 0, None),
    ]
    assert others[-1].next_run is None


def test_what_is_no_longer_scheduled_is_told_all_the_same(settings: Settings) -> None:
    ran(settings, "sync", Ending(Outcome.SUCCESS, "", 0), NOW - DAY)
    told = digest_of(settings).tasks[-1]
    assert (told.task, told.done, told.next_run) == ("sync", 1, None)


def test_failures_have_their_reason_and_the_end_of_their_output(settings: Settings) -> None:
    output = "\n".join([*map(str, range(20)), "", "ls ended with exit code 2"])
    ending = Ending(Outcome.FAILED, "ls ended with exit code 2", 2, output=output)
    ran(settings, "backup", ending, NOW - DAY, "app")
    assert digest_of(settings).failures == (
        Failure(
            time="2023-11-13T22:13:20Z",
            task="backup",
            repository="app",
            outcome="failed",
            reason="ls ended with exit code 2",
            output=("14", "15", "16", "17", "18", "19"),
        ),
    )


def test_many_of_one_kind_do_not_crowd_out_another(settings: Settings) -> None:
    ran(settings, "cache_cleanup", Ending(Outcome.SKIPPED, "missed"), NOW - DAY)
    for number in range(LIMIT + 3):
        ran(settings, "backup", Ending(Outcome.POSTPONED, f"rebase {number}"), NOW - 1000 + number, "app")
    digest = digest_of(settings)
    assert [one.reason for one in digest.delays] == [
        *(f"rebase {number}" for number in range(LIMIT + 2, 2, -1)),
        "missed",
    ]
    assert digest.delays[-1] == Delay(
        due="2023-11-13T22:13:10Z",
        task="cache_cleanup",
        repository=None,
        outcome="skipped",
        reason="missed",
    )
    assert digest.delayed == LIMIT + 4


def test_a_shortfall_is_told_until_a_run_frees_all_that_it_should(settings: Settings) -> None:
    ran(settings, "cache_cleanup", Ending(Outcome.SUCCESS, "", 0, 1, shortfall_bytes=77), NOW - 3 * DAY)
    ran(settings, "cache_cleanup", Ending(Outcome.FAILED, "no", 1), NOW - 2 * DAY)
    assert digest_of(settings).shortfalls == (
        Shortfall(task="cache_cleanup", repository=None, missing_bytes=77),
    )
    ran(settings, "cache_cleanup", Ending(Outcome.SUCCESS, "", 0, 1, shortfall_bytes=0), NOW - DAY)
    assert digest_of(settings).shortfalls == ()


def test_the_age_of_backups(settings: Settings) -> None:
    ran(settings, "backup", Ending(Outcome.SUCCESS, "", 0), NOW - 30 * DAY, "app")
    assert digest_of(settings).backups == (Backup(repository="app", made="2023-10-15T22:13:20Z"),)


def test_alignments_and_branches_of_each_repository(settings: Settings) -> None:
    with Journal(journal_path(settings.state_folder)) as journal:
        journal.record(operation("1", started=NOW - DAY))
        journal.record(operation("2", started=NOW - DAY, outcome=Ended.CONFLICT))
        journal.record(operation("3", started=NOW - 9 * DAY))
    assert digest_of(settings).alignments == (
        Alignments(
            repository="app",
            operations=2,
            success_percent=50.0,
            branches={"merged": 2, "aligned": 1, "behind": 1, "orphan": 1},
        ),
    )


def test_a_repository_that_is_gone(settings: Settings, repository: Path) -> None:
    repository.rename(repository.with_name("gone"))
    assert digest_of(settings).alignments == (
        Alignments(repository="app", operations=0, success_percent=None, branches=None),
    )
