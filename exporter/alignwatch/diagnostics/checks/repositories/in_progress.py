"""Rebases, merges and their like that were begun and seem to be forgotten.

Each work tree is looked at, since one's rebase cannot be seen from another. Younger than
`stuck_after_seconds` somebody is at work, which is well; older, nobody seems to be. Conflicts that are not
resolved and belong to no operation (of a squash or a stash) count too, once their index is that old.
"""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.repository import Repository
from alignwatch.git.unmerged import has_unmerged
from alignwatch.text import span

_WAYS_OUT = {
    "rebase": ("rebase", "--continue"),
    "am": ("am", "--continue"),
    "merge": ("merge", "--continue"),
    "cherry-pick": ("cherry-pick", "--continue"),
    "revert": ("revert", "--continue"),
    "bisect": ("bisect", "reset"),
}


def _run(context: Context) -> Iterator[Finding]:
    found = opened(context)
    limit = context.settings.thresholds_of(context.repository).stuck_after_seconds
    begun = find_in_progress(found)
    for one in begun:
        age = context.now - one.since
        words = f"{one.operation} of {one.branch or 'a detached HEAD'} in {one.worktree} for {span(age)}"
        if age <= limit:
            yield ok(f"somebody is at work: {words}")
            continue
        yield warning(
            f"in progress and left behind: {words}",
            "go on with it, or abort it: git status says how",
            ("git", "-C", one.worktree, "status"),
            ("git", "-C", one.worktree, *_WAYS_OUT[one.operation]),
            file=one.worktree,
        )
    yield from _conflicts(context, found, {one.worktree for one in begun}, limit)


def _conflicts(context: Context, found: Repository, known: set[str], limit: float) -> Iterator[Finding]:
    for worktree in found.worktrees:
        folder = worktree.folder
        if folder is None or str(folder) in known or not folder.is_dir():
            continue
        if has_unmerged(context.git, folder, 4.0):
            age = context.now - _changed(worktree.git_dir / "index")
            if age > limit:
                yield warning(
                    f"conflicts that nobody has resolved for {span(age)}, in {folder}",
                    "resolve them, or give them up: git status says how",
                    ("git", "-C", str(folder), "status"),
                    file=str(folder),
                )


def _changed(path: Path) -> float:
    return path.stat().st_mtime


CHECK = Check(
    id="in-progress",
    summary="nothing that was begun is forgotten",
    well="nothing is in progress",
    each_repository=True,
    run=_run,
)
