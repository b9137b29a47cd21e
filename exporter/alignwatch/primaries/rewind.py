"""Was a primary moved forward, or are commits gone from it?"""

from dataclasses import dataclass

from alignwatch.git.commits import existing_commits, is_shallow
from alignwatch.primaries.finding import REWOUND, Finding, Paths, counted, finding, short
from alignwatch.primaries.history import paths_between
from alignwatch.primaries.inquiry import Inquiry, Move


class CutOffError(Exception):
    """History was cut off when it was fetched: whether commits are gone cannot be told."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the new tip has of the old one's history."""

    base: str | None
    """The newest commit that both have: what the move began with. None where they have none in common."""
    rewound: Finding | None


def past_of(inquiry: Inquiry, move: Move) -> Past | None:
    """Compares both histories.

    Returns:
        None where the old tip is not in the repository any more, so that nothing can be compared with it.

    Raises:
        CutOffError: the repository is a shallow clone, and this is its doing, perhaps.
        GitError: git could not tell.
    """
    there = existing_commits(inquiry.git, inquiry.folder, [move.old], inquiry.left)
    count, oldest = _gone(inquiry, move) if there else (0, None)
    if there and oldest is None:
        return Past(move.old, None)
    if is_shallow(inquiry.git, inquiry.folder, inquiry.left):
        raise CutOffError
    if oldest is None:
        return None
    bases = inquiry.ask("merge-base", move.old, move.new, expected=(0, 1)).decode("ascii").split()
    detail = (
        f"{counted(count, 'commit')} of {short(move.old)} gone from it, the oldest {short(oldest)}; "
        f"it is at {short(move.new)} now"
    )
    changed = Paths(paths_between(inquiry, move.old, move.new))
    return Past(bases[0] if bases else None, finding(REWOUND, oldest, changed, detail))


def vanished(move: Move) -> Finding:
    """What is said when the old tip is not in the repository any more."""
    detail = (
        f"it was at {short(move.old)}, which is not in the repository any more; "
        "what is gone with it, and what else was done, cannot be told"
    )
    return finding(REWOUND, move.new, Paths(), detail)


def _gone(inquiry: Inquiry, move: Move) -> tuple[int, str | None]:
    count, oldest = 0, None
    with inquiry.git.lines(
        inquiry.folder, "rev-list", "--topo-order", f"{move.new}..{move.old}", deadline=inquiry.left
    ) as lines:
        for line in lines:
            count, oldest = count + 1, line
    return count, None if oldest is None else oldest.decode("ascii").rstrip()
