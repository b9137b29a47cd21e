"""The forecast of one repository, got on with in slices of time."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignwatch.forecast.memory import Memory, Pair, Remembered
from alignwatch.forecast.planner import bases_of, moves_of, pairs_of
from alignwatch.forecast.rule import still_hold
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import try_merges
from alignwatch.git.revisions import Drift
from alignwatch.git.shadow import Shadow, ShadowInUseError
from alignwatch.snapshot import DivergenceReading, ForecastReading
from alignwatch.state_dir import name_in_cache

RETRY_SECONDS = 3600.0
"""A pair that could not be tried is left alone for so long."""
_RUN_SECONDS = 2.0
"""One run of git is given merges for about so long: what it wrote is removed after each."""
_RUN_LIMIT = 64
_GROWTH = 4

Failures = Mapping[Pair, tuple[float, str]]
"""When (monotonic), and why."""
Tell = Callable[[ForecastReading], None]


def recall(reading: DivergenceReading, path: Path, cache_dir: Path) -> ForecastReading:
    """What is remembered of a repository's branches; nothing is tried."""
    return _summary(pairs_of(reading), Memory(path, cache_dir).load(), {})


def _summary(pairs: Sequence[Pair], known: Mapping[Pair, Remembered], failures: Failures) -> ForecastReading:
    verdicts = {pair: known[pair].verdict for pair in pairs if pair in known}
    failed = [failures[pair] for pair in pairs if pair in failures and pair not in known]
    return ForecastReading(
        verdicts=verdicts,
        pending=len(pairs) - len(verdicts) - len(failed),
        failed=len(failed),
        problem=failed[0][1] if failed else None,
    )


@dataclass(frozen=True, slots=True)
class _Slice:
    """One stretch of work."""

    repository: Path
    """The shadow in which git runs."""
    drifts: Mapping[Pair, Drift]
    known: dict[Pair, Remembered]
    """Grows."""
    seconds: float
    ends: float
    """Monotonic."""

    @property
    def seconds_left(self) -> float:
        return self.ends - time.monotonic()


class Forecaster:
    """Knows what was tried, and tries what is left, one merge at a time."""

    def __init__(self, git: Git, path: Path, cache_dir: Path) -> None:
        self._git = git
        self._memory = Memory(path, cache_dir)
        self._shadow = Shadow(cache_dir / name_in_cache("forecast", path), path)
        self._failed: dict[Pair, tuple[float, str]] = {}
        self._void: set[Pair] = set()
        """Pairs whose old verdict the rule of changed paths could not save."""
        self._at_once = 1

    def advance(
        self,
        reading: DivergenceReading,
        drifts: Mapping[Pair, Drift],
        seconds: float,
        tell: Tell = lambda reading: None,
    ) -> ForecastReading:
        """Goes on for so long, and says what is known then.

        A merge that, alone, does not end within half of that counts as failed.

        Args:
            reading: the branches as they are now.
            drifts: of each pair of commits in it.
            seconds: how long.
            tell: is told what is known after each run of git.

        Raises:
            GitError: git cannot do this here.
            OSError: the cache folder cannot be written.
        """
        ends = time.monotonic() + seconds
        pairs = pairs_of(reading)
        self._forget(set(pairs))
        known = self._memory.load()
        if not self._left(pairs, known):
            return _summary(pairs, known, self._failed)
        try:
            with self._shadow.opened(pairs[0][0]) as repository:
                known = self._memory.load()
                work = _Slice(repository, drifts, known, seconds, ends)
                try:
                    self._carry_over(work, self._left(pairs, known))
                    while self._try_some(work, self._left(pairs, known)):
                        tell(_summary(pairs, known, self._failed))
                finally:
                    self._memory.save(known, set(pairs))
        except ShadowInUseError:
            # Who has it is at the same work, with the same memory.
            known = self._memory.load()
        return _summary(pairs, known, self._failed)

    def _forget(self, current: Collection[Pair]) -> None:
        since = time.monotonic() - RETRY_SECONDS
        self._failed = {
            pair: failure for pair, failure in self._failed.items() if pair in current and failure[0] >= since
        }
        self._void &= set(current)

    def _left(self, pairs: Sequence[Pair], known: Mapping[Pair, Remembered]) -> list[Pair]:
        return [pair for pair in pairs if pair not in known and pair not in self._failed]

    def _carry_over(self, work: _Slice, pairs: Sequence[Pair]) -> None:
        """Takes over the verdicts that hold although the target moved; judging is ten times faster."""
        doubtful = [pair for pair in pairs if pair not in self._void]
        moves = moves_of(doubtful, work.drifts, work.known)
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

    def _try_some(self, work: _Slice, left: Sequence[Pair]) -> bool:
        """One run of git; False when there is nothing more to do, or no more time to do it in."""
        seconds = work.seconds_left
        if not left or seconds <= 0:
            return False
        some, began = left[: self._at_once], time.monotonic()
        merges = try_merges(self._git, work.repository, some, seconds)
        self._shadow.empty()
        for pair, verdict in zip(some, merges.verdicts, strict=False):
            work.known[pair] = Remembered(*pair, bases_of(work.drifts[pair]), verdict)
        if merges.error is None:
            self._pace(len(some), time.monotonic() - began)
            return True
        timeout = merges.error.reason == "timeout"
        if merges.killed and len(some) > 1:
            # Whose fault it was shows when they are tried again in smaller runs; time is for the next slice.
            self._at_once = 1
            return not timeout
        if timeout and seconds < work.seconds / 2:
            return False
        culprit = some[len(merges.verdicts)]
        self._failed[culprit] = time.monotonic(), str(merges.error)
        return True

    def _pace(self, merges: int, seconds: float) -> None:
        fitting = int(merges * _RUN_SECONDS / max(seconds, 0.001))
        self._at_once = max(1, min(fitting, _GROWTH * self._at_once, _RUN_LIMIT))
