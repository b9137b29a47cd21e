"""A shadow sees every object of the watched repository, whatever its kind, and leaves it as it is."""

import os
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merges, try_merges
from alignwatch.git.shadow import Shadow, ShadowInUseError
from alignwatch.snapshot import Verdict
from support.repositories import Commit, everything_in, git, import_history, new_repository

HISTORY = [
    Commit("base", files={"f": "a\nb\nc\n", "g": "1\n"}),
    Commit("main", ["base"], {"f": "a\nM\nc\n"}),
    Commit("topic", ["base"], {"f": "a\nX\nc\n", "g": "2\n"}),
]
BRANCHES = {"main": "main", "topic": "topic"}


def merge(git_runner: Git, watched: Path, scratch: Path) -> Merges:
    """Tries to merge ``topic`` into ``main``, and sees that nothing is left of it."""
    before = everything_in(watched)
    pair = git(watched, "rev-parse", "topic"), git(watched, "rev-parse", "main")
    with Shadow(scratch / "shadow", watched).opened(pair[0]) as repository:
        made = try_merges(git_runner, repository, [pair], 10)
        assert any((repository / "objects").glob("??/*")) or made.error
    assert not list((scratch / "shadow").glob("objects/??/*"))
    assert everything_in(watched) == before
    return made


def assert_conflicts(git_runner: Git, watched: Path, scratch: Path) -> None:
    made = merge(git_runner, watched, scratch)
    assert made.error is None
    assert [merge.verdict for merge in made.found] == [Verdict(False, 1)]


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """A repository with a work tree, on ``main``."""
    made = new_repository(tmp_path / "app")
    import_history(made, HISTORY, BRANCHES)
    git(made, "reset", "--quiet", "--hard")
    return made


@pytest.mark.parametrize("name", ["bare", 'a"b', "a\\b", "a:b", "#a", "a\nb", os.fsdecode(b"caf\xe9")])
def test_a_bare_repository_wherever_it_lies(tmp_path: Path, git_runner: Git, name: str) -> None:
    made = new_repository(tmp_path / name, bare=True)
    import_history(made, HISTORY, BRANCHES)
    assert_conflicts(git_runner, made, tmp_path)


def test_a_linked_work_tree(tmp_path: Path, git_runner: Git, watched: Path) -> None:
    git(watched, "worktree", "add", "--quiet", str(tmp_path / "linked"), "topic")
    assert_conflicts(git_runner, tmp_path / "linked", tmp_path)


def test_long_hashes_and_then_short_ones(tmp_path: Path, git_runner: Git, watched: Path) -> None:
    long = tmp_path / "long"
    long.mkdir()
    git(long, "init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    import_history(long, HISTORY, BRANCHES)
    assert_conflicts(git_runner, long, tmp_path)
    assert_conflicts(git_runner, watched, tmp_path)


@pytest.mark.parametrize("alternate", ["absolute", "relative"])
def test_objects_that_the_repository_itself_borrows(
    tmp_path: Path, git_runner: Git, watched: Path, alternate: str
) -> None:
    borrower = new_repository(tmp_path / "borrower", bare=True)
    objects = watched / ".git" / "objects"
    line = str(objects) if alternate == "absolute" else os.path.relpath(objects, borrower / "objects")
    (borrower / "objects" / "info" / "alternates").write_text(f"{line}\n")
    for branch in BRANCHES:
        git(borrower, "update-ref", f"refs/heads/{branch}", git(watched, "rev-parse", branch))
    assert_conflicts(git_runner, borrower, tmp_path)


def test_a_shallow_clone(tmp_path: Path, git_runner: Git) -> None:
    source = new_repository(tmp_path / "source", bare=True)
    history = [Commit("older"), Commit("base", ["older"], HISTORY[0].files), *HISTORY[1:]]
    import_history(source, history, BRANCHES)
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--bare",
        "--depth=2",
        "--no-single-branch",
        f"file://{source}",
        "shallow",
    )
    assert_conflicts(git_runner, tmp_path / "shallow", tmp_path)


def test_a_blob_that_is_missing_fails_its_merge(tmp_path: Path, git_runner: Git, watched: Path) -> None:
    git(watched, "config", "fastimport.unpackLimit", "1000")
    import_history(watched, HISTORY, BRANCHES)
    blob = git(watched, "rev-parse", "topic:f")
    for pack in (watched / ".git" / "objects" / "pack").iterdir():
        pack.unlink()
    (watched / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    made = merge(git_runner, watched, tmp_path)
    assert made.found == ()
    assert made.error is not None


def test_a_partial_clone_fetches_nothing(tmp_path: Path, git_runner: Git, watched: Path) -> None:
    git(watched, "config", "uploadpack.allowFilter", "true")
    url = f"file://{watched}"
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", url, "partial")
    assert git(tmp_path / "partial", "config", "remote.origin.promisor") == "true"
    made = merge(git_runner, tmp_path / "partial", tmp_path)
    assert made.found == ()
    assert made.error is not None


def test_the_repositorys_configuration_runs_nothing(tmp_path: Path, git_runner: Git, watched: Path) -> None:
    trap = tmp_path / "trap"
    git(watched, "config", "merge.trap.driver", f"touch {trap}")
    git(watched, "config", "filter.trap.clean", f"touch {trap}")
    attributes = {".gitattributes": "* merge=trap filter=trap diff=trap\n"}
    import_history(
        watched,
        [Commit("base", files={**HISTORY[0].files, **attributes}), *HISTORY[1:]],
        BRANCHES,
    )
    assert_conflicts(git_runner, watched, tmp_path)
    assert not trap.exists()


def test_one_at_a_time(tmp_path: Path, watched: Path) -> None:
    shadow = Shadow(tmp_path / "shadow", watched)
    other = Shadow(tmp_path / "shadow", watched)
    with (
        shadow.opened("1" * 40),
        pytest.raises(ShadowInUseError, match="in use by another process"),
        other.opened("1" * 40),
    ):
        raise AssertionError("lent twice")
    with shadow.opened("1" * 40) as again:
        assert again.is_dir()


def test_what_a_killed_process_left_is_removed(tmp_path: Path, watched: Path) -> None:
    shadow = Shadow(tmp_path / "shadow", watched)
    with shadow.opened("1" * 40) as folder:
        left = [folder / "objects" / "ab" / "left", folder / "core.1234"]
        (folder / "objects" / "ab").mkdir()
    for file in left:
        file.write_text("left")
    with shadow.opened("1" * 40):
        assert not any(file.exists() for file in left)


def test_a_vanished_repository(tmp_path: Path) -> None:
    shadow = Shadow(tmp_path / "shadow", tmp_path / "gone")
    with pytest.raises(GitError, match="not a git repository"), shadow.opened("1" * 40):
        raise AssertionError("opened")
