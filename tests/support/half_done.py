"""Operations that git itself leaves half done, in the main and in a linked work tree."""

from collections.abc import Callable
from pathlib import Path

from support.repositories import Commit, git, import_history, new_repository


def conflicted_repository(folder: Path, *, linked: bool) -> tuple[Path, Path]:
    """A repository whose ``main`` and ``feature`` both change one file, and a work tree on ``work``."""
    made = new_repository(folder / "app")
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
    if not linked:
        git(made, "checkout", "--quiet", "-b", "work", "feature")
        return made, made
    git(made, "worktree", "add", "--quiet", "-b", "work", str(folder / "linked"), "feature")
    return made, folder / "linked"


def _patch_to_apply(worktree: Path) -> None:
    patch = worktree.parent / "p.patch"
    patch.write_text(git(worktree, "format-patch", "--stdout", "-1", "main") + "\n")
    git(worktree, "am", "--quiet", str(patch), check=False)


def _stash_that_conflicts(worktree: Path) -> None:
    (worktree / "f").write_text("8\n")
    git(worktree, "stash", "--quiet")
    (worktree / "f").write_text("9\n")
    git(worktree, "commit", "--quiet", "-am", "change")
    git(worktree, "stash", "pop", "--quiet", check=False)


def _revert(worktree: Path) -> None:
    (worktree / "f").write_text("9\n")
    git(worktree, "commit", "--quiet", "-am", "change")
    git(worktree, "revert", "feature~1", check=False)


def _range_picked_by_hand(worktree: Path) -> None:
    git(worktree, "reset", "--quiet", "--hard", "main")
    git(worktree, "cherry-pick", "main..feature", check=False)
    (worktree / "f").write_text("resolved\n")
    git(worktree, "commit", "--quiet", "-am", "by hand")


def _autostash(worktree: Path) -> None:
    (worktree / "g").write_text("precious\n")
    git(worktree, "rebase", "--autostash", "main", check=False)


def _squash_with_autostash(worktree: Path) -> None:
    (worktree / "g").write_text("precious\n")
    git(worktree, "merge", "--squash", "--autostash", "-Xtheirs", "main")


HALF_DONE: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "rebase": (lambda at: git(at, "rebase", "main", check=False), ("rebase", "--abort")),
    "rebase --apply": (lambda at: git(at, "rebase", "--apply", "main", check=False), ("rebase", "--abort")),
    "rebase --autostash": (_autostash, ("rebase", "--abort")),
    "merge": (lambda at: git(at, "merge", "main", check=False), ("merge", "--abort")),
    "merge --no-commit": (lambda at: git(at, "merge", "--no-commit", "-Xours", "main"), ("merge", "--abort")),
    "merge --squash": (
        lambda at: git(at, "merge", "--squash", "main", check=False),
        ("reset", "--quiet", "--hard"),
    ),
    "merge --squash --autostash": (_squash_with_autostash, ("commit", "--quiet", "-m", "squashed")),
    "cherry-pick": (lambda at: git(at, "cherry-pick", "main", check=False), ("cherry-pick", "--abort")),
    "cherry-pick by hand": (_range_picked_by_hand, ("cherry-pick", "--quit")),
    "revert": (_revert, ("revert", "--abort")),
    "am": (_patch_to_apply, ("am", "--abort")),
    "bisect": (lambda at: git(at, "bisect", "start"), ("bisect", "reset")),
    "stash pop": (_stash_that_conflicts, ("reset", "--quiet", "--hard")),
}
"""What begins each in a work tree, and the git command that ends it."""

PUT_ASIDE = ("rebase --autostash", "merge --squash --autostash")
"""Of these the edits that nobody committed, ``precious`` in ``g``, are only in objects that no ref names."""
