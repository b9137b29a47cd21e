"""Would each branch of one repository conflict with its target?"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from alignwatch.forecast.memory import Memory, Pair, Remembered
from alignwatch.forecast.planner import bases_of, moves_of, pairs_of
from alignwatch.forecast.rule import still_hold
from alignwatch.forecast.trials import Slice, Standing, Trials
from alignwatch.forecast.trials import recall as recall_trials
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merge
from alignwatch.git.revisions import Drift
from alignwatch.snapshot import DivergenceReading, ForecastReading

Tell = Callable[[ForecastReading], None]


def recall(reading: DivergenceReading, path: Path, cache_dir: Path) -> ForecastReading:
    """What is remembered of a repository's branches; nothing is tried."""
    return _reading(recall_trials(_memory(path, cache_dir), pairs_of(reading)))


def _memory(path: Path, cache_dir: Path) -> Memory[Remembered]:
    return Memory("forecast", list[Remembered], path, cache_dir)


class Forecaster:
    """Knows which branches would conflict, and finds out what is left."""

    def __init__(self, git: Git, path: Path, cache_dir: Path) -> None:
        self._git = git
        self._trials = Trials(git, _memory(path, cache_dir), path, cache_dir)
        self._void: set[Pair] = set()
        """Pairs whose old verdict the rule of changed paths could not save."""

    def advance(
        self,
        reading: DivergenceReading,
        drifts: Mapping[Pair, Drift],
        seconds: float,
        tell: Tell | None = None,
    ) -> ForecastReading:
        """Goes on for so long, and says what is known then.

        Args:
            reading: the branches as they are now.
            drifts: of each pair of commits in it.
            seconds: how long; as :meth:`Trials.advance`.
            tell: is told what is known after each run of git.

        Raises:
            GitError: git cannot do this here.
            OSError: the cache folder cannot be written.
        """
        pairs = {pair: bases_of(drifts[pair]) for pair in pairs_of(reading)}
        self._void &= pairs.keys()
        question = _IntoTargets(self._git, pairs, self._void)
        tell_standing = None if tell is None else lambda standing: tell(_reading(standing))
        return _reading(self._trials.advance(question, seconds, tell_standing))


def _reading(standing: Standing[Remembered]) -> ForecastReading:
    return ForecastReading(
        verdicts={pair: one.verdict for pair, one in standing.known.items()},
        pending=standing.pending,
        failed=standing.failed,
        problem=standing.problem,
    )


class _IntoTargets:
    """Merges of branches into their targets."""

    def __init__(self, git: Git, pairs: Mapping[Pair, tuple[str, ...]], void: set[Pair]) -> None:
        self._git = git
        self.pairs = pairs
        self._void = void

    def settle(self, work: Slice[Remembered], left: Sequence[Pair]) -> None:
        """Takes over the verdicts that hold although the target moved; judging is ten times faster."""
        doubtful = {pair: self.pairs[pair] for pair in left if pair not in self._void}
        moves = moves_of(doubtful, work.known)
        if not moves:
            return
        try:
            for move, holds in still_hold(self._git, work.repository, moves, work.seconds_left):
                pair = move.tip, move.new_target
                if holds:
                    work.known[pair] = Remembered(*pair, move.merge_bases, moves[move].verdict)
                else:
                    self._void.add(pair)
        except GitError as error:
            if error.exit_code_of_git is not None:
                # Nothing is lost but time: they are tried.
                self._void.update(doubtful)
            elif error.reason != "timeout":
                raise

    def answer(self, pair: Pair, merge: Merge) -> Remembered:
        """The merge's verdict."""
        return Remembered(*pair, self.pairs[pair], merge.verdict)
