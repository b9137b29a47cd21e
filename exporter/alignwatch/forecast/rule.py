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
from itertools import chain, islice
from pathlib import Path

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
        return _union([self.before, self.move])


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
            # It is the next one's files that are damaged; the others may be sound.
            if judged < len(left):
                yield left[judged], False
                judged += 1
        left = left[judged:]


@dataclass(frozen=True, slots=True)
class _Questions:
    """The comparisons that one move needs, less those that the one before needed too."""

    move: list[Pair]
    target: list[Pair]
    branch: list[Pair]


def _questions(moves: Iterable[Move]) -> Iterator[_Questions]:
    last: Move | None = None
    for one in moves:
        old, new, bases = one.old_target, one.new_target, one.merge_bases
        same_move = last is not None and (last.old_target, last.new_target) == (old, new)
        same_bases = same_move and last is not None and last.merge_bases == bases
        yield _Questions(
            move=[] if same_move else [(old, new)],
            target=[] if same_bases else [(base, old) for base in bases],
            branch=[(base, one.tip) for base in bases],
        )
        last = one


def _judge(
    git: Git, repository: Path, moves: Sequence[Move], trees: Mapping[str, str], deadline: float
) -> Iterator[bool]:
    """For each move, in order, until git fails."""
    questions = list(_questions(moves))
    asked = [pair for one in questions for pair in (*one.move, *one.target, *one.branch)]
    pairs = [(trees[older], trees[newer]) for older, newer in asked]
    with comparing(git, repository, pairs, max(deadline, 0.01)) as changes:
        for one, question in zip(moves, questions, strict=True):
            ...
