"""Conflicts in an index: all that a stopped squash merge or stash leaves of itself."""

from pathlib import Path

from alignwatch.git.command import Git


def has_unmerged(git: Git, worktree: Path, deadline: float) -> bool:
    """Whether some path of a work tree is in conflict; nothing is written.

    Raises:
        GitError: git could not tell within so many seconds.
    """
    return bool(git.run(worktree, "ls-files", "--unmerged", "-z", deadline=deadline).stdout)
