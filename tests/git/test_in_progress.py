"""Each state is made by git itself, in the main and in a linked work tree."""

from pathlib import Path

import pytest

from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.repository import open_repository
from support.half_done import HALF_DONE, conflicted_repository
from support.repositories import git


@pytest.fixture(params=["main", "linked"])
def conflicted(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A repository whose ``main`` and ``feature`` both change one file; and the work tree at hand."""
    return conflicted_repository(tmp_path, linked=request.param == "linked")


SEEN = sorted(HALF_DONE.keys() - {"merge --squash", "stash pop"})
"""The others leave nothing but conflicts in the index."""


@pytest.mark.parametrize("how", SEEN)
def test_what_git_left_half_done_is_seen(conflicted: tuple[Path, Path], how: str) -> None:
    repository, worktree = conflicted
    HALF_DONE[how][0](worktree)
    found = find_in_progress(open_repository(repository))
    assert [(one.operation, one.worktree, one.branch) for one in found] == [
        (how.split()[0], str(worktree), "work")
    ]


@pytest.mark.parametrize("kind", ["cherry-pick", "revert"])
def test_a_range_continued_by_hand_is_still_in_progress(conflicted: tuple[Path, Path], kind: str) -> None:
    repository, worktree = conflicted
    if kind == "cherry-pick":
        git(worktree, "reset", "--quiet", "--hard", "main")
        git(worktree, "cherry-pick", "main..feature", check=False)
    else:
        (worktree / "f").write_text("9\n")
        git(worktree, "commit", "--quiet", "-am", "change")
        git(worktree, "revert", "--no-edit", "feature~1", "feature", check=False)
    (worktree / "f").write_text("resolved\n")
    git(worktree, "commit", "--quiet", "-am", "by hand")
    found = find_in_progress(open_repository(repository))
    assert [one.operation for one in found] == [kind]


def test_nothing_is_in_progress_after_the_end(conflicted: tuple[Path, Path]) -> None:
    repository, worktree = conflicted
    for how in ("rebase", "merge", "cherry-pick"):
        begin, end = HALF_DONE[how]
        begin(worktree)
        git(worktree, *end)
        assert find_in_progress(open_repository(repository)) == ()
