"""Which files of a merge are not as git would have merged them: what did somebody decide about?"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from alignwatch.git.blobs import FILE_MODES
from alignwatch.primaries.inquiry import Inquiry
from alignwatch.primaries.remerge import Remerge, Stages

MOST_FILES = 10_000
"""More than so many in one merge are not looked at."""


class TooMuchError(Exception):
    """There is more to read than we are willing to."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One file decided about; ids of blobs."""

    automatic: str | None
    """As git would have merged it; None where it is in conflict, or would not be there."""
    stages: Stages
    """Where it is in conflict."""
    made: frozenset[str]
    """As it is in the merge, and where the primary is now."""

    @property
    def blobs(self) -> frozenset[str]:
        """All of them."""
        automatic = () if self.automatic is None else (self.automatic,)
        return self.made.union(automatic, self.stages.blobs)


def decisions(inquiry: Inquiry, again: Remerge, merge: str, tip: str) -> dict[bytes, Decision]:
    """The files decided about, by path.

    Args:
        inquiry: where to ask.
        again: the merge as git does it.
        merge: the merge as it was made.
        tip: where the primary is now.

    Raises:
        TooMuchError: there are more than :data:`MOST_FILES`.
        GitError: git could not tell.
    """
    automatic = _automatic(inquiry, again, merge)
    paths = automatic.keys() | again.conflicted.keys()
    made: dict[bytes, set[str]] = {path: set() for path in paths}
    for commit in {merge, tip}:
        for path, blob in _blobs_at(inquiry, commit, paths):
            made[path].add(blob)
    return {
        path: Decision(
            None if path in again.conflicted else automatic[path],
            again.conflicted.get(path, Stages()),
            frozenset(made[path]),
        )
        for path in paths
    }


def _automatic(inquiry: Inquiry, again: Remerge, merge: str) -> Mapping[bytes, str | None]:
    """The files that differ from git's merge, as they are in that."""
    found: dict[bytes, str | None] = {}
    arguments = ("diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", again.tree, merge)
    with inquiry.fields(*arguments) as fields:
        for entry, path in zip(fields, fields, strict=True):
            mode, _, blob, *_ = entry.decode("ascii").lstrip(":").split(" ")
            if len(found) <= MOST_FILES:
                found[path] = blob if mode in FILE_MODES else None
    if len(found) > MOST_FILES:
        raise TooMuchError
    return found


def _blobs_at(inquiry: Inquiry, commit: str, paths: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
    with inquiry.fields("ls-tree", "-r", "-z", commit) as entries:
        for entry in entries:
            described, _, path = entry.partition(b"\t")
            mode, _, blob = described.decode("ascii").split(" ")
            if path in paths and mode in FILE_MODES:
                yield path, blob
