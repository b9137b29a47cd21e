"""A refresh of all branches: from nothing, and after this or that moved, against one process a branch.

Histories are made by chance, without files, so that two hundred thousand commits take seconds. The branch
that moves is the youngest, as a rule is one that moves.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.divergence.commit_graph import CommitGraph
from alignwatch.git.command import Git
from alignwatch.git.revisions import walk
from alignwatch.probes.commit_graph import CommitGraphProbe
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Repository
from support.fleet import new_fleet
from support.repositories import ENVIRONMENT, git

COMMITS = (10_000, 200_000)
BRANCHES = (100, 649, 5_000)
ROUNDS = 5
QUICK_ROUNDS = 15
SAMPLE = 40
PROMISED = 649
"""Branches for which the bounds are promised."""
BOUND_COLD = 1 / 50
"""With a commit-graph, of one ``git rev-list`` process a branch."""
BOUND_ONE_MOVED = 8
"""Times starting git once."""


def seconds(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@dataclass
class Case:
    """One repository, and how long each kind of refresh takes."""

    repository: Path
    cache: Path
    branches: int
    commits: int
    times: dict[str, float] = field(default_factory=dict)
    """Seconds, by what they are of."""

    def __post_init__(self) -> None:
        self._git = Git(environment=ENVIRONMENT)
        self._settings = Repository(path=str(self.repository))

    def measure(self) -> None:
        """Takes all times, the nearest to each other those that are compared."""
        self._take("cold", lambda: self._probe(None).read())
        graph = CommitGraphProbe(
            self._git, self.repository, self._warm(), self.cache, patience=0, deadline=600
        )
        self.times["writing our commit-graph"] = seconds(graph.read)
        self._take("walk with it", self._walk)
        self._take("one process a branch", self._sample, ROUNDS // 2)
        self.times["one process a branch"] *= self.branches / SAMPLE
        self._take("restart", lambda: self._probe(self.cache).read())
        probe = self._warm()
        young = self._youngest(probe)
        for _ in range(QUICK_ROUNDS):
            self._note("starting git", lambda: self._git.run(self.repository, "version", deadline=10))
            self._note("nothing moved", probe.read)
            self._commit(young[0])
            self._note("1 moved", probe.read)
        for name, move in {
            "10 moved": lambda: self._commit_to(young[:10]),
            "1 taken back": lambda: self._take_back(young[1]),
            "target moved": lambda: self._commit("main"),
            "target merged": lambda: self._commit("main", young[2]),
        }.items():
            self._take(name, probe.read, before=move)

    def _take(
        self,
        name: str,
        action: Callable[[], object],
        rounds: int = ROUNDS,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        for _ in range(rounds):
            before()
            self._note(name, action)

    def _note(self, name: str, action: Callable[[], object]) -> None:
        # What others on the machine add is not ours: the quickest counts.
        self.times[name] = min(seconds(action), self.times.get(name, math.inf))

    def _probe(self, cache: Path | None) -> DivergenceProbe:
        return DivergenceProbe(self._git, self._settings, 600, cache)

    def _warm(self) -> DivergenceProbe:
        probe = self._probe(self.cache)
        probe.read()
        return probe

    def _pairs(self) -> list[tuple[str, str]]:
        target, *tips = git(
            self.repository, "for-each-ref", "--format=%(objectname)", "refs/heads/main", "refs/heads"
        ).split()
        return [(tip, target) for tip in tips]

    def _walk(self) -> None:
        environment = CommitGraph(self.repository, self.cache).environment()
        walk(self._git, self.repository, self._pairs(), 600, environment)

    def _sample(self) -> None:
        """The slow and obvious way, for some of the branches; with the same commit-graph."""
        environment = {**ENVIRONMENT, **CommitGraph(self.repository, self.cache).environment()}
        for tip, target in random.Random(1).sample(self._pairs(), SAMPLE):
            subprocess.run(
                ["git", "-C", self.repository, "rev-list", "--left-right", "--count", f"{tip}...{target}"],
                env=environment,
                capture_output=True,
                check=True,
            )

    def _youngest(self, probe: DivergenceProbe) -> list[str]:
        found = [branch for branch in probe.read().branches if branch.ahead and branch.behind]
        return [branch.name for branch in sorted(found, key=lambda branch: branch.behind or 0)]

    def _commit_to(self, branches: list[str]) -> None:
        for branch in branches:
            self._commit(branch)

    def _take_back(self, branch: str) -> None:
        git(self.repository, "update-ref", f"refs/heads/{branch}", f"{branch}~1")

    def _commit(self, branch: str, *merged: str) -> None:
        parents = [argument for parent in (branch, *merged) for argument in ("-p", parent)]
        made = git(self.repository, "commit-tree", f"{branch}^{{tree}}", *parents, "-m", str(time.time()))
        git(self.repository, "update-ref", f"refs/heads/{branch}", made)


def as_table(cases: list[Case]) -> str:
    """Milliseconds, in Markdown."""
    names = list(cases[0].times)
    lines = ["| commits | branches | " + " | ".join(names) + " |", "|---:" * (2 + len(names)) + "|"]
    for case in cases:
        cells = (f"{1000 * case.times[name]:,.1f}" for name in names)
        lines.append(f"| {case.commits:,} | {case.branches:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def ratios(case: Case) -> str:
    """What the promises are about."""
    times = case.times
    return (
        f"{case.commits:,} commits, {case.branches:,} branches: a walk is "
        f"1/{times['one process a branch'] / times['walk with it']:.0f} of one process a branch; "
        f"1 moved is {times['1 moved'] / times['starting git']:.1f} times starting git, "
        f"nothing moved {times['nothing moved'] / times['starting git']:.1f} times"
    )


def main() -> None:
    """Prints the times and the ratios; fails when a bound is exceeded."""
    options = argparse.ArgumentParser()
    options.add_argument("--branches", type=int, nargs="+", default=BRANCHES)
    options.add_argument("--commits", type=int, nargs="+", default=COMMITS)
    given = options.parse_args()
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for commits in given.commits:
            for branches in given.branches:
                name = f"{commits}-{branches}"
                made = new_fleet(Path(folder) / name, branches=branches, commits=commits, empty=True)
                cases.append(Case(made, Path(folder) / f"{name}-cache", branches, commits))
                cases[-1].measure()
    print(
        "Milliseconds, the quickest of several; one process a branch with our commit-graph too, "
        f"scaled up from {SAMPLE} of them"
    )
    print(as_table(cases))
    print("\n".join(map(ratios, cases)))
    for case in (case for case in cases if case.branches == PROMISED):
        if case.times["walk with it"] > BOUND_COLD * case.times["one process a branch"]:
            raise SystemExit(f"a walk takes more than 1/{1 / BOUND_COLD:.0f} of one process a branch")
        if case.times["1 moved"] > BOUND_ONE_MOVED * case.times["starting git"]:
            raise SystemExit(f"1 moved: more than {BOUND_ONE_MOVED} times starting git")


if __name__ == "__main__":
    main()
