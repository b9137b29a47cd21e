"""Did commits of one primary come into another that it must never be merged with?

A primary's own line is what its first parents lead to, less what the move began with. An ordinary feature
branch that both sides merge is on neither's line. One that a primary was merely moved forward to is on its
line, and counts as its own.

Where one primary is set to the other's place, both seem to bring the other's line. So what is new in the
moved one's own line is its own, unless the other had it at the last look.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alignwatch.git.commits import is_ancestor, parents_of
from alignwatch.primaries.finding import NEVER_MERGE, Finding, Paths, counted, finding, short
from alignwatch.primaries.history import paths_between
from alignwatch.primaries.inquiry import Inquiry, Move

_LONGEST_LINE = 20_000
"""The merge that did it is looked for among so many of the newest commits."""


@dataclass(frozen=True, slots=True)
class Opposite:
    """The other one of a pair that must never be merged."""

    name: str
    judged: str | None
    """Where it was at the last look; None if it was not there."""
    tip: str
    """Where it is."""


def mixed(inquiry: Inquiry, move: Move, base: str | None, others: Sequence[Opposite]) -> Iterator[Finding]:
    """Tells what came from which of the others, and by which commit."""
    if not others:
        return
    span = _span(base, move.new)
    line = inquiry.ids("rev-list", "--first-parent", f"--max-count={_LONGEST_LINE}", *span)[::-1]
    for other in others:
        judged = _brought(inquiry, base, move.new, other.judged) if other.judged else None
        found = judged or _brought(inquiry, base, move.new, other.tip)
        if found is None or (judged is None and found[1] in line):
            continue
        count, newest = found
        culprit = _culprit(inquiry, line, newest) or move.new
        commits = counted(count, "commit")
        detail = f"{commits} of {other.name!r}'s own line came into it, the newest {short(newest)}"
        yield finding(NEVER_MERGE, culprit, Paths(_changed_by(inquiry, culprit)), detail)


def _span(base: str | None, tip: str) -> tuple[str, ...]:
    return (tip,) if base is None else (tip, f"^{base}")


def _brought(inquiry: Inquiry, base: str | None, new: str, line: str) -> tuple[int, str] | None:
    """How many commits of a line the new tip has and the base lacks, and the newest of them.

    What a commit reaches of a line is its older part: two counts tell where that begins.
    """
    own = _own(inquiry, line, base)
    lacking = _own(inquiry, line, base, new)
    if own == lacking:
        return None
    (newest,) = inquiry.ids(
        "rev-list", "--first-parent", f"--skip={lacking}", "--max-count=1", *_span(base, line)
    )
    return own - lacking, newest


def _own(inquiry: Inquiry, line: str, *without: str | None) -> int:
    others = [f"^{one}" for one in without if one is not None]
    return int(inquiry.ask("rev-list", "--first-parent", "--count", line, *others))


def _culprit(inquiry: Inquiry, line: Sequence[str], newest: str) -> str | None:
    """The first commit of the line, the oldest first, that contains another."""

    def contains(commit: str) -> bool:
        return is_ancestor(inquiry.git, inquiry.folder, newest, commit, inquiry.left)

    position = bisect_left(line, True, key=contains)
    return line[position] if position < len(line) else None


def _changed_by(inquiry: Inquiry, commit: str) -> Iterator[bytes]:
    parents = parents_of(inquiry.git, inquiry.folder, commit, inquiry.left)
    if parents:
        yield from paths_between(inquiry, parents[0], commit)
