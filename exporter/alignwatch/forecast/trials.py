"""Merges tried out in slices of time and remembered by pair of commits: the engine of both forecasts."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol

from alignwatch.forecast.memory import Known, Memory, Pair
from alignwatch.git.command import Git
from alignwatch.git.merge_tree import Merge, try_merges
from alignwatch.git.shadow import Shadow, ShadowInUseError
from alignwatch.state_dir import name_in_cache

RETRY_SECONDS = 3600.0
"""A pair that could not be tried is left alone for so long."""
_RUN_SECONDS = 2.0
"""One run of git is given merges for about so long: what it wrote is removed after each."""
_RUN_LIMIT = 16
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Standing(Generic[Known]):
    """What is known of some pairs."""

    known: Mapping[Pair, Known]
    pending: int
    """Those still to be tried."""
    failed: int
    """Those that could not be tried, for now."""
    problem: str | None
    """Why, for one of them, for people."""


@dataclass(frozen=True, slots=True)
class Slice(Generic[Known]):
    """One stretch of work."""

    repository: Path
    """The shadow in which git runs."""
    known: dict[Pair, Known]
    """Grows."""
    failed: dict[Pair, tuple[float, str]]
    """When (monotonic), and why. Grows."""
    seconds: float
    ends: float
    """Monotonic."""

    @property
    def seconds_left(self) -> float:
        """Negative when time is up."""
        return self.ends - time.monotonic()

    def fail(self, pair: Pair, reason: str) -> None:
        """Notes that a pair cannot be tried."""
        self.failed[pair] = time.monotonic(), reason


class Question(Protocol[Known]):
    """What is asked of some pairs."""

    @property
    def pairs(self) -> Mapping[Pair, tuple[str, ...]]:
        """Each pair and the merge bases that an answer rests on, the most wanted first."""

    def settle(self, work: Slice[Known], left: Sequence[Pair]) -> None:
        """Enters what can be said of the pairs that are left without trying a merge.

        Raises:
            GitError: it could not be found out.
        """

    def answer(self, pair: Pair, merge: Merge) -> Known:
        """What a merge that was tried says."""


def recall(memory: Memory[Known], pairs: Collection[Pair]) -> Standing[Known]:
    """What is remembered of these pairs; nothing is tried."""
    known = memory.load()
    found = {pair: known[pair] for pair in pairs if pair in known}
    return Standing(found, pending=len(pairs) - len(found), failed=0, problem=None)


class Trials(Generic[Known]):
    """Knows what was tried in one repository, and tries what is left."""

    def __init__(self, git: Git, memory: Memory[Known], path: Path, cache_dir: Path) -> None:
        self._git = git
        self._memory = memory
        # One for all questions: they take turns.
        self._shadow = Shadow(cache_dir / name_in_cache("forecast", path), path)
        self._failed: dict[Pair, tuple[float, str]] = {}
        self._at_once = 1

    def advance(
        self,
        question: Question[Known],
        seconds: float,
        tell: Callable[[Standing[Known]], None] | None = None,
    ) -> Standing[Known]:
        """Goes on for so long, and says what is known then.

        A merge that, alone, does not end within half of that counts as failed.

        Args:
            question: what is asked.
            seconds: how long.
            tell: is told what is known after each run of git.

        Raises:
            GitError: git cannot do this here.
            OSError: the cache folder cannot be written.
        """
        ends = time.monotonic() + seconds
        pairs = question.pairs
        self._forget(pairs)
        known = self._load(pairs)
        if not self._left(pairs, known):
            return self._standing(pairs, known)
        try:
            with self._shadow.opened(next(iter(pairs))[0]) as repository:
                known = self._load(pairs)
                work = Slice(repository, known, self._failed, seconds, ends)
                try:
                    question.settle(work, self._left(pairs, known))
                    while self._try_some(question, work, self._left(pairs, known)):
                        if tell is not None:
                            tell(self._standing(pairs, known))
                finally:
                    self._memory.save(known, pairs)
        except ShadowInUseError:
            # Who has it may be at the same work, with the same memory.
            known = self._load(pairs)
        return self._standing(pairs, known)

    def _forget(self, current: Collection[Pair]) -> None:
        since = time.monotonic() - RETRY_SECONDS
        self._failed = {
            pair: failure for pair, failure in self._failed.items() if pair in current and failure[0] >= since
        }

    def _load(self, pairs: Mapping[Pair, tuple[str, ...]]) -> dict[Pair, Known]:
        """What is remembered; an answer that rests on other merge bases than now is none."""
        return {
            pair: one
            for pair, one in self._memory.load().items()
            if one.merge_bases == pairs.get(pair, one.merge_bases)
        }

    def _left(self, pairs: Collection[Pair], known: Mapping[Pair, Known]) -> list[Pair]:
        return [pair for pair in pairs if pair not in known and pair not in self._failed]

    def _standing(self, pairs: Collection[Pair], known: Mapping[Pair, Known]) -> Standing[Known]:
        found = {pair: known[pair] for pair in pairs if pair in known}
        failed = [self._failed[pair] for pair in pairs if pair in self._failed and pair not in known]
        return Standing(
            known=found,
            pending=len(pairs) - len(found) - len(failed),
            failed=len(failed),
            problem=failed[0][1] if failed else None,
        )

    def _try_some(self, question: Question[Known], work: Slice[Known], left: Sequence[Pair]) -> bool:
        """One run of git; False when there is nothing more to do, or no more time to do it in."""
        seconds = work.seconds_left
        if not left or seconds <= 0:
            return False
        some, began = left[: self._at_once], time.monotonic()
        merges = try_merges(self._git, work.repository, some, seconds)
        self._shadow.empty()
        for pair, merge in zip(some, merges.found, strict=False):
            work.known[pair] = question.answer(pair, merge)
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
        work.fail(some[len(merges.found)], str(merges.error))
        return True

    def _pace(self, merges: int, seconds: float) -> None:
        fitting = int(merges * _RUN_SECONDS / max(seconds, 0.001))
        self._at_once = max(1, min(fitting, _GROWTH * self._at_once, _RUN_LIMIT))
