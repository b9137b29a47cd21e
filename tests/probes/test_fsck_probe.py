from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes.fsck import FsckProbe, RememberedFsck
from alignwatch.settings import Fsck
from support.repositories import git


def damage(repository: Path) -> None:
    oid = git(repository, "hash-object", "-w", "--stdin", stdin=b"x")
    path = repository / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(b"nonsense")


def test_the_result_outlives_a_restart_until_it_is_due_again(
    repository: Path, git_runner: Git, tmp_path: Path
) -> None:
    first = FsckProbe(git_runner, repository, Fsck(), tmp_path / "cache").read()
    damage(repository)
    again = FsckProbe(git_runner, repository, Fsck(), tmp_path / "cache").read()
    assert again == first
    due = FsckProbe(git_runner, repository, Fsck(interval_seconds=1e-9), tmp_path / "cache").read()
    assert due.problems["object"]
    assert RememberedFsck(repository, tmp_path / "cache").read() == due


def test_a_spoilt_memory_is_no_memory(repository: Path, git_runner: Git, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    FsckProbe(git_runner, repository, Fsck(), cache).read()
    (kept,) = cache.iterdir()
    kept.write_bytes(b"{")
    with pytest.raises(FileNotFoundError, match="git fsck has not run yet"):
        RememberedFsck(repository, cache).read()
    assert FsckProbe(git_runner, repository, Fsck(), cache).read().exit_code == 0


def test_out_of_time_is_an_error_and_nothing_is_kept(
    repository: Path, git_runner: Git, tmp_path: Path
) -> None:
    probe = FsckProbe(git_runner, repository, Fsck(deadline_seconds=1e-6), tmp_path / "cache")
    with pytest.raises(GitError, match="did not end"):
        probe.read()
    assert not (tmp_path / "cache").exists()
