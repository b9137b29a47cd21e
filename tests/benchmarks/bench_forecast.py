"""The forecast of conflicts: from nothing, with nothing moved, and after the target moved by one commit.

Beside them one ``git merge-tree`` process a merge, measured on some of the merges and scaled up. Then the
same of branches into each other, where beside them stands one process for every pair.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.git.command import Git
from alignwatch.probes.collisions import CollisionsProbe
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import ForecastProbe
from alignwatch.settings import BranchSeries, Repository
from alignwatch.settings import Forecast as ForecastSettings
from alignwatch.snapshot import CollisionsReading, ForecastReading
from support.fleet import new_fleet
from support.merges import reference, throw_away_clone
from support.repositories import ENVIRONMENT, git

ROUNDS = 3
SAMPLE = 50
SLICE_SECONDS = 600.0
COLLIDING = 50
BOUND_SAME = 1 / 500
BOUND_MOVED = 1 / 3
BOUND_NO_BRANCH_MOVED = 1 / 100
"""Of collisions: the look at the branches is in it, and the cold one has fewer merges."""


def seconds(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


class Forecast:
    """Divergence and forecast of one repository, from a cache folder of its own."""

    def __init__(self, repository: Path, cache: Path) -> None:
        runner = Git(environment=ENVIRONMENT)
        self._divergence = DivergenceProbe(runner, Repository(path=str(repository)), 600)
        self._forecast = ForecastProbe(runner, repository, self._divergence, SLICE_SECONDS, cache)

    def look(self) -> ForecastReading:
        """What the exporter does at one look."""
        self._divergence.read()
        return self._forecast.read()


class Collisions:
    """Divergence and collisions of one repository, from a cache folder of its own."""

    def __init__(self, repository: Path, cache: Path) -> None:
        runner = Git(environment=ENVIRONMENT)
        settings = Repository(path=str(repository), branch_series=BranchSeries(active_days=36500))
        wanted = ForecastSettings(slice_seconds=SLICE_SECONDS, collision_branches=COLLIDING)
        self._divergence = DivergenceProbe(runner, settings, 600)
        self._collisions = CollisionsProbe(runner, settings, self._divergence, wanted, cache)

    def look(self) -> CollisionsReading:
        """What the exporter does at one look."""
        self._divergence.read()
        return self._collisions.read()


def commit_to_main(repository: Path, number: int) -> None:
    """Moves the target by a commit that edits one file."""
    paths = git(repository, "ls-tree", "-r", "--name-only", "main").splitlines()
    path = random.Random(number).choice(paths)
    text = git(repository, "show", f"main:{path}").replace("line 30", f"moved {number}")
    data = f"{text}\n".encode()
    stream = b"commit refs/heads/main\ncommitter A <a@example.invalid> %d +0000\ndata 1\nx\n" % time.time()
    stream += b"from refs/heads/main^0\nM 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
    git(repository, "fast-import", "--quiet", stdin=stream)


def main() -> None:
    """Prints the medians side by side and their ratios; fails when a bound is exceeded."""
    options = argparse.ArgumentParser()
    options.add_argument("--branches", type=int, default=649)
    options.add_argument("--commits", type=int, default=7000)
    options.add_argument("--files", type=int, default=700)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        made = new_fleet(top / "f.git", branches=given.branches, commits=given.commits, files=given.files)
        clone = throw_away_clone(made, top / "clone")
        print(f"{given.branches} branches, {given.commits} commits, {given.files} files; medians of {ROUNDS}")
        bench_collisions(top, made, clone)
        bench_targets(top, made, clone)


def bench_collisions(top: Path, made: Path, clone: Path) -> None:
    """Branches against each other."""
    cold, same, restarted = [], [], []
    for number in range(ROUNDS):
        collisions = Collisions(made, top / f"colliding{number}")
        cold.append(seconds(collisions.look))
        reading = collisions.look()
        same.append(seconds(collisions.look))
        restarted.append(seconds(Collisions(made, top / f"colliding{number}").look))
    pairs = list(itertools.combinations([tip for _, tip in reading.partners], 2))
    print(f"{len(pairs)} pairs of branches, {reading.done} touch the same files, ", end="")
    print(f"{len(reading.collisions)} collide")
    show(
        {
            "one git process a pair": seconds_each(clone, pairs),
            "cold": statistics.median(cold),
            "nothing moved": statistics.median(same),
            "the exporter restarted": statistics.median(restarted),
        },
        {"nothing moved": BOUND_NO_BRANCH_MOVED},
    )


def bench_targets(top: Path, made: Path, clone: Path) -> None:
    """Branches against their target."""
    cold, same, restarted, moved = [], [], [], []
    for number in range(ROUNDS):
        forecast = Forecast(made, top / f"cache{number}")
        cold.append(seconds(forecast.look))
        before = forecast.look()
        same.append(seconds(forecast.look))
        restarted.append(seconds(Forecast(made, top / f"cache{number}").look))
        commit_to_main(made, number)
        moved.append(seconds(forecast.look))
    git(clone, "fetch", "--quiet", os.fspath(made), "main")
    pairs = list(before.verdicts)
    clean = sum(verdict.clean for verdict in before.verdicts.values())
    print(f"{len(pairs)} merges worth trying, {len(pairs) - clean} of them conflict")
    show(
        {
            "one git process a merge": seconds_each(clone, pairs),
            "cold": statistics.median(cold),
            "nothing moved": statistics.median(same),
            "the exporter restarted": statistics.median(restarted),
            "target moved by a commit": statistics.median(moved),
        },
        {"nothing moved": BOUND_SAME, "target moved by a commit": BOUND_MOVED},
    )


def seconds_each(clone: Path, pairs: list[tuple[str, str]]) -> float:
    """One git process a merge, measured on some and scaled up."""
    some = random.Random(1).sample(pairs, min(SAMPLE, len(pairs)))
    return seconds(lambda: [reference(clone, *pair) for pair in some]) / len(some) * len(pairs)


def show(medians: dict[str, float], bounds: dict[str, float]) -> None:
    """Prints them, and fails when one exceeds its share of the cold one."""
    for name, median in medians.items():
        print(f"  {name:<26} {median * 1000:9.1f} ms   1/{medians['cold'] / median:.1f} of cold")
    for name, bound in bounds.items():
        if medians[name] > bound * medians["cold"]:
            raise SystemExit(f"{name}: more than 1/{1 / bound:.0f} of cold")


if __name__ == "__main__":
    main()
