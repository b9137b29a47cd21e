"""Would two branches collide with each other if both landed?

Two branches collide where a merge of their tips conflicts in a file for what both did themselves, which is
where each differs from all its merge bases with its target. Between branches that left the target at far
apart places, most files in conflict are of another kind: the one branch changed them, and the other has
inherited what the target did to them. That is the first branch's conflict with its target, and forecast
as such. So what both did has to meet, and only then is a merge tried; nothing that counts is missed by that.
Branches of different targets do not land in one place, and are not compared.

Not covered: a file that one branch renamed into a folder which the other branch renamed.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from alignwatch.forecast.contenders import (
    Contender,
    Contenders,
    matches_of,
    own_changes,
    pair_of,
)
from alignwatch.forecast.memory import Memory, Pair, Remembered
from alignwatch.forecast.sides import clash, meet, of_both
from alignwatch.forecast.trials import Slice, Standing, Trials
from alignwatch.forecast.trials import recall as recall_trials
from alignwatch.git.changes import Changes
from alignwatch.git.command import Git
from alignwatch.git.merge_tree import Merge
from alignwatch.snapshot import Collision, CollisionsReading, Verdict

Tell = Callable[[CollisionsReading], None]


class Compared(Remembered, frozen=True, array_like=True):
    """The verdict on two branches; its merge bases are those of either with its target."""

    met: bool
    """Whether they touch the same files, so that a merge had to be tried."""


def collided(merge: Merge, one: Changes, other: Changes) -> tuple[bytes, ...] | None:
    """The files in which two branches collide; None where they do not.

    Args:
        merge: of their tips.
        one: what the one did itself.
        other: what the other did.
    """
    paths = of_both(merge.conflicts, one, other)
    # Folders that were renamed in two ways conflict without a file.
    without_files = not merge.clean and not merge.conflicts and clash(one, other)
    return tuple(paths) if paths or without_files else None


def recall(contenders: Contenders, path: Path, cache_dir: Path) -> CollisionsReading:
    """What is remembered of a repository's branches; nothing is tried, and no merge base is looked at."""
    return _reading(contenders, recall_trials(_memory(path, cache_dir), matches_of(contenders)))


def _memory(path: Path, cache_dir: Path) -> Memory[Compared]:
    return Memory("collisions", list[Compared], path, cache_dir)


class Collider:
    """Knows which branches of one repository collide, and finds out what is left."""

    def __init__(self, git: Git, path: Path, cache_dir: Path) -> None:
        self._git = git
        self._trials = Trials(git, _memory(path, cache_dir), path, cache_dir)

    def advance(self, contenders: Contenders, seconds: float, tell: Tell | None = None) -> CollisionsReading:
        """Goes on for so long, and says what is known then.

        Args:
            contenders: the branches to be tried against each other.
            seconds: how long; as :meth:`Trials.advance`.
            tell: is told what is known after each run of git.

        Raises:
            GitError: git cannot do this here.
            OSError: the cache folder cannot be written.
        """
        question = _AgainstEachOther(self._git, matches_of(contenders))
        tell_standing = None if tell is None else lambda standing: tell(_reading(contenders, standing))
        return _reading(contenders, self._trials.advance(question, seconds, tell_standing))


def _reading(contenders: Contenders, standing: Standing[Compared]) -> CollisionsReading:
    found: list[Collision] = []
    unknown: set[str] = set()
    for (one, left), (other, right) in combinations(contenders.items(), 2):
        pair = pair_of(left, right)
        if pair is None:
            continue
        known = standing.known.get(pair)
        if known is None:
            unknown |= {one, other}
        elif not known.verdict.clean:
            found.append(Collision(one, other, left.target, known.verdict.conflict_files))
    counts = Counter(branch for collision in found for branch in (collision.one, collision.other))
    return CollisionsReading(
        partners={
            (name, contender.tip): counts[name]
            for name, contender in contenders.items()
            if name not in unknown
        },
        collisions=tuple(found),
        done=sum(one.met for one in standing.known.values()),
        pending=standing.pending,
        failed=standing.failed,
        problem=standing.problem,
    )


class _AgainstEachOther:
    """Merges of branches with each other."""

    def __init__(self, git: Git, matches: Mapping[Pair, tuple[Contender, Contender]]) -> None:
        self._git = git
        self._matches = matches
        self._changes: dict[Contender, Changes] = {}
        self.pairs = {pair: (*one.merge_bases, *other.merge_bases) for pair, (one, other) in matches.items()}

    def settle(self, work: Slice[Compared], left: Sequence[Pair]) -> None:
        """Tells the pairs that do not meet from those that have to be tried."""
        asked = (contender for pair in left for contender in self._matches[pair])
        self._changes = own_changes(self._git, work.repository, asked, max(work.seconds_left, 0.01))
        for pair in left:
            one, other = map(self._changes.get, self._matches[pair])
            if one is None or other is None:
                work.fail(pair, f"what {' or '.join(pair)} changed cannot be read")
            elif not meet(one, other):
                work.known[pair] = Compared(*pair, self.pairs[pair], Verdict(True, 0), met=False)

    def answer(self, pair: Pair, merge: Merge) -> Compared:
        """The merge's verdict, in what both branches did."""
        one, other = self._matches[pair]
        paths = collided(merge, self._changes[one], self._changes[other])
        verdict = Verdict(True, 0) if paths is None else Verdict(False, len(paths))
        return Compared(*pair, self.pairs[pair], verdict, met=True)
