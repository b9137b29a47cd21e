"""Whatever git has left half done, in whichever work tree: no task touches the repository meanwhile."""

import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import MaintenanceJournal, Outcome
from alignwatch.maintenance.quiet import Watch
from alignwatch.maintenance.readiness import Readiness
from alignwatch.maintenance.schedule import COMMAND, task_named
from alignwatch.maintenance.task import PostponedError
from alignwatch.maintenance.tasks import TASKS, git_maintenance, load
from alignwatch.settings import (
    Backup,
    CacheCleanup,
    GitMaintenance,
    GitTask,
    LogRotation,
    MaintenanceTask,
    Settings,
)
from alignwatch.state_dir import journal_path
from support.clearing import context
from support.half_done import HALF_DONE, PUT_ASIDE, conflicted_repository
from support.repositories import ENVIRONMENT, everything_in, git
from support.upkeep import command, registered_long_ago, run_due, run_now, settings_with

DAY = 86400
QUIET = tuple(name for name in TASKS if load(name).needs.quiet)
WHERE = ("main", "linked")
CASES = [(how, where) for how in HALF_DONE for where in WHERE]


def due(name: str) -> MaintenanceTask:
    """Each quiet task as it hurts most, due each minute."""
    if name == COMMAND:
        return command(name, ["git", "gc", "--quiet", "--prune=now"], repositories=("app",))
    return MaintenanceTask(task=name, schedule="* * * * *", any_time=True, repositories=("app",))


@pytest.mark.parametrize(("number", "how", "where"), [(n, *case) for n, case in enumerate(CASES)])
def test_no_task_begins_until_the_work_is_over(tmp_path: Path, number: int, how: str, where: str) -> None:
    repository, worktree = conflicted_repository(tmp_path, linked=where == "linked")
    settings = settings_with(
        tmp_path / "state",
        *map(due, QUIET),
        repositories=(repository,),
        patience_seconds=0,
        git_maintenance=dangerous(),
    )
    begin, end = HALF_DONE[how]
    begin(worktree)
    before = everything_in(repository), everything_in(worktree)
    with registered_long_ago(settings) as journal:
        assert run_due(settings) == [Outcome.POSTPONED] * len(QUIET)
        runs = journal.history(9)
        assert sorted(run.task for run in runs) == sorted(QUIET)
        assert all(str(worktree) in run.reason for run in runs)
        assert (everything_in(repository), everything_in(worktree)) == before
        git(worktree, *end)
        readiness = Readiness(settings, Git(environment=ENVIRONMENT), journal)
        assert {readiness.obstacle(task_named(settings, name), "app", 3) for name in QUIET} == {None}
    # One of them for each state: a process each for all of them would take minutes.
    ours = [name for name in QUIET if not name.startswith("backup")]
    assert run_now(settings, ours[number % len(ours)], "app").outcome is Outcome.SUCCESS
    if how in PUT_ASIDE:
        assert (worktree / "g").read_text() == "precious\n"


def test_tasks_that_wait_for_nobody_leave_a_repository_as_it_is(tmp_path: Path) -> None:
    repository, worktree = conflicted_repository(tmp_path, linked=True)
    (tmp_path / "backups").mkdir()
    settings = settings_with(
        tmp_path / "state",
        repositories=(repository,),
        backup=Backup(folder=str(tmp_path / "backups")),
        cache_cleanup=CacheCleanup(roots=(str(repository), str(worktree)), older_than_days=1e-9),
        log_rotation=LogRotation(roots=(str(worktree),), larger_than_bytes=1, files=("*",)),
    )
    HALF_DONE["rebase --autostash"][0](worktree)
    before = everything_in(repository), everything_in(worktree)
    for name in sorted(set(TASKS) - set(QUIET)):
        with suppress(AlignwatchError):
            load(name).run(context(settings, repository=settings.repositories[0]))
        assert (everything_in(repository), everything_in(worktree)) == before, name


