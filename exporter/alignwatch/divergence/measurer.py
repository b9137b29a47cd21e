"""Measures pairs of commits, as few of them and in as few runs of git as it can."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from alignwatch.divergence.commit_graph import CommitGraph
from alignwatch.divergence.extension import extend, read_recent
from alignwatch.divergence.memory import Kept, Memory
from alignwatch.git.command import Git, GitError
from alignwatch.git.revisions import Drift, Environment, Pair, compare, walk
from alignwatch.git.tips import Tip, read_tips

RETRY_SECONDS = 300.0
"""What could not be measured is left alone for so long."""
_FEW = 10
"""Up to so many pairs are measured one by one, as long as that is quicker than a walk."""
_QUICK_SECONDS = 0.02
"""Nothing is quicker than a walk that takes no longer than this."""

Item = TypeVar("Item", bound=Pair | str)
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of what was asked for."""

    drifts: Mapping[Pair, Drift]
    tips: Mapping[str, Tip]
    """By commit."""
    problem: str | None
    """Why something is missing, for people."""
    commits: int
    """How many a walk of all branches meets."""


class Measurer:
    """Knows what was asked for last of one repository; measures what is new."""

    def __init__(self, git: Git, path: Path, cache_dir: Path | None) -> None:
        self._git = git
        self._path = path
        self._memory = Memory(path, cache_dir)
        self._graph = CommitGraph(path, cache_dir) if cache_dir else None
        self._history: str | None = None
        self._drifts: dict[Pair, Drift] = {}
        self._tips: dict[str, Tip] = {}
        self._walk_seconds = 0.0
        self._commits = 0
        self._failed: dict[Pair | str, tuple[float, str]] = {}
        """When (monotonic), and why."""
        self._suspects: set[str] = set()
        """Tips that could not be measured the last time."""

    def measure(self, pairs: Iterable[Pair], tips: Iterable[str], history: str, seconds: float) -> Measured:
        """Measures what is not known yet, and forgets what is not asked for any more.

        In turn: what follows from known pairs; pair by pair, where they are few; one walk for all that are
        left. A commit that is missing ends a walk: either half of the pairs then gets a walk of its own,
        until it is known which of them that commit concerns.

        Args:
            pairs: commits of branch and target.
            tips: commits to be described.
            history: the mark of what makes history look otherwise.
            seconds: how long it may take; what there was no time for is missing.
        """
        ends = time.monotonic() + seconds
        self._recall(history)
        wanted, described = list(dict.fromkeys(pairs)), list(dict.fromkeys(tips))
        before, self._drifts = self._drifts, _chosen(self._drifts, wanted)
        self._retry({*wanted, *described})
        self._extend(before, self._left(wanted), ends)
        self._compare(self._left(wanted), ends)
        left = self._left(wanted)
        # Who had a fault the last time has it still, as a rule: the others get a walk that does not fail.
        self._by_halves(self._walk, [pair for pair in left if pair[0] not in self._suspects], ends)
        self._by_halves(self._walk, [pair for pair in left if pair[0] in self._suspects], ends)
        self._by_halves(self._describe, [tip for tip in described if self._is_unknown(tip)], ends)
        self._tips = _chosen(self._tips, described)
        self._suspects = {pair[0] for pair in wanted if pair not in self._drifts}
        if left:
            self._memory.save(Kept(history, self._drifts, self._tips, self._walk_seconds, self._commits))
        problem = next((why for _, why in self._failed.values()), None)
        return Measured(self._drifts, self._tips, problem, self._commits)

    def _recall(self, history: str) -> None:
        if self._history is None:
            kept = self._memory.load()
            self._walk_seconds, self._commits = kept.walk_seconds, kept.commits
            self._history, self._drifts, self._tips = kept.history, kept.drifts, kept.tips
        if self._history != history:
            self._history, self._drifts, self._tips, self._failed = history, {}, {}, {}

    def _retry(self, asked_for: Collection[Pair | str]) -> None:
        """Forgets failures that are not asked for any more, or long ago."""
        since = time.monotonic() - RETRY_SECONDS
        self._failed = {
            item: failure
            for item, failure in self._failed.items()
            if item in asked_for and failure[0] >= since
        }

    def _left(self, wanted: Iterable[Pair]) -> list[Pair]:
        return [pair for pair in wanted if pair not in self._drifts and pair not in self._failed]

    def _is_unknown(self, tip: str) -> bool:
        return tip not in self._tips and tip not in self._failed

    def _extend(self, before: Mapping[Pair, Drift], left: Sequence[Pair], ends: float) -> None:
        known = {commit for pair in before for commit in pair}
        moved = {commit for pair in left for commit in pair} - known
        if known and moved:
            # Where git cannot tell, they are measured instead, and what is at fault shows then.
            with suppress(GitError):
                recent = self._ask(read_recent, moved, ends)
                self._drifts |= extend(before, left, recent.parent_of)
                self._tips |= recent.tips

    def _compare(self, left: Sequence[Pair], ends: float) -> None:
        """One by one, but not for longer than a walk takes."""
        if len(left) > _FEW or self._walk_seconds < _QUICK_SECONDS:
            return
        ends = min(ends, time.monotonic() + self._walk_seconds)
        for pair in left:
            try:
                self._drifts[pair] = self._ask(compare, pair, ends)
            except GitError as error:
                if error.reason == "timeout":
                    return
                self._fail([pair], f"{error}; in the history of {_tip_of(pair)}")

    def _walk(self, pairs: Sequence[Pair], ends: float) -> None:
        began = time.monotonic()
        found = self._ask(walk, pairs, ends)
        # A walk of few branches tells nothing about how long one of all takes.
        if 2 * found.commits >= self._commits:
            self._walk_seconds, self._commits = time.monotonic() - began, found.commits
        self._drifts |= found.drifts
        for pair in pairs:
            if pair not in found.drifts:
                self._fail([pair], f"{self._path}: {pair[0]} or {pair[1]} is missing, or is no commit")

    def _describe(self, tips: Sequence[str], ends: float) -> None:
        found = self._ask(read_tips, tips, ends)
        self._tips |= found
        for tip in tips:
            if tip not in found:
                self._fail([tip], f"{self._path}: {tip} is missing, or is no commit")

    def _by_halves(
        self, work: Callable[[Sequence[Item], float], None], items: Sequence[Item], ends: float
    ) -> None:
        if not items:
            return
        try:
            work(items, ends)
        except GitError as error:
            half = len(items) // 2
            if error.exit_code_of_git is None:
                self._fail(items, str(error))
            elif half:
                self._by_halves(work, items[:half], ends)
                self._by_halves(work, items[half:], ends)
            else:
                self._fail(items, f"{error}; in the history of {_tip_of(items[0])}")

    def _fail(self, items: Sequence[Item], why: str) -> None:
        now = time.monotonic()
        self._failed |= dict.fromkeys(items, (now, why))

    def _ask(
        self, question: Callable[[Git, Path, Asked, float, Environment], Answer], asked: Asked, ends: float
    ) -> Answer:
        """Asks git, with our commit-graph if there is one; that goes where git cannot do with it."""
        environment = self._graph.environment() if self._graph else {}
        try:
            return question(self._git, self._path, asked, _until(ends), environment)
        except GitError as error:
            if self._graph is None or not environment or error.exit_code_of_git is None:
                raise
            self._graph.discard()
        return question(self._git, self._path, asked, _until(ends), {})


def _chosen(known: Mapping[Item, Answer], items: Iterable[Item]) -> dict[Item, Answer]:
    return {item: known[item] for item in items if item in known}


def _tip_of(item: Pair | str) -> str:
    return item if isinstance(item, str) else item[0]


def _until(ends: float) -> float:
    return max(0.0, ends - time.monotonic())
