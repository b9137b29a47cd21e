"""The rule of changed paths: when a target moved, which verdicts still hold without another merge?

A merge compares what target and branch changed since their merge bases. If those are the same as before
and the target has since changed only paths that the branch leaves as they are, then on every path either
side differs from before only where the other does not differ from the bases. That settles all but
renames, which git finds by comparing what a side added with what it removed, and renamed folders, into
which it moves what the other side adds. So a target that added or removed anything, or changed what it
had added since the merge bases, must not have removed anything that the branch may have to follow; and
in the first case nothing that one side added may touch what the other added or removed.

Not covered: what only the merge of several merge bases would show (files that none of them has, or that
each got by renaming another one), and git's limit of 7,000 files in the search for renames.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, islice
from pathlib import Path

from alignwatch.forecast.sides import entangled, follows_renames, union
from alignwatch.git.changes import Changes, Pair, comparing, trees_of
from alignwatch.git.command import Git, GitError


@dataclass(frozen=True, slots=True)
class Move:
    """A branch whose target moved, with the same merge bases before and after. All are commits."""

    old_target: str
    new_target: str
    merge_bases: tuple[str, ...]
    tip: str

    @property
    def commits(self) -> tuple[str, ...]:
        """All of them."""
        return (self.old_target, self.new_target, *self.merge_bases, self.tip)


@dataclass(frozen=True)
class TargetMove:
    """How a target moved, seen from the merge bases that some branches have with it."""

    move: Changes
    """From the old target to the new one."""
    before: Changes
    """From any merge base to the old target."""
    merge_bases: int

    @cached_property
    def after(self) -> Changes:
        """From any merge base to the old or the new target."""
        return union([self.before, self.move])


def still_hold(
    git: Git, repository: Path, moves: Iterable[Move], deadline: float
) -> Iterator[tuple[Move, bool]]:
    """For each move, whether the old target's verdict holds for the new one; as many as time allows.

    What cannot be compared does not hold.

    Raises:
        GitError: out of time, or git could not be started.
    """
    ends = time.monotonic() + deadline
    # Branches with the same merge bases follow each other: what those changed is held in memory once.
    left = sorted(moves, key=lambda one: one.commits)
    trees = trees_of(git, repository, chain.from_iterable(one.commits for one in left), deadline)
    yield from ((one, False) for one in left if not trees.keys() >= set(one.commits))
    left = [one for one in left if trees.keys() >= set(one.commits)]
    while left:
        judged = 0
        try:
            for found in _judge(git, repository, left, trees, ends - time.monotonic()):
                yield left[judged], found
                judged += 1
        except GitError as error:
            if error.exit_code_of_git is None:
                raise
        if judged < len(left):
            # It is this one's files that are damaged; the others may be sound.
            yield left[judged], False
        left = left[judged + 1 :]


def _judge(
    git: Git, repository: Path, moves: Sequence[Move], trees: Mapping[str, str], deadline: float
) -> Iterator[bool]:
    """For each move, in order, until git fails."""
    asked = [(trees[older], trees[newer]) for older, newer in _comparisons(moves)]
    with comparing(git, repository, asked, max(deadline, 0.01)) as changes:
        for _, same_move in groupby(moves, key=_move):
            move = next(changes, Changes())
            for bases, same_bases in groupby(same_move, key=_merge_bases):
                target = TargetMove(move, union(list(islice(changes, len(bases)))), len(bases))
                for _ in same_bases:
                    branch = list(islice(changes, len(bases)))
                    if len(branch) < len(bases):
                        return
                    yield holds(target, union(branch))


def _comparisons(moves: Iterable[Move]) -> Iterator[Pair]:
    """The comparisons that :func:`_judge` needs, in the order in which it does."""
    for (old, new), same_move in groupby(moves, key=_move):
        yield old, new
        for bases, same_bases in groupby(same_move, key=_merge_bases):
            yield from ((base, old) for base in bases)
            yield from ((base, one.tip) for one in same_bases for base in bases)


def _move(one: Move) -> Pair:
    return one.old_target, one.new_target


def _merge_bases(one: Move) -> tuple[str, ...]:
    return one.merge_bases


def holds(target: TargetMove, branch: Changes) -> bool:
    """Whether the verdict on a branch holds after its target moved.

    Args:
        target: how it moved.
        branch: what differs from any merge base in the branch.
    """
    move = target.move
    if not move.changed.isdisjoint(branch.changed):
        return False
    if move.added or move.removed:
        # Several merge bases are merged themselves first, which may yield files that none of them has.
        return target.merge_bases == 1 and not entangled(branch, target.after)
    return move.changed.isdisjoint(target.before.added) or not follows_renames(branch, target.before)
