"""Were conflicts committed unresolved, and are they still there?

What is a conflict says :mod:`alignwatch.git.conflict_markers`. A file that came into being with them is
somebody's own: a test's, or a text about merging. So one that a squashed merge adds is missed.
"""

from collections.abc import Iterable, Iterator, Mapping

from alignwatch.git.conflict_markers import conflicted_files, conflicts_in
from alignwatch.primaries.finding import CONFLICT_MARKERS, Finding, Paths, counted, finding, unjudged
from alignwatch.primaries.history import Change, changes_in
from alignwatch.primaries.inquiry import Inquiry, Move

_MOST_ASKED = 200
"""Whose doing it is, is asked of so many files; nobody leaves conflicts in more at once."""


def conflicts_left(inquiry: Inquiry, move: Move, base: str | None) -> Iterator[Finding]:
    """Tells which commits left conflicts."""
    if base is None:
        return
    found = conflicted_files(inquiry.git, inquiry.folder, move.new, (base, base), inquiry.left, added=True)
    suspects = found.paths[:_MOST_ASKED]
    changes = list(changes_in(inquiry, base, move.new, suspects)) if suspects else []
    blobs = {blob for one in changes for blob in (one.blob, *one.sources) if blob is not None}
    conflicts = conflicts_in(inquiry.git, inquiry.folder, blobs, inquiry.left)
    culprits: dict[str, list[bytes]] = {}
    for path in suspects:
        culprit = _culprit(conflicts, [one for one in changes if one.path == path], move)
        if culprit is not None:
            culprits.setdefault(culprit, []).append(path)
    for commit, paths in culprits.items():
        detail = f"conflict markers left in {counted(len(paths), 'file')}"
        yield finding(CONFLICT_MARKERS, commit, Paths(paths), detail)
    if not found.complete or len(found.paths) > _MOST_ASKED:
        yield unjudged(move.new, "conflict markers: too many files to look at all of them")


def _culprit(conflicts: Mapping[str, int], changes: Iterable[Change], move: Move) -> str | None:
    """The last commit that gave a file more conflicts than it had; None if it came into being with them."""
    for change in changes:
        had = sum(conflicts.get(source, 0) for source in change.sources)
        if conflicts.get(change.blob or "", 0) > had:
            return change.commit if change.sources else None
    return move.new
