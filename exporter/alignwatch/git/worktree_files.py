"""What git's own files say about one work tree, read without starting git.

For those who are done in a millisecond or must not import much; links of git's (``.git`` files,
``commondir``, symbolic refs, packed refs) are followed as gitrepository-layout(5) describes them.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MARKERS = ("rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_HEADS = "refs/heads/"
_BRANCHES = (_HEADS, "refs/remotes/")
_REFTABLE = "refs/heads/.invalid"
"""What HEAD holds where refs are not kept in files."""


class GitFolders(NamedTuple):
    """Where git keeps what concerns one work tree. Free of symbolic links."""

    git_dir: Path
    """HEAD and operations in progress of this work tree."""
    common_dir: Path
    """Refs and objects, shared by all work trees."""


class WorktreeState(NamedTuple):
    """Where one work tree stands."""

    branch: str | None
    """The branch that is checked out or being rebased; None where there is none or it cannot be read."""
    head: tuple[str, str] | None
    """What HEAD holds and the object id that it leads to; None where the latter is unknown."""
    tip: str | None
    """The object id of the branch that was asked for, else of :attr:`branch`; None where unknown."""
    in_progress: frozenset[str]
    """Names of the files and folders that stand while something is in progress."""


def find_git_folders(start: Path) -> GitFolders | None:
    """The folders of the repository that a folder is in, or is; None outside any."""
    start = start.resolve()
    return next(filter(None, map(git_folders, (start, *start.parents))), None)


def git_folders(folder: Path) -> GitFolders | None:
    """The folders of the repository whose work tree or git directory this is; None if it is neither."""
    for git_dir in (_pointed_to(folder / ".git"), folder):
        common_dir = git_dir / _first_line(git_dir / "commondir")
        if _readable(git_dir / "HEAD") and _readable(common_dir / "objects"):
            return GitFolders(git_dir.resolve(), common_dir.resolve())
    return None


def read_state(folders: GitFolders, branch: str | None = None) -> WorktreeState:
    """Where the work tree of these folders stands, and a branch besides; what cannot be read is None."""
    content = _first_line(folders.git_dir / "HEAD")
    object_id = _resolve(folders.common_dir, content)
    checked_out = _branch(folders.git_dir, content)
    asked = branch or checked_out
    return WorktreeState(
        branch=checked_out,
        head=(content, object_id) if object_id else None,
        tip=_resolve(folders.common_dir, f"ref: {_HEADS}{asked}") if asked else None,
        in_progress=frozenset(name for name in _MARKERS if os.path.lexists(folders.git_dir / name)),
    )


def find_tip(folders: GitFolders, name: str) -> str | None:
    """The object id of a branch or, as in ``origin/main``, of a remote's; None where there is none."""
    for prefix in _BRANCHES:
        if object_id := _resolve(folders.common_dir, f"ref: {prefix}{name.removeprefix(prefix)}"):
            return object_id
    return None


def _pointed_to(dot_git: Path) -> Path:
    """Where ``.git`` leads: itself, or for a linked work tree or submodule the folder it names."""
    named = _first_line(dot_git).removeprefix("gitdir: ")
    return dot_git.parent / named if named else dot_git


def _branch(git_dir: Path, head: str) -> str | None:
    # HEAD is detached while a rebase is at work, which notes the branch.
    notes = (git_dir / "rebase-merge" / "head-name", git_dir / "rebase-apply" / "head-name")
    for ref in (*map(_first_line, notes), head.removeprefix("ref: ")):
        if ref.startswith(_HEADS) and ref != _REFTABLE:
            return ref.removeprefix(_HEADS)
    return None


def _resolve(common_dir: Path, content: str) -> str | None:
    """The object id that the content of a ref leads to."""
    for _ in range(5):  # As far as git follows symbolic refs.
        if not content.startswith("ref: "):
            return content or None
        ref = content.removeprefix("ref: ")
        if not ref.startswith("refs/") or ".." in ref:
            return None
        content = _first_line(common_dir / ref) or _packed(common_dir, ref)
    return None


def _packed(common_dir: Path, ref: str) -> str:
    with suppress(OSError, ValueError):
        for line in (common_dir / "packed-refs").read_bytes().splitlines():
            object_id, _, name = line.partition(b" ")
            if name == os.fsencode(ref):
                return object_id.decode("ascii", "replace")
    return ""


def _first_line(path: Path) -> str:
    """Empty where there is no such file, and where no file can have such a name."""
    with suppress(OSError, ValueError):
        return os.fsdecode(path.read_bytes().partition(b"\n")[0])
    return ""


def _readable(path: Path) -> bool:
    # Path.exists() raises where a folder above is closed to us.
    return os.access(path, os.R_OK)
