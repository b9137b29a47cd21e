"""What became of a primary's files: which are empty now, and which are gone?

A file is emptied when it had content and has none; that a new one is empty means nothing. One that is moved
and emptied at once counts as gone.

It is a mass deletion when at least :data:`FEWEST_GONE` files are gone, and these are either
:data:`SHARE_GONE` of all that there were or :data:`MANY_GONE`. A file that git finds again under another name
is not gone. Beyond :data:`_RENAMES` files on each side git compares no contents: then as many as were added
count as found again.

Of the steps of ipython's main line (8,604), of requests' (2,662) and of two of the owner's primaries (816),
0, 1 and 6 emptied files (one of them 126, another 38), and 4, 4 and 11 were mass deletions. Those in the
first two were meant: parts that had become projects of their own.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from alignwatch.git.blobs import FILE_MODES
from alignwatch.git.command import GitError
from alignwatch.primaries.finding import EMPTIED, MASS_DELETION, Finding, Paths, counted, finding
from alignwatch.primaries.history import Change, changes_in
from alignwatch.primaries.inquiry import Inquiry, Move

FEWEST_GONE = 20
SHARE_GONE = 0.1
MANY_GONE = 200

EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""The object ids of nothing: SHA-1 and SHA-256."""
_RENAMES = 1000


class _Fate(NamedTuple):
    """What happened to files between two commits."""

    emptied: Paths
    gone: Paths
    added: Paths

    @property
    def gone_for_good(self) -> int:
        """Files that were not merely moved."""
        unlikely = self.gone.count * self.added.count > _RENAMES**2
        return self.gone.count - self.added.count if unlikely else self.gone.count


def files_lost(inquiry: Inquiry, move: Move, base: str | None) -> Iterator[Finding]:
    """Tells what became of the files that there were."""
    if base is None:
        return
    fate = _fate(inquiry, base, move.new)
    if fate.emptied.count:
        culprit = _culprit(inquiry, move, base, fate.emptied, lambda one: one.blob in EMPTY_BLOBS)
        detail = f"{counted(fate.emptied.count, 'file')} that had content, and no byte now"
        yield finding(EMPTIED, culprit, fate.emptied, detail)
    gone = fate.gone_for_good
    if gone >= FEWEST_GONE:
        total = _number_of_files(inquiry, base)
        if gone >= MANY_GONE or gone >= SHARE_GONE * total:
            culprit = _culprit(inquiry, move, base, fate.gone, lambda one: one.blob is None)
            detail = f"{gone} of its {total} files deleted"
            yield finding(MASS_DELETION, culprit, fate.gone, detail)


def _fate(inquiry: Inquiry, base: str, new: str) -> _Fate:
    fate = _Fate(Paths(), Paths(), Paths())
    arguments = ("diff-tree", "-r", "-M", f"-l{_RENAMES}", "--raw", "-z", "--no-abbrev", base, new)
    with inquiry.fields(*arguments) as fields:
        for entry in fields:
            mode_before, mode, before, after, what = entry.decode("ascii").lstrip(":").split(" ")
            path = next(fields)
            if what.startswith("R"):
                next(fields)
            elif what == "D":
                fate.gone.add(path)
            elif what == "A":
                fate.added.add(path)
            elif {mode_before, mode} <= FILE_MODES and after in EMPTY_BLOBS and before not in EMPTY_BLOBS:
                fate.emptied.add(path)
    return fate


def _number_of_files(inquiry: Inquiry, commit: str) -> int:
    with inquiry.fields("ls-tree", "-r", "--name-only", "-z", commit) as paths:
        return sum(1 for _ in paths)


def _culprit(inquiry: Inquiry, move: Move, base: str, paths: Paths, did: Callable[[Change], bool]) -> str:
    """The commit that did it to most of the first of these files; the new tip where that cannot be told."""
    last: dict[bytes, str] = {}
    try:
        for change in changes_in(inquiry, base, move.new, paths.first):
            if did(change):
                last.setdefault(change.path, change.commit)
    except GitError:
        return move.new
    most = Counter(last.values()).most_common(1)
    return most[0][0] if most else move.new
