import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes.repository import RepositoryProbe
from support.repositories import ENVIRONMENT, git, new_repository


def probe(path: Path, git_runner: Git) -> RepositoryProbe:
    return RepositoryProbe(git_runner, path, 10)


def test_a_sound_repository(repository: Path, git_runner: Git) -> None:
    git(repository, "checkout", "--quiet", "main")
    reading = probe(repository, git_runner).read()
    assert (reading.head, reading.head_exists, reading.branches) == ("main", True, 5)
    assert reading.worktrees == (str(repository),)
    assert (reading.locks, reading.in_progress, reading.broken_refs) == ((), (), ())
    assert reading.packs + reading.loose_objects > 0
    assert reading.gc_log is False


def test_an_imported_bare_repository_whose_head_has_no_commit(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "app.git", bare=True)
    reading = probe(made, git_runner).read()
    assert (reading.head, reading.head_exists, reading.worktrees) == ("main", False, ())


def test_a_detached_head(repository: Path, git_runner: Git) -> None:
    git(repository, "checkout", "--quiet", "--detach", "main")
    reading = probe(repository, git_runner).read()
    assert (reading.head, reading.head_exists) == (None, True)


def test_sizes_follow_the_object_store(repository: Path, git_runner: Git) -> None:
    git(repository, "repack", "-adq")
    git(repository, "hash-object", "-w", "--stdin", stdin=b"loose")
    (repository / ".git" / "objects" / "pack" / "left-over").touch()
    (repository / ".git" / "gc.log").write_text("fatal: something\n")
    reading = probe(repository, git_runner).read()
    assert (reading.packs, reading.loose_objects, reading.garbage_files) == (1, 1, 1)
    assert reading.pack_bytes > 0
    assert reading.gc_log is True


def test_a_lock_left_behind_and_one_that_an_editor_explains(repository: Path, git_runner: Git) -> None:
    git(repository, "checkout", "--quiet", "main")
    (repository / ".git" / "packed-refs.lock").touch()
    (left,) = probe(repository, git_runner).read().locks
    assert (left.kind, left.held) == ("packed-refs", False)
    (repository / ".git" / "packed-refs.lock").unlink()
    with commit_with_its_editor_open(repository):
        kinds = {(lock.kind, lock.held) for lock in probe(repository, git_runner).read().locks}
    assert kinds == {("index", True)}


@contextmanager
def commit_with_its_editor_open(repository: Path) -> Iterator[None]:
    (repository / "file-m0").write_text("changed\n")
    waiting = repository.parent / "editor-is-open"
    command = ["git", "commit", "-a"]
    environment = {**ENVIRONMENT, "GIT_EDITOR": f"touch {waiting}; sleep 60 #"}
    process = subprocess.Popen(command, env=environment, cwd=repository, start_new_session=True)
    try:
        while not waiting.exists():
            assert process.poll() is None
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_path_that_vanishes_is_an_error(repository: Path, git_runner: Git) -> None:
    one = probe(repository, git_runner)
    one.read()
    shutil.rmtree(repository)
    with pytest.raises(GitError) as error:
        one.read()
    assert error.value.reason == "missing"


def test_looking_changes_nothing(repository: Path, git_runner: Git) -> None:
    git(repository, "checkout", "--quiet", "main")

    def state() -> dict[str, tuple[bytes, int]]:
        return {
            str(path): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(repository.rglob("*"))
            if path.is_file()
        }

    before = state()
    for _ in range(3):
        probe(repository, git_runner).read()
    assert state() == before
