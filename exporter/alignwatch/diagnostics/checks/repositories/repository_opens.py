"""Whether the repository can be read at all.

It is there, it is a git repository, its `HEAD` and its configuration can be read, and whoever runs this may
read them. That git refuses it because of its owner is told by `safe-directory`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import GitError

_CORRECT = "correct repositories[].path, or bring it back"


def _run(context: Context) -> Iterator[Finding]:
    closed = next((place for place in _places(context.path) if _is_closed(place)), None)
    if closed is not None:
        words = f"{closed} may not be read by this user"
        yield critical(words, "let this user read it", ("ls", "-ld", str(closed)), file=str(closed))
        return
    try:
        found = opened(context)
        context.git.run(context.path, "rev-parse", "--git-dir", deadline=4)
    except GitError as error:
        if error.reason == "missing":
            yield critical(str(error).partition(";")[0], _CORRECT)
        elif error.reason not in ("ownership", "no_git"):
            say = ("git", "-C", str(context.path), "rev-parse", "--git-dir")
            yield critical(str(error), "see what git says of it", say)
        return
    for one in found.worktrees[1:]:
        if one.folder is not None and not one.folder.exists():
            yield warning(
                f"the work tree {one.folder} is gone, and git still counts its branch as checked out",
                "have git forget it, unless it lies on a disk that is away",
                ("git", "-C", str(context.path), "worktree", "prune", "--verbose"),
                file=str(one.folder),
            )


def _places(path: Path) -> Iterator[Path]:
    """What git reads first, of a work tree and of a bare repository."""
    for folder in (path, path / ".git"):
        yield from (folder, folder / "HEAD", folder / "objects", folder / "refs")


def _is_closed(place: Path) -> bool:
    # What lies below a closed folder does not seem to be there.
    needed = os.R_OK | os.X_OK if os.path.isdir(place) else os.R_OK  # noqa: PTH112  # Path's raises
    return os.path.exists(place) and not os.access(place, needed)  # noqa: PTH110  # likewise


CHECK = Check(
    id="repository-opens",
    summary="the repository can be read",
    well="the repository can be read",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
