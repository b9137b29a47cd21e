from pathlib import Path

import pytest

from alignwatch.git.worktree_files import find_git_folders
from alignwatch.operation import Kind
from alignwatch.tracking.trace.sides import Sides, fetched_branch, named_branch, sides
from support.repositories import git

PRIMARIES = ("main", "scientific")


@pytest.mark.parametrize(
    ("kind", "checked_out", "other", "expected"),
    [
        (Kind.REBASE, "x", "main", Sides("x", "main")),
        (Kind.REBASE, "main", "x", Sides("main", "x")),
        (Kind.REBASE, "", "", Sides("", "")),
        (Kind.MERGE, "x", "main", Sides("x", "main")),
        (Kind.MERGE, "main", "x", Sides("x", "main")),
        (Kind.MERGE, "main", "scientific", Sides("main", "scientific")),
        (Kind.MERGE, "main", "", Sides("main", "")),
        (Kind.PULL, "main", "x", Sides("main", "x")),
        (Kind.CHERRY_PICK, "x", "", Sides("x", "main")),
        (Kind.REVERT, "scientific", "", Sides("scientific", "scientific")),
        (Kind.AM, "", "", Sides("", "main")),
    ],
)
def test_branch_and_target(kind: Kind, checked_out: str, other: str, expected: Sides) -> None:
    assert sides(kind, checked_out, other, PRIMARIES) == expected


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("origin/main", "main"),
        ("refs/remotes/upstream/scientific", "scientific"),
        ("feature/far", "feature/far"),
        ("origin/feature/far", "feature/far"),
        ("gone", "gone"),
        ("feature/gone", "feature/gone"),
        ("HEAD", ""),
        ("FETCH_HEAD", ""),
        ("HEAD~3", ""),
        ("main^2", ""),
        ("@{upstream}", ""),
        ("@", ""),
        ("-", ""),
        ("0123456789abcdef0123456789abcdef01234567", ""),
        ("", ""),
    ],
)
def test_words_that_name_branches(repository: Path, word: str, name: str) -> None:
    assert named_branch(word, PRIMARIES, find_git_folders(repository)) == name
    if name in ("main", "scientific", ""):
        assert named_branch(word, PRIMARIES, None) == name


def test_the_branch_that_was_fetched(repository: Path) -> None:
    folders = find_git_folders(repository)
    assert folders is not None
    assert fetched_branch(folders, 0.0, 1e12) == ""
    git(repository, "fetch", "--quiet", ".", "feature/far", "main")
    assert fetched_branch(folders, 0.0, 1e12) == "feature/far"
    assert fetched_branch(folders, 0.0, 1.0) == ""
    written = (folders.git_dir / "FETCH_HEAD").stat().st_mtime
    assert fetched_branch(folders, written + 0.004, written + 1) == "feature/far"
    assert fetched_branch(folders, written + 0.1, written + 1) == ""
    (folders.git_dir / "FETCH_HEAD").write_bytes(b"nonsense\xff")
    assert fetched_branch(folders, 0.0, 1e12) == ""
