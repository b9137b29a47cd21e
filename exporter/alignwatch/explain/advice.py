"""Why a branch is in its state, in a sentence, and what to type next."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alignwatch.explain.trial import Subject, Trial
from alignwatch.git.repository import Repository, head_branch
from alignwatch.patterns import matches_any
from alignwatch.snapshot import BranchState

_HEADS = "refs/heads/"
_DIGITS = 12


def why(subject: Subject, state: BranchState, trial: Trial | None) -> str:
    """The sentence."""
    branch, target = subject.branch, subject.branch.target
    drift = f"{_commits(branch.ahead)} that {target} lacks, and lacks {_commits(branch.behind)} of {target}'s"
    match state:
        case BranchState.MERGED if branch.name == target:
            return "it is a primary, and others are aligned to it"
        case BranchState.MERGED:
            return f"{target} has all of it"
        case BranchState.ALIGNED:
            return f"it has {_commits(branch.ahead)} that {target} lacks, and all of {target}'s"
        case BranchState.CLEAN:
            return f"it has {drift}; they merge without a conflict"
        case BranchState.CONFLICTING if trial is not None:
            files = len(trial.now.conflicts)
            return f"it has {drift}; they conflict in {files} {'file' if files == 1 else 'files'}"
        case BranchState.ORPHAN:
            return f"it shares no history with {target}: merging it would bring in all of its own"
        case BranchState.APART:
            return f"the configuration says that it is never to be merged with {target} (never_merge)"
        case BranchState.UNKNOWN:
            if not subject.target_tip:
                return f"there is no branch {target} to compare it with"
            return "it could not be compared"
        case _:
            return f"it has {drift}; whether they conflict could not be found out"


def _commits(count: int | None) -> str:
    return f"{'?' if count is None else count} {'commit' if count == 1 else 'commits'}"


def next_commands(
    subject: Subject, state: BranchState, opened: Repository | None, trial: Trial | None
) -> Iterator[str]:
    """What to type, in this order."""
    here = ("git", "-C", subject.repository.path)
    own, target = _revision(subject), _target(subject)
    if state in (BranchState.CLEAN, BranchState.CONFLICTING):
        yield from _to_align(subject, opened, trial)
    elif state is BranchState.ALIGNED:
        yield shlex.join((*here, "log", "--oneline", f"{target}..{own}"))
    elif state is BranchState.MERGED:
        if not _is_kept(subject):
            yield shlex.join((*here, "branch", "--delete", "--", subject.branch.name))
    elif state is BranchState.ORPHAN:
        yield shlex.join((*here, "log", "--oneline", "--max-parents=0", own, target))
    elif state is BranchState.APART:
        yield shlex.join((*here, "log", "--oneline", "--left-right", f"{target}...{own}"))
    else:
        yield "alignwatch doctor repositories"


def _to_align(subject: Subject, opened: Repository | None, trial: Trial | None) -> Iterator[str]:
    branch, path = subject.branch, subject.repository.path
    folder = _checked_out(subject, opened)
    if folder is None and opened is not None and not opened.worktrees[0].folder:
        # A bare repository has nowhere to merge.
        folder = str(Path(path).parent / re.sub(r"[^A-Za-z0-9.]+", "-", f"work-{branch.name}"))
        yield shlex.join(("git", "-C", path, "worktree", "add", folder, *_to_check_out(subject)))
    elif folder is None:
        folder = path
        yield shlex.join(("git", "-C", path, "switch", *_to_check_out(subject)))
    merge = ("alignwatch", "track", "--operation", "merge", "--", "git", "-C", folder, "merge")
    course = trial.course if trial is not None else None
    if course is not None and course.onset is not None and course.last_clean >= 0:
        yield shlex.join((*merge, course.commits[course.last_clean][:_DIGITS])) + "  # no conflict so far"
    yield shlex.join((*merge, _target(subject)))
    if trial is not None and not trial.now.clean:
        yield shlex.join(("alignwatch", "branches", f"--collisions={branch.name}"))


def _to_check_out(subject: Subject) -> tuple[str, ...]:
    """Arguments of ``git switch`` and ``git worktree add``."""
    branch = subject.branch
    if branch.remote is not None or _revision(subject) != branch.name:
        return "--detach", branch.tip[:_DIGITS]
    return (branch.name,)


def _checked_out(subject: Subject, opened: Repository | None) -> str | None:
    """The folder of the work tree that is on the branch."""
    for worktree in opened.worktrees if opened else ():
        with suppress(OSError):
            if worktree.folder and head_branch(worktree.git_dir) == f"{_HEADS}{subject.branch.name}":
                return str(worktree.folder)
    return None


def _revision(subject: Subject) -> str:
    """What git takes for the branch, and for nothing else."""
    branch = subject.branch
    # A backslash is in no name: it stands for bytes that cannot be typed.
    return branch.tip[:_DIGITS] if "\\" in branch.name else _unmistakable(branch.name)


def _target(subject: Subject) -> str:
    return _unmistakable(subject.branch.target)


def _unmistakable(name: str) -> str:
    return f"{_HEADS}{name}" if name.startswith("-") else name


def _is_kept(subject: Subject) -> bool:
    branch, repository = subject.branch, subject.repository
    if branch.remote is not None or branch.name != _revision(subject):
        return True
    return branch.name in repository.primaries or matches_any(branch.name, repository.protected)