class TestEditsThatOnlyGitHas:
    """A rebase or squash merge puts edits aside, and gc takes them for rubbish."""

    @pytest.mark.parametrize("how", PUT_ASIDE)
    def test_plain_gc_loses_them(self, tmp_path: Path, how: str) -> None:
        for number, gc in enumerate((["--prune=now"], ["--prune=30.days.ago"])):
            _, worktree = conflicted_repository(tmp_path / str(number), linked=False)
            begin, end = HALF_DONE[how]
            begin(worktree)
            age(worktree)
            git(worktree, "gc", "--quiet", *gc, check=False)
            git(worktree, *end, check=False)
            protected = (2, 44) if how.startswith("rebase") else (2, 56)
            if git_version() < protected:
                assert (worktree / "g").read_text() != "precious\n"

    @pytest.mark.parametrize("how", PUT_ASIDE)
    @pytest.mark.parametrize("where", WHERE)
    def test_they_are_safe_from_work_that_begins_in_the_middle_of_a_run(
        self, tmp_path: Path, how: str, where: str
    ) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=where == "linked")
        begin, end = HALF_DONE[how]
        (worktree / "loose").write_text("x")
        git(worktree, "hash-object", "-w", "loose")

        def begun() -> None:
            begin(worktree)
            age(repository)

        run = Interrupted(tmp_path, repository, ("loose-objects", "gc"))
        with pytest.raises(PostponedError, match="in progress"):
            run.maintain(before={3: begun})
        assert run.checks == 3
        assert list((repository / ".git" / "objects" / "pack").glob("loose-*.pack"))
        git(worktree, *end)
        assert (worktree / "g").read_text() == "precious\n"

    @pytest.mark.parametrize("how", PUT_ASIDE)
    def test_they_are_safe_from_a_gc_that_has_just_begun(self, tmp_path: Path, how: str) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=True)
        begin, end = HALF_DONE[how]
        run = Interrupted(tmp_path, repository, ("gc",))
        run.maintain(after={1: lambda: begin(worktree)})
        git(worktree, *end)
        assert (worktree / "g").read_text() == "precious\n"

    @pytest.mark.parametrize("marker", ["worktrees/gone/rebase-merge", "NOTES_MERGE_PARTIAL"])
    def test_gc_is_left_out_where_something_unknown_to_git_needs_objects(
        self, tmp_path: Path, marker: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository, _ = conflicted_repository(tmp_path, linked=False)
        (repository / ".git" / marker).mkdir(parents=True)
        Interrupted(tmp_path, repository, ("gc", "pack-refs")).maintain()
        printed = capsys.readouterr().out
        assert f"gc is left out: it may remove what {repository / '.git' / marker} needs" in printed
        assert "pack-refs is done" in printed


class Interrupted:
    """A run in whose middle somebody begins to work."""

    def __init__(self, folder: Path, repository: Path, tasks: Sequence[GitTask]) -> None:
        self._settings: Settings = settings_with(
            folder / "state", repositories=(repository,), git_maintenance=dangerous(tasks)
        )
        self.checks = 0

    def maintain(
        self,
        before: dict[int, Callable[[], object]] | None = None,
        after: dict[int, Callable[[], object]] | None = None,
    ) -> None:
        """Does it; what happens before and after which look whether all is quiet is given by its number."""
        (repository,) = self._settings.repositories
        runner = Git(environment=ENVIRONMENT)

        def look() -> None:
            self.checks += 1
            (before or {}).get(self.checks, _nothing)()
            with MaintenanceJournal(journal_path(self._settings.state_folder)) as journal:
                obstacle = Watch(self._settings, runner, journal).obstacle(repository)
            if obstacle is not None:
                raise PostponedError(obstacle)
            (after or {}).get(self.checks, _nothing)()

        git_maintenance.TASK.run(context(self._settings, repository=repository, ensure_quiet=look))


def _nothing() -> None:
    pass


def dangerous(tasks: Sequence[GitTask] = ("gc", "pack-refs")) -> GitMaintenance:
    return GitMaintenance(tasks=tuple(tasks), gc_keeps_days=1)


def age(repository: Path) -> None:
    """Makes all loose objects as old as those of a rebase that somebody left alone for two months."""
    for file in git_objects(repository).glob("??/*"):
        os.utime(file, (time.time() - 60 * DAY,) * 2)


def git_objects(repository: Path) -> Path:
    return repository / git(repository, "rev-parse", "--git-common-dir") / "objects"


def git_version() -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)", git(Path.cwd(), "version"))
    assert found is not None
    return tuple(map(int, found.groups()))
