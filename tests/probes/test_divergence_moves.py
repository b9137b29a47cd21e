"""Branches that move at random: each refresh against git's own answer for every branch, from scratch.

Ahead, behind and merge bases by one ``git rev-list`` and one ``git merge-base`` a branch, the conflict by
one ``git merge-tree``. The refreshes go through what is remembered, over restarts too, by each way there is
to measure a pair.
"""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.divergence import measurer
from alignwatch.divergence.memory import Kept, Memory
from alignwatch.drift import with_forecast
from alignwatch.git.command import Git
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import ForecastProbe
from alignwatch.settings import Repository
from alignwatch.snapshot import BranchState
from support.drifts import assert_same, reference
from support.merges import random_history, throw_away_clone
from support.merges import reference as merge_of
from support.repositories import git, import_history, new_repository

COMMITS = 14
BRANCHES = ("main", "scientific", "a", "b", "c/d")

Move = tuple[str, int | None]
"""A branch, and the commit it is moved to; None: it is deleted."""


class Watched:
    """A random history, the probes that watch it, and what they should say."""

    def __init__(self, folder: Path, seed: int, git_runner: Git) -> None:
        self._git = git_runner
        self._cache = folder / "cache"
        self.path = new_repository(folder / "app", bare=True)
        history = random_history(random.Random(seed), COMMITS)
        ids = import_history(self.path, history, {f"keep/{one.name}": one.name for one in history})
        self.commits = list(ids.values())
        self.clone = throw_away_clone(self.path, folder / "clone")
        for name in ids:
            git(self.path, "update-ref", "-d", f"refs/heads/keep/{name}")
        self.settings = Repository(
            path=str(self.path), primaries=("main", "scientific"), never_merge=(("main", "scientific"),)
        )
        # As if a walk took long: few pairs are then looked at one by one.
        Memory(self.path, self._cache).save(Kept(walk_seconds=60, commits=10**6))
        self.restart()

    def restart(self) -> None:
        """Forgets all but what is on disk."""
        self._divergence = DivergenceProbe(self._git, self.settings, 30, self._cache)
        self._forecast = ForecastProbe(self._git, self.path, self._divergence, 30, self._cache)

    def move(self, branch: str, commit: int | None) -> None:
        """Moves, makes or deletes a branch."""
        if commit is None:
            git(self.path, "update-ref", "-d", f"refs/heads/{branch}")
        else:
            git(self.path, "update-ref", f"refs/heads/{branch}", self.commits[commit])

    def check(self) -> None:
        """Looks, and compares every branch."""
        reading, measured = self._divergence.read(), self._divergence.latest()
        told = with_forecast(reading, self._forecast.read())
        listed = git(self.path, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines()
        assert [branch.name for branch in told.branches] == listed
        assert reading.problem is None
        for branch in told.branches:
            target = reading.target_tips.get("main")
            if target is None:
                assert (branch.state, branch.ahead) == (BranchState.UNKNOWN, None)
                continue
            expected = reference(self.path, branch.tip, target)
            assert_same(measured.drifts[branch.tip, target], expected)
            assert (branch.ahead, branch.behind) == (expected.ahead, expected.behind)
            assert branch.state is self._state(branch.name, branch.tip, target)

    def _state(self, name: str, tip: str, target: str) -> BranchState:
        expected = reference(self.path, tip, target)
        if name == "scientific":
            return BranchState.APART
        if not expected.ahead:
            return BranchState.MERGED
        if not expected.behind:
            return BranchState.ALIGNED
        merged = merge_of(self.clone, tip, target)
        if merged is None:
            return BranchState.ORPHAN
        return BranchState.CLEAN if merged.clean else BranchState.CONFLICTING


moves = st.tuples(st.sampled_from(BRANCHES), st.one_of(st.none(), *[st.integers(0, COMMITS - 1)] * 9))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.lists(moves, max_size=4), st.booleans()), min_size=2, max_size=6),
)
def test_whatever_moves_each_refresh_is_what_git_says(
    seed: int,
    steps: list[tuple[list[Move], bool]],
    tmp_path_factory: pytest.TempPathFactory,
    git_runner: Git,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measurer, "_FEW", 3)
    watched = Watched(tmp_path_factory.mktemp("moves"), seed, git_runner)
    for number, branch in enumerate(BRANCHES):
        watched.move(branch, number)
    for moved, restarts in steps:
        for branch, commit in moved:
            watched.move(branch, commit)
        if restarts:
            watched.restart()
        watched.check()
