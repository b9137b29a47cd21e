"""Each state is made by git itself, in the main and in a linked work tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.repository import open_repository
from support.repositories import Commit, git, import_history, new_repository


@pytest.fixture(params=["main", "linked"])
def conflicted(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A repository whose ``main`` and ``feature`` both change one file; and the work tree at hand."""
    made = new_repository(tmp_path / "app")
    import_history(
        made,
        [
            Commit("root", files={"f": "1\n"}),
            Commit("ours", ["root"], {"f": "2\n"}),
            Commit("theirs", ["root"], {"f": "3\n"}),
            Commit("more", ["theirs"], {"g": "4\n"}),
        ],
        {"main": "ours", "feature": "more"},
    )
    git(made, "checkout", "--quiet", "main")
    if request.param == "main":
        git(made, "checkout", "--quiet", "-b", "work", "feature")
        return made, made
    git(made, "worktree", "add", "--quiet", "-b", "work", str(tmp_path / "linked"), "feature")
    return made, tmp_path / "linked"


def patch_to_apply(worktree: Path) -> None:
    patch = worktree.parent / "p.patch"
    patch.write_text(git(worktree, "format-patch", "--stdout", "-1", "main") + "\n")
    git(worktree, "am", "--quiet", str(patch), check=False)


BEGIN: dict[str, Callable[[Path], object]] = {
    "rebase": lambda at: git(at, "rebase", "main", check=False),
    "rebase --apply": lambda at: git(at, "rebase", "--apply", "main", check=False),
    "merge": lambda at: git(at, "merge", "main", check=False),
    "merge --no-commit": lambda at: git(at, "merge", "--no-commit", "-Xours", "main"),
    "cherry-pick": lambda at: git(at, "cherry-pick", "main", check=False),
    "revert": lambda at: git(at, "revert", "feature~1", check=False),
    "am": patch_to_apply,
    "bisect": lambda at: git(at, "bisect", "start"),
}


@pytest.mark.parametrize("how", BEGIN)
def test_what_git_left_half_done_is_seen(conflicted: tuple[Path, Path], how: str) -> None:
    repository, worktree = conflicted
    if how == "revert":
        (worktree / "f").write_text("9\n")
        git(worktree, "commit", "--quiet", "-am", "change")
    BEGIN[how](worktree)
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
    for begin, end in (("rebase", "rebase"), ("merge", "merge"), ("cherry-pick", "cherry-pick")):
        BEGIN[begin](worktree)
        git(worktree, end, "--abort")
        assert find_in_progress(open_repository(repository)) == ()
