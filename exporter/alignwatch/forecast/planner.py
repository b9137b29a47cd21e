"""Which merges into targets are worth trying, and in which order."""

from collections.abc import Mapping

from alignwatch.forecast.memory import Pair, Remembered
from alignwatch.forecast.rule import Move
from alignwatch.git.revisions import Drift
from alignwatch.snapshot import BranchState, DivergenceReading


def pairs_of(reading: DivergenceReading) -> list[Pair]:
    """The pairs of which a merge says something, the most recently active branch first.

    Merging does nothing where a branch has nothing of its own or its target nothing new, and cannot be
    tried where they share no history.
    """
    behind = [branch for branch in reading.branches if branch.state is BranchState.BEHIND]
    behind.sort(key=lambda branch: (-(branch.tip_time or 0), branch.name))
    return list(dict.fromkeys((branch.tip, reading.target_tips[branch.target]) for branch in behind))


def moves_of(
    pairs: Mapping[Pair, tuple[str, ...]], known: Mapping[Pair, Remembered]
) -> dict[Move, Remembered]:
    """Of pairs without a verdict, those that had one before their target moved, and that verdict.

    Args:
        pairs: each with its merge bases.
        known: the verdicts on other pairs.
    """
    before = {(one.tip, one.merge_bases): one for one in known.values()}
    found: dict[Move, Remembered] = {}
    for (tip, target), bases in pairs.items():
        old = before.get((tip, bases))
        if old is not None:
            found[Move(old.target, target, bases, tip)] = old
    return found


def bases_of(drift: Drift) -> tuple[str, ...]:
    """The merge bases in an order that does not depend on the walk."""
    return tuple(sorted(drift.merge_bases))
