"""Ahead and behind of every branch: the one walk against one ``git rev-list`` process a branch."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.git.command import Git
from alignwatch.git.refs import read_branches
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Repository
from support.fleet import new_fleet
from support.repositories import ENVIRONMENT, git

ROUNDS = 5
BOUND_WALK = 1 / 50


def seconds(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def one_process_a_branch(repository: Path, tips: list[str], target: str) -> None:
    """The slow and obvious way."""
    for tip in tips:
        subprocess.run(
            ["git", "-C", str(repository), "rev-list", "--left-right", "--count", f"{tip}...{target}"],
            env=ENVIRONMENT,
            capture_output=True,
            check=True,
        )


def main() -> None:
    """Prints the medians side by side and their ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--branches", type=int, default=649)
    options.add_argument("--commits", type=int, default=7000)
    given = options.parse_args()
    runner = Git(environment=ENVIRONMENT)
    with tempfile.TemporaryDirectory() as folder:
        made = new_fleet(Path(folder) / "fleet.git", branches=given.branches, commits=given.commits)
        git(made, "commit-graph", "write", "--reachable")
        refs = {ref.text: ref.oid for ref in read_branches(runner, made, 60).branches}
        settings = Repository(path=str(made))
        slow, cold, same, bare_git = [], [], [], []
        warm = DivergenceProbe(runner, settings, 60)
        warm.read()
        for _ in range(ROUNDS):
            cold.append(seconds(DivergenceProbe(runner, settings, 60).read))
            same.append(seconds(warm.read))
            bare_git.append(seconds(lambda: runner.run(made, "version", deadline=10)))
            slow.append(seconds(lambda: one_process_a_branch(made, list(refs.values()), refs["main"])))
    medians = {
        name: statistics.median(times) for name, times in (("slow", slow), ("cold", cold), ("same", same))
    }
    print(f"{given.branches} branches, {given.commits} commits, with a commit-graph; medians of {ROUNDS}")
    print(f"  one git process a branch   {medians['slow'] * 1000:9.1f} ms")
    print(f"  one walk, cold             {medians['cold'] * 1000:9.1f} ms")
    print(f"  nothing moved              {medians['same'] * 1000:9.1f} ms")
    print(f"  starting git once          {statistics.median(bare_git) * 1000:9.1f} ms")
    ratio = medians["cold"] / medians["slow"]
    print(f"  walk / processes = 1/{1 / ratio:.0f} (bound 1/{1 / BOUND_WALK:.0f})")


if __name__ == "__main__":
    main()
