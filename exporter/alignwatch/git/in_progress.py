"""Operations that were begun and have not ended, seen in the folders of each work tree.

A linked work tree's rebase is invisible from the main one, so every git directory is looked at.
``ORIG_HEAD`` and ``AUTO_MERGE`` outlive operations and prove nothing by themselves.
"""

from contextlib import suppress
from pathlib import Path

from alignwatch.git.repository import Repository, Worktree, head_branch
from alignwatch.snapshot import InProgress

OPERATIONS = ("rebase", "am", "merge", "cherry-pick", "revert", "bisect")
"""What can be in progress; the bounded values of the label."""


def find_in_progress(repository: Repository) -> tuple[InProgress, ...]:
    """Everything in progress, at most one operation of a kind a work tree."""
    return tuple(
        InProgress(operation, str(worktree.folder or worktree.git_dir), _branch(worktree), since)
        for worktree in repository.worktrees
        for operation, since in _in_worktree(worktree.git_dir).items()
    )


def _in_worktree(git_dir: Path) -> dict[str, float]:
    found = {}
    for operation, markers in _markers(git_dir).items():
        times = [time for marker in markers if (time := _modified(git_dir / marker)) is not None]
        if times:
            found[operation] = min(times)
    return found


def _markers(git_dir: Path) -> dict[str, tuple[str, ...]]:
    """Which files and folders prove which operation; their age is the operation's."""
    applying = (git_dir / "rebase-apply" / "applying").exists()
    markers = {
        "rebase": ("rebase-merge",) if applying else ("rebase-merge", "rebase-apply"),
        "am": ("rebase-apply",) if applying else (),
        "bisect": ("BISECT_LOG",),
    }
    if _modified(git_dir / "rebase-merge") is None:
        # A rebase replays with the same machinery and leaves the same files while it is at work.
        sequence = _sequence(git_dir)
        markers |= {
            # A squash merge has no MERGE_HEAD; the edits that it has put aside are in no stash, and nothing
            # else keeps git gc from removing them.
            "merge": ("MERGE_HEAD", "MERGE_AUTOSTASH"),
            "cherry-pick": ("CHERRY_PICK_HEAD", *(("sequencer",) if sequence == "pick" else ())),
            "revert": ("REVERT_HEAD", *(("sequencer",) if sequence == "revert" else ())),
        }
    return {operation: markers[operation] for operation in OPERATIONS if operation in markers}


def _sequence(git_dir: Path) -> str | None:
    """What a sequence of picks still has to do: its folder outlives a hand-made commit in the middle."""
    with suppress(OSError):
        todo = (git_dir / "sequencer" / "todo").read_bytes().split()
        return "revert" if todo and todo[0] == b"revert" else "pick"
    return None


def _branch(worktree: Worktree) -> str | None:
    """The branch at work: HEAD is detached during a rebase, which notes the name."""
    for note in ("rebase-merge/head-name", "rebase-apply/head-name"):
        with suppress(OSError):
            name = (worktree.git_dir / note).read_bytes().decode("utf-8", "backslashreplace").strip()
            return name.removeprefix("refs/heads/")
    with suppress(OSError):
        name = head_branch(worktree.git_dir) or ""
        return name.removeprefix("refs/heads/") or None
    return None


def _modified(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return None
