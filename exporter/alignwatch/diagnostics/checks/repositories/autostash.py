"""Edits that a clean-up can take away while a rebase is stopped.

Before git 2.44, what `--autostash` has put aside is known to nothing but a file of the rebase. A `git gc
--prune=now` in the meantime, or an automatic one two weeks later, removes it, and ends with 0; `git rebase
--abort` then brings nothing back. So with such a git, a rebase that is stopped with an autostash is critical,
and `rebase.autoStash` or `merge.autoStash` in the configuration is a warning. Alignwatch itself never cleans
up while anything is in progress.
"""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings, opened
from alignwatch.diagnostics.status import Status
from alignwatch.git.version import git_version

_MENDED = (2, 44, 0)
_PLACES = ("rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH")
_KEYS = ("rebase.autostash", "merge.autostash")
_ON = ("true", "yes", "on", "1", "")


def _run(context: Context) -> Iterator[Finding]:
    version = context.shared.once("git version", lambda: git_version(context.git))
    if (version.numbers or (0, 0, 0)) >= _MENDED:
        yield ok("this git keeps what is autostashed")
        return
    kept = _stashed(context)
    for worktree in opened(context).worktrees:
        for place in _PLACES:
            file = worktree.git_dir / place
            commit = _commit_in(file)
            if commit is not None and commit not in kept:
                folder = worktree.folder or worktree.git_dir
                stash = ("git", "-C", str(folder), "stash", "store", commit)
                yield critical(
                    f"edits of {folder} are autostashed: a git gc before the end of what is stopped there "
                    "would remove them",
                    "keep them in the stash, and end what is stopped there",
                    stash,
                    file=str(file),
                )
    held = dict(git_settings(context))
    for key in _KEYS:
        if held.get(key, "false").lower() in _ON:
            yield warning(
                f"{key} is on, and this git can lose what it puts aside if a clean-up runs meanwhile",
                "upgrade to git 2.44, or switch it off",
                ("git", "-C", str(context.path), "config", "--show-origin", "--get-all", key),
                key=key,
            )


def _commit_in(file: Path) -> str | None:
    """What is autostashed there; it goes with the end of what is stopped."""
    try:
        return file.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _stashed(context: Context) -> list[str]:
    """What the stash holds, which no clean-up takes."""
    arguments = ("rev-list", "--walk-reflogs", "refs/stash", "--")
    # Without any stash there is no such ref.
    said = context.git.run(context.path, *arguments, deadline=4, expected=(0, 128))
    return said.stdout.decode().split()


CHECK = Check(
    id="autostash",
    summary="no clean-up can take autostashed edits away",
    well="nothing is autostashed",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
