"""Which branch an operation aligns, and to what.

===========================  ====================  ===========================================
command                      branch                target
===========================  ====================  ===========================================
``rebase U``                 the checked-out one   U
``rebase --onto N U B``      B                     N
``merge X``                  the checked-out one   X
``merge X`` on a primary,    X                     the primary: X lands on it
X being none
``pull R X``                 the checked-out one   X
``pull``                     the checked-out one   the branch of the remote that git fetched for it
``cherry-pick``, ``revert``, the checked-out one   itself where it is a primary, else the
``am``                                             repository's first primary
===========================  ====================  ===========================================

A word such as ``HEAD~3`` names no branch, and leaves the target unknown.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from alignwatch.git.worktree_files import GitFolders, read_state
from alignwatch.operation import Kind

_FETCHED = re.compile(rb"[0-9a-f]+\t\tbranch '([^']+)' of ")
_REF_PREFIXES = ("refs/heads/", "refs/remotes/")
_NO_BRANCH = re.compile(r"[~^:\s]|@\{|^@$|^-|HEAD$|^[0-9a-f]{7,64}$")
_TICK_SECONDS = 0.01
"""By so much, a tick of the kernel's clock, a file's time may be too early."""
_NAMES_NO_OTHER = frozenset((Kind.CHERRY_PICK, Kind.REVERT, Kind.AM))


class Sides(NamedTuple):
    """Both empty where unknown."""

    branch: str
    target: str


def sides(kind: Kind, checked_out: str, other: str, primaries: Sequence[str]) -> Sides:
    """Which is which, by the table above.

    Args:
        kind: what was done.
        checked_out: the branch on which it was done.
        other: the branch that was named, see :func:`named_branch`.
        primaries: the repository's.
    """
    if kind in _NAMES_NO_OTHER:
        return Sides(checked_out, checked_out if checked_out in primaries else primaries[0])
    if kind is Kind.MERGE and checked_out in primaries and other and other not in primaries:
        return Sides(other, checked_out)
    return Sides(checked_out, other)


def named_branch(word: str, primaries: Sequence[str], folders: GitFolders | None) -> str:
    """The branch that a word of a command line means, without the remote's name; empty if it means none."""
    for prefix in _REF_PREFIXES:
        word = word.removeprefix(prefix)
    for name in (word, word.partition("/")[2]):
        if name in primaries or (name and folders and read_state(folders, name).tip):
            return name
    # It may have been deleted since.
    return "" if _NO_BRANCH.search(word) else word


def fetched_branch(folders: GitFolders, started: float, ended: float) -> str:
    """The branch of the remote that a pull fetched in order to merge it; empty where it cannot be told."""
    path = folders.git_dir / "FETCH_HEAD"
    with suppress(OSError):
        if started - _TICK_SECONDS <= path.stat().st_mtime <= ended:
            match = _FETCHED.match(path.read_bytes())
            return os.fsdecode(match[1]) if match else ""
    return ""
