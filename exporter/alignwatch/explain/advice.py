"""Why a branch is in its state, in a sentence, and what to type next."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from alignwatch.explain.trial import Subject, Trial
from alignwatch.git.refs import HEADS, is_refused
from alignwatch.git.repository import Repository, head_branch
from alignwatch.patterns import matches_any
from alignwatch.shell import typed
from alignwatch.snapshot import Branch, BranchState

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
    subject: Subject,
    state: BranchState,
    opened: Repository | None,
    trial: Trial | None,
    words: Mapping[str, str],
) -> Iterator[str]:
    """What to type, in this order.

    Args:
        subject: the branch.
        state: its state.
        opened: the repository, as far as it can be opened.
        trial: what merges say.
        words: what git takes for branch and target, see :func:`alignwatch.git.refs.unmistakable`.
    """
    branch, here = subject.branch, ("git", "-C", subject.repository.path)
    # The branch of a remote, and a name that cannot be typed, have no word.
    own = words.get(branch.name, branch.tip[:_DIGITS])
    target = words.get(branch.target, f"{HEADS}{branch.target}")
    if state in (BranchState.CLEAN, BranchState.CONFLICTING):
        yield from _to_align(subject, opened, trial, target)
    elif state is BranchState.ALIGNED:
        yield typed((*here, "log", "--oneline", f"{target}..{own}"))
    elif state is BranchState.MERGED:
        if not _is_kept(subject):
            # By itself git asks whether HEAD or an upstream has it all, which may be other branches.
            still_merged = typed((*here, "merge-base", "--is-ancestor", own, target))
            yield f"{still_merged} && {typed((*here, 'branch', '--delete', '--force', '--', branch.name))}"
    elif state is BranchState.ORPHAN:
        yield typed((*here, "log", "--oneline", "--max-parents=0", own, target))
    elif state is BranchState.APART:
        yield typed((*here, "log", "--oneline", "--left-right", f"{target}...{own}"))
    else:
        yield "alignwatch doctor repositories"


def _to_align(subject: Subject, opened: Repository | None, trial: Trial | None, target: str) -> Iterator[str]:
    branch, path = subject.branch, subject.repository.path
    folder = _checked_out(subject, opened)
    if folder is None and opened is not None and not opened.worktrees[0].folder:
        # A bare repository has nowhere to merge.
        folder = str(Path(path).parent / re.sub(r"[^A-Za-z0-9.]+", "-", f"work-{branch.name}"))
        yield typed(("git", "-C", path, "worktree", "add", folder, *_to_check_out(branch)))
    elif folder is None:
        folder = path
        yield typed(("git", "-C", path, "switch", *_to_check_out(branch)))
    merge = ("alignwatch", "track", "--operation", "merge", "--", "git", "-C", folder, "merge")
    course = trial.course if trial is not None else None
    if course is not None and course.onset is not None and course.last_clean >= 0:
        yield typed((*merge, course.commits[course.last_clean][:_DIGITS])) + "  # no conflict so far"
    yield typed((*merge, target))
    if trial is not None and not trial.now.clean:
        yield typed(("alignwatch", "branches", f"--collisions={branch.name}"))


def _to_check_out(branch: Branch) -> tuple[str, ...]:
    """Arguments of ``git switch`` and ``git worktree add``."""
    if _has_no_name(branch) or is_refused(branch.name):
        return "--detach", branch.tip[:_DIGITS]
    return (branch.name,)


def _has_no_name(branch: Branch) -> bool:
    """Whether git cannot be told its name: it is a remote's, or holds bytes that are no text."""
    # No name has a backslash in git.
    return branch.remote is not None or "\\" in branch.name


def _checked_out(subject: Subject, opened: Repository | None) -> str | None:
    """The folder of the work tree that is on the branch."""
    for worktree in opened.worktrees if opened else ():
        with suppress(OSError):
            if worktree.folder and head_branch(worktree.git_dir) == f"{HEADS}{subject.branch.name}":
                return str(worktree.folder)
    return None


def _is_kept(subject: Subject) -> bool:
    branch, repository = subject.branch, subject.repository
    return (
        _has_no_name(branch)
        or branch.name in repository.primaries
        or matches_any(branch.name, repository.protected)
    )
