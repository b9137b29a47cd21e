"""The forecast of conflicts: from nothing, with nothing moved, and after the target moved by one commit.

Beside them one ``git merge-tree`` process a merge, measured on some of the merges and scaled up.
"""

import argparse
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
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import ForecastProbe
from alignwatch.settings import Repository
from alignwatch.snapshot import ForecastReading
from support.fleet import new_fleet
from support.merges import reference, throw_away_clone
from support.repositories import ENVIRONMENT, git

ROUNDS = 3
SAMPLE = 50
SLICE_SECONDS = 600.0
BOUND_SAME = 1 / 500
BOUND_MOVED = 1 / 3


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
    cold, same, restarted, moved = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        made = new_fleet(top / "f.git", branches=given.branches, commits=given.commits, files=given.files)
        for number in range(ROUNDS):
            forecast = Forecast(made, top / f"cache{number}")
            cold.append(seconds(forecast.look))
            before = forecast.look()
            same.append(seconds(forecast.look))
            restarted.append(seconds(Forecast(made, top / f"cache{number}").look))
            commit_to_main(made, number)
            moved.append(seconds(forecast.look))
        pairs = list(before.verdicts)
        clone = throw_away_clone(made, top / "clone")
        some = random.Random(1).sample(pairs, min(SAMPLE, len(pairs)))
        each = seconds(lambda: [reference(clone, *pair) for pair in some]) / len(some) * len(pairs)
    clean = sum(verdict.clean for verdict in before.verdicts.values())
    print(f"{given.branches} branches, {given.commits} commits, {given.files} files; medians of {ROUNDS}")
    print(f"{len(pairs)} merges worth trying, {len(pairs) - clean} of them conflict")
    medians = {
        "one git process a merge": each,
        "cold": statistics.median(cold),
        "nothing moved": statistics.median(same),
        "the exporter restarted": statistics.median(restarted),
        "target moved by a commit": statistics.median(moved),
    }
    for name, median in medians.items():
        print(f"  {name:<26} {median * 1000:9.1f} ms   1/{medians['cold'] / median:.1f} of cold")
    bounds = {"nothing moved": BOUND_SAME, "target moved by a commit": BOUND_MOVED}
    for name, bound in bounds.items():
        if medians[name] > bound * medians["cold"]:
            raise SystemExit(f"{name}: more than 1/{1 / bound:.0f} of cold")


if __name__ == "__main__":
    main()
