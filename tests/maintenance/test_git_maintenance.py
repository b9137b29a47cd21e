"""git's own maintenance, with a look at the repository before and after."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alignwatch.git import staleness
from alignwatch.git.command import Git
from alignwatch.git.locks import find_locks
from alignwatch.git.repository import open_repository
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.journal.running import process
from alignwatch.maintenance.soundness import Soundness
from alignwatch.maintenance.task import Needs, PostponedError, Result, TaskError
from alignwatch.maintenance.tasks import git_maintenance
from alignwatch.settings import (
    GitMaintenance,
    Maintenance,
    Monitoring,
    Repository,
    Settings,
    Thresholds,
)
from alignwatch.state_dir import journal_path
from support.clearing import context
from support.fake_git import fake_git
from support.repositories import everything_in, git, import_history, linear, new_repository
from support.waiting import wait_until

LONG_AGO = 1_000_000_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staleness, "SECOND_LOOK_SECONDS", 0.01)


@pytest.fixture
def scattered(repository: Path) -> Path:
    """Loose objects, two packs, loose refs, a stash and a linked work tree."""
    git(repository, "checkout", "--quiet", "--force", "main")
    git(repository, "repack", "--quiet", "-d")
    import_history(repository, linear("late", 3), {"late": "late2"})
    git(repository, "repack", "--quiet", "-d")
    for edit in ("one", "two"):
        (repository / "file-m0").write_text(edit)
        git(repository, "stash", "--quiet")
    git(repository, "worktree", "add", "--quiet", "--detach", str(repository.parent / "linked"), "late")
    return repository


def settings_for(repository: Path, *tasks: Any, keeps: int = 30) -> Settings:
    state = repository.parent / "state"
    chosen = GitMaintenance(tasks=tasks, gc_keeps_days=keeps) if tasks else GitMaintenance()
    return Settings(
        state_dir=str(state),
        repositories=(Repository(path=str(repository), name="app"),),
        maintenance=Maintenance(git_maintenance=chosen),
        monitoring=Monitoring(alert_thresholds=Thresholds(lock_age_seconds=0.01)),
    )


def maintain(repository: Path, *tasks: Any, keeps: int = 30, **changes: Any) -> Result:
    settings = settings_for(repository, *tasks, keeps=keeps)
    return git_maintenance.TASK.run(context(settings, repository=settings.repositories[0], **changes))


def holdings(repository: Path) -> tuple[str, ...]:
    """Every ref, stash, HEAD and reachable object."""
    return tuple(
        git(repository, *command)
        for command in (
            ("for-each-ref",),
            ("reflog", "show", "--all"),
            ("worktree", "list"),
            ("rev-list", "--objects", "--no-object-names", "--all", "--reflog", "--in-commit-order"),
        )
    )


class TestDone:
    def test_few_files_hold_what_many_held(self, scattered: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before, files = holdings(scattered), len(everything_in(scattered / ".git"))
        refs = len(git(scattered, "for-each-ref").splitlines())
        reachable = len(git(scattered, "rev-list", "--objects", "--all", "--reflog").splitlines())
        result = maintain(scattered)
        assert holdings(scattered) == before
        assert len(everything_in(scattered / ".git")) < files
        assert result.freed_bytes > 0
        assert f"{refs} refs and the {reachable} objects that they lead to are as before" in result.summary
        assert capsys.readouterr().out.splitlines() == [
            f"{task} is done" for task in ("commit-graph", "loose-objects", "incremental-repack", "pack-refs")
        ]
        assert git(scattered, "count-objects").startswith("0 objects")
        assert not [ref for ref in (scattered / ".git" / "refs" / "heads").rglob("*") if ref.is_file()]

    def test_gc_keeps_what_reflogs_name_and_missing_work_trees(self, scattered: Path) -> None:
        git(scattered, "config", "gc.reflogExpire", "now")
        git(scattered, "config", "gc.refs/stash.reflogExpire", "now")
        git(scattered, "config", "gc.worktreePruneExpire", "now")
        shutil.move(scattered.parent / "linked", scattered.parent / "unmounted")
        old = git(scattered, "rev-parse", "HEAD")
        git(scattered, "commit", "--quiet", "--amend", "--allow-empty", "-m", "other")
        unnamed = git(scattered, "hash-object", "-w", "--stdin", stdin=b"nobody leads here")
        os.utime(scattered / ".git" / "objects" / unnamed[:2] / unnamed[2:], (LONG_AGO, LONG_AGO))
        assert maintain(scattered, "gc", keeps=1).freed_bytes > 0
        shutil.move(scattered.parent / "unmounted", scattered.parent / "linked")
        assert git(scattered, "cat-file", "-t", old) == "commit"
        assert len(git(scattered, "stash", "list").splitlines()) == 2
        assert git(scattered.parent / "linked", "status", "--porcelain") == ""
        with pytest.raises(AssertionError):
            git(scattered, "cat-file", "-t", unnamed)

    @pytest.mark.parametrize("bare", [False, True])
    def test_an_empty_repository_is_none_to_fail_at(
        self, tmp_path: Path, bare: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        result = maintain(new_repository(tmp_path / "app", bare=bare))
        assert result.summary[0] == "0 refs and the 0 objects that they lead to are as before"
        assert "incremental-repack is left out: there is no pack" in capsys.readouterr().out

    def test_hooks_and_other_programs_of_the_repository_do_not_run(
        self, scattered: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mark = scattered.parent / "ran"
        for name in ("pre-auto-gc", "reference-transaction", "post-rewrite"):
            hook = scattered / ".git" / "hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
            hook.chmod(0o755)
        for key in ("core.fsmonitor", "gc.recentObjectsHook", "core.sshCommand", "core.alternateRefsCommand"):
            git(scattered, "config", key, f"touch {mark}")
        maintain(scattered, "pack-refs", "gc", "loose-objects")
        assert not mark.exists()
        assert "gc is left out: a program says what it must keep" in capsys.readouterr().out

    def test_shared_objects_are_no_rubbish(self, scattered: Path, capsys: pytest.CaptureFixture[str]) -> None:
        objects = scattered / ".git" / "objects"
        shutil.move(objects, scattered.parent / "shared")
        objects.symlink_to(scattered.parent / "shared")
        maintain(scattered, "gc")
        assert "gc is left out: others share its objects" in capsys.readouterr().out

    def test_a_partial_clone_keeps_its_marks(
        self, scattered: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        git(scattered, "config", "uploadpack.allowFilter", "true")
        clone = scattered.parent / "clone"
        git(
            scattered.parent,
            "clone",
            "--quiet",
            "--bare",
            "--filter=blob:none",
            f"file://{scattered}",
            "clone",
        )
        maintain(clone)
        assert "incremental-repack is left out: in a partial clone" in capsys.readouterr().out
        git(clone, "fsck", "--connectivity-only")

    def test_what_a_gc_complained_of_is_told(self, scattered: Path) -> None:
        (scattered / ".git" / "gc.log").write_text("warning: too many\nmore\n")
        assert maintain(scattered, "pack-refs").summary[-1].endswith("gc.log says: warning: too many")


class TestNothingDone:
    def test_a_dry_run_changes_nothing(self, scattered: Path) -> None:
        leftover(scattered, "objects/maintenance.lock", ours=True)
        before = everything_in(scattered)
        summary = maintain(scattered, "loose-objects", "gc", dry_run=True).summary
        assert everything_in(scattered) == before
        assert summary[:2] == ("would run git maintenance loose-objects", "would run git maintenance gc")
        assert summary[2].startswith("loose objects: ")

    def test_a_dry_run_says_what_would_be_left_out(self, tmp_path: Path) -> None:
        summary = maintain(new_repository(tmp_path / "app"), "incremental-repack", dry_run=True).summary
        assert summary[0] == "incremental-repack would be left out: there is no pack"

    def test_damage_is_found_before(self, scattered: Path) -> None:
        blob = git(scattered, "hash-object", "-w", "--stdin", stdin=b"soon gone")
        git(scattered, "tag", "broken", blob)
        (scattered / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        before = everything_in(scattered)
        with pytest.raises(TaskError, match=r"nothing was done, it is damaged already \(.*; see git fsck"):
            maintain(scattered)
        assert everything_in(scattered) == before

    def test_it_needs_a_quiet_repository_and_room(self, scattered: Path) -> None:
        assert git_maintenance.TASK.needs == Needs(repository=True, quiet=True, room=True)

        class Usage:
            total, free = 1000, 10

        before = everything_in(scattered)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda folder: Usage)
            with pytest.raises(PostponedError, match="for a while, and only 0 B of its disk may be filled"):
                maintain(scattered)
        assert everything_in(scattered) == before

    def test_who_would_write_files_of_their_own_is_refused(
        self, scattered: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 987_654)
        with pytest.raises(TaskError, match=r"belongs to .* and what user 987654 writes there would not"):
            maintain(scattered)
        git(scattered, "config", "core.sharedRepository", "group")
        maintain(scattered, "pack-refs")

    def test_another_maintenance_that_begins_meanwhile_goes_first(self, scattered: Path) -> None:
        lock = scattered / ".git" / "objects" / "maintenance.lock"
        with pytest.raises(PostponedError, match="another git maintenance is at work in"):
            maintain(scattered, ensure_quiet=lock.touch)
        assert git(scattered, "count-objects", "-v").splitlines()[0] != "count: 0"


class TestAfterwards:
    def test_a_git_that_fails_is_told_of_and_the_repository_checked(
        self, scattered: Path, tmp_path: Path
    ) -> None:
        failing = fake_git(
            tmp_path,
            'case "$*" in *--task=pack-refs*) echo "fatal: no space" >&2; exit 3;; esac; exec git "$@"',
        )
        with pytest.raises(
            TaskError, match="git maintenance pack-refs ended with 3: fatal: no space"
        ) as raised:
            maintain(scattered, "loose-objects", "pack-refs", git=failing)
        assert raised.value.code == 3

    def test_warnings_of_git_are_told(self, scattered: Path, capsys: pytest.CaptureFixture[str]) -> None:
        git(scattered, "config", "core.multiPackIndex", "false")
        maintain(scattered, "incremental-repack")
        assert "core.multiPackIndex is disabled" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("harm", "says"),
        [
            ("rm -f .git/objects/pack/*.idx", "it is damaged .*; let nobody run gc or prune in it"),
            ("git update-ref -d refs/heads/late", "git update-ref refs/heads/late [0-9a-f]{40}"),
            (
                "git stash drop --quiet",
                "unless somebody removed them meanwhile: git stash store [0-9a-f]{40}",
            ),
        ],
    )
    def test_a_repository_that_is_not_as_before_is_a_failure_with_its_remedy(
        self, scattered: Path, tmp_path: Path, harm: str, says: str
    ) -> None:
        harmful = fake_git(
            tmp_path, f'case "$*" in *" maintenance "*) cd {scattered}; {harm};; *) exec git "$@";; esac'
        )
        with pytest.raises(TaskError, match=f"after git maintenance .*{says}"):
            maintain(scattered, "pack-refs", git=harmful)

    def test_what_others_do_meanwhile_is_no_failure(self, scattered: Path) -> None:
        def work() -> None:
            git(scattered, "commit", "--quiet", "--allow-empty", "-m", "meanwhile")
            git(scattered, "branch", "--force", "late", "main")
            git(scattered, "worktree", "remove", str(scattered.parent / "linked"))

        maintain(scattered, "pack-refs", ensure_quiet=work)

    def test_fewer_objects_than_before_are_noticed(self, scattered: Path, git_runner: Git) -> None:
        look = Soundness(git_runner, open_repository(scattered), 60)
        before = look.inventory()
        assert list(look.faults(before)) == []
        more = before._replace(reachable=before.reachable + 1)
        assert [fault.partition(";")[0] for fault in look.faults(more)] == [
            f"{before.reachable + 1} objects could be reached, {before.reachable} are left"
        ]

    def test_many_that_are_gone_are_not_all_named(self, scattered: Path, git_runner: Git) -> None:
        look = Soundness(git_runner, open_repository(scattered), 60)
        before = look.inventory()
        tip = git(scattered, "rev-parse", "main")
        gone = {f"refs/heads/$(gone-{number})".encode(): tip for number in range(9)}
        (fault,) = look.faults(
            before._replace(names=before.names._replace(refs={**before.names.refs, **gone}))
        )
        assert fault.endswith("git update-ref 'refs/heads/$(gone-4)' " + tip + " and 4 more")


def leftover(
    repository: Path, name: str, *, ours: bool, made_after: float = 30, found_after: float = 60
) -> Path:
    """A file that a git which was killed has left, in a run of ours or not.

    The run began long ago, and so many seconds later the file was made, and the run found to have crashed.
    """
    lock = repository / ".git" / name
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(f"1 {socket.gethostname()}")
    owner = process(os.getpid())
    assert owner is not None
    with MaintenanceJournal(journal_path(repository.parent / "state")) as journal:
        number = journal.claim("nightly", "app" if ours else "other", None, owner, LONG_AGO)
        assert number is not None
        journal.begin(number, LONG_AGO)
        journal.finish(number, Ending(Outcome.CRASHED), LONG_AGO + found_after)
    os.utime(lock, (LONG_AGO + made_after,) * 2)
    return lock


class TestLeftovers:
    @pytest.mark.parametrize(
        "name",
        [
            "objects/maintenance.lock",
            "packed-refs.lock",
            "refs/heads/main.lock",
            "gc.pid",
            "objects/info/commit-graphs/commit-graph-chain.lock",
            "objects/pack/tmp_pack_Xy12",
        ],
    )
    def test_what_a_killed_run_of_ours_left_is_removed(
        self, scattered: Path, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lock = leftover(scattered, name, ours=True)
        maintain(scattered, dry_run=True)
        assert f"would remove {lock}, left behind" in capsys.readouterr().out
        assert lock.exists()
        maintain(scattered)
        assert f"remove {lock}, left behind" in capsys.readouterr().out
        assert not lock.exists()
        assert find_locks(open_repository(scattered)) == ()

    @pytest.mark.parametrize(
        ("name", "task"),
        [
            ("objects/maintenance.lock", "loose-objects"),
            ("objects/info/commit-graphs/commit-graph-chain.lock", "commit-graph"),
            ("objects/pack/multi-pack-index.lock", "incremental-repack"),
            ("packed-refs.lock", "pack-refs"),
            ("packed-refs.lock", "gc"),
            ("objects/info/commit-graph.lock", "gc"),
        ],
    )
    def test_a_lock_of_others_that_stops_git_is_told_of_and_stays(
        self, scattered: Path, name: str, task: str
    ) -> None:
        lock = leftover(scattered, name, ours=False)
        with pytest.raises(TaskError, match=f"{lock} was left behind .*; see that nobody .* then: rm {lock}"):
            maintain(scattered, task)
        assert lock.exists()

    @pytest.mark.parametrize("task", ["loose-objects", "commit-graph"])
    def test_a_lock_of_others_that_is_not_needed_stops_nothing(self, scattered: Path, task: str) -> None:
        lock = leftover(scattered, "packed-refs.lock", ours=False)
        maintain(scattered, task)
        assert lock.exists()

    def test_what_others_left_before_a_crash_was_found_is_theirs(self, scattered: Path) -> None:
        lock = leftover(
            scattered, "objects/maintenance.lock", ours=True, made_after=2 * 86_400, found_after=3 * 86_400
        )
        with pytest.raises(TaskError, match="was left behind by a git that is gone"):
            maintain(scattered)
        assert lock.exists()

    @pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "config.lock"])
    def test_locks_of_other_work_are_never_ours(self, scattered: Path, name: str) -> None:
        lock = leftover(scattered, name, ours=True)
        maintain(scattered, "pack-refs")
        assert lock.exists()

    def test_what_a_living_git_may_hold_stays(self, scattered: Path) -> None:
        lock = leftover(scattered, "packed-refs.lock", ours=True)
        waiting = subprocess.Popen(
            ["git", "-C", str(scattered), "hash-object", "--stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_until(lambda: Path(f"/proc/{waiting.pid}/cwd").readlink() == scattered, "the folder")
            maintain(scattered, "loose-objects")
            assert lock.exists()
        finally:
            waiting.communicate(b"")

    def test_nothing_is_removed_once_somebody_works_there(self, scattered: Path) -> None:
        lock = leftover(scattered, "packed-refs.lock", ours=True)

        def begin() -> None:
            raise PostponedError("rebase in progress")

        with pytest.raises(PostponedError):
            maintain(scattered, ensure_quiet=begin)
        assert lock.exists()
