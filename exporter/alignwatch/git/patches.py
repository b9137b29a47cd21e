"""What commits change, so that the same change is known again in other commits.

A rebased or picked commit is another commit with the same patch: the same lines go and come in the same
files, between the same lines. ``git patch-id`` gives such patches one id. They can only be the same if
they concern the same files, and to compare those takes no look at contents.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git

_DIFF_TREE = ("diff-tree", "--stdin", "--root", "-r", "--no-renames")
_AT_ONCE = 20
"""So many patches are in memory at a time."""


class Patch(NamedTuple):
    """What a commit, which is no merge, changes: since its parent, or since another commit."""

    commit: str
    since: str = ""


def files_of(
    git: Git, repository: Path, patches: Sequence[Patch], deadline: float
) -> Iterator[tuple[str, frozenset[bytes]]]:
    """The commit of each patch that is not empty, with the paths of its files.

    Args:
        git: runs it.
        repository: the repository.
        patches: of commits that exist.
        deadline: seconds.

    Raises:
        GitError: git could not tell of all.
    """
    arguments = (*_DIFF_TREE, "--raw", "-z")
    with git.fields(repository, *arguments, deadline=deadline, stdin=_lines(patches), nice=True) as fields:
        commit, paths = "", set[bytes]()
        for field in fields:
            # A commit's id, or ":100644 100644 <id> <id> M" with its path in the next field.
            if field.startswith(b":"):
                paths.add(next(fields))
                continue
            if paths:
                yield commit, frozenset(paths)
            commit, paths = field.decode("ascii"), set()
        if paths:
            yield commit, frozenset(paths)


def patch_ids(git: Git, repository: Path, patches: Sequence[Patch], deadline: float) -> dict[str, str]:
    """The patch id of each commit; empty patches have none.

    Args:
        git: runs it.
        repository: the repository.
        patches: at most one of each commit.
        deadline: seconds for each command, of which there are two for a handful of patches.

    Raises:
        GitError: git could not tell of all.
    """
    found: dict[str, str] = {}
    # Full ids stand for the contents of binary files. Drivers of the repository's are commands.
    arguments = (*_DIFF_TREE, "--patch", "--full-index", "--no-ext-diff", "--no-textconv")
    for start in range(0, len(patches), _AT_ONCE):
        some = _lines(patches[start : start + _AT_ONCE])
        text = git.run(repository, *arguments, deadline=deadline, stdin=some, nice=True).stdout
        ids = git.run(repository, "patch-id", "--stable", deadline=deadline, stdin=text, nice=True).stdout
        found |= {commit: patch for patch, commit in map(str.split, ids.decode("ascii").splitlines())}
    return found


def _lines(patches: Sequence[Patch]) -> bytes:
    return "".join(f"{' '.join(patch).rstrip()}\n" for patch in patches).encode()
