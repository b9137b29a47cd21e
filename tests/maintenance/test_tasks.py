import os
from pathlib import Path

import msgspec
import pytest

from alignwatch.git import staleness
from alignwatch.git.at_work import GitProcess
from alignwatch.git.locks import find_locks
from alignwatch.git.repository import open_repository
from alignwatch.git.staleness import is_stale
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.journal.running import process
from alignwatch.journal.store import Journal
from alignwatch.maintenance.tasks import journal_compaction, stale_lock_report
from alignwatch.settings import JournalCompaction, Maintenance, Repository, Settings
from alignwatch.state_dir import journal_path
from support.clearing import context
from support.journals import NOW, operation, query


def test_compaction_removes_old_details_and_keeps_totals(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    settings = Settings(
        state_dir=str(tmp_path),
        maintenance=Maintenance(journal_compaction=JournalCompaction(older_than_days=30)),
    )
    owner = process(os.getpid())
    assert owner is not None
    with Journal(path) as journal, MaintenanceJournal(path) as maintenance:
        journal.record_all(
            operation(f"{number}", branch="b" * 500, started=NOW if number % 50 else 4e9)
            for number in range(2000)
        )
        for due in (int(NOW), int(NOW) + 60):
            number = maintenance.claim("sweep", "", due, owner, NOW)
            assert number is not None
            maintenance.finish(number, Ending(Outcome.SUCCESS), NOW)
    totals = query(path, "SELECT * FROM totals")
    dry = journal_compaction.TASK.run(context(settings, dry_run=True))
    assert dry.summary == ("1960 operations would be removed, older than 30 days",)
    result = journal_compaction.TASK.run(context(settings))
    assert result.freed_bytes > 500_000
    assert result.summary[0].startswith("1960 operations and 1 maintenance runs removed")
    assert query(path, "SELECT count(*) FROM operations") == [40]
    assert query(path, "SELECT * FROM totals") == totals


def report(repository: Path) -> tuple[str, ...]:
    settings = Settings(repositories=(Repository(path=str(repository), name="app"),))
    return stale_lock_report.TASK.run(context(settings, repository=settings.repositories[0])).summary


def test_a_lock_that_nobody_holds_is_named_and_stays(repository: Path) -> None:
    assert report(repository) == ("no lock is left behind",)
    lock = repository / ".git" / "objects" / "maintenance.lock"
    lock.touch()
    assert report(repository) == ("no lock is left behind",)
    os.utime(lock, (0, 0))
    assert report(repository)[0].startswith(f"{lock}: left behind ")
    assert lock.exists()


class TestStaleness:
    def stale(self, repository: Path, *processes: GitProcess) -> bool:
        opened = open_repository(repository)
        (lock,) = find_locks(opened)
        return is_stale(lock, opened, processes, 3600, NOW)

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(staleness, "SECOND_LOOK_SECONDS", 0.01)

    @pytest.fixture
    def lock(self, repository: Path) -> Path:
        path = repository / ".git" / "index.lock"
        path.touch()
        os.utime(path, (0, 0))
        return path

    def test_an_old_lock_of_nobody_is_stale(self, repository: Path, lock: Path) -> None:
        assert self.stale(repository)
        assert self.stale(repository, GitProcess(1, "commit", "/elsewhere"))

    def test_a_young_one_is_not(self, repository: Path, lock: Path) -> None:
        os.utime(lock, (NOW - 60, NOW - 60))
        assert not self.stale(repository)

    def test_a_commit_with_its_editor_open_holds_it(self, repository: Path, lock: Path) -> None:
        assert not self.stale(repository, GitProcess(1, "commit", str(repository / "src")))
        assert not self.stale(repository, GitProcess(1, "commit", None))

    def test_another_machine_may_hold_it(
        self, repository: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(staleness, "_is_on_network", lambda path: True)
        assert not self.stale(repository)

    def test_a_gc_says_on_which_machine_it_runs(self, repository: Path) -> None:
        path = repository / ".git" / "gc.pid"
        for host, stale in ((os.uname().nodename, True), ("elsewhere", False)):
            path.write_text(f"1 {host}")
            os.utime(path, (0, 0))
            assert self.stale(repository) is stale

    def test_a_gc_that_still_runs_holds_it_wherever_it_stands(self, repository: Path) -> None:
        path = repository / ".git" / "gc.pid"
        path.write_text(f"4711 {os.uname().nodename}")
        os.utime(path, (0, 0))
        assert not self.stale(repository, GitProcess(4711, "gc", "/elsewhere"))
        assert self.stale(repository, GitProcess(4712, "gc", "/elsewhere"))

    def test_one_that_is_another_on_the_second_look_is_held(
        self, repository: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: lock.touch())
        assert not self.stale(repository)
        os.utime(lock, (0, 0))
        monkeypatch.setattr("time.sleep", lambda seconds: lock.unlink())
        assert not self.stale(repository)

    def test_a_file_system_is_told_by_its_mount(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not staleness._is_on_network(tmp_path / "lock")
        monkeypatch.setattr(staleness, "_REMOTE", ("",))
        assert staleness._is_on_network(tmp_path / "lock")


def test_settings_survive_the_way_to_a_run(repository: Path) -> None:
    settings = Settings(repositories=(Repository(path=str(repository), name="app"),))
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings
