"""What a tracked operation costs a Python program: entering, a phase, leaving with the record on disk.

Leaving is shown beside the least that a durable record can cost: one appended line and an ``fsync``.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.tracker import TrackedOperation, Tracker
from support.repositories import Commit, import_history, new_repository

ROUNDS = 500
BOUND_MICROSECONDS = 500.0
"""Of entering, so that it can be left in anywhere."""


def timed(action: Callable[[], object]) -> float:
    """Microseconds of one call."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1e6


def go_through(operation: TrackedOperation) -> None:
    """One phase with nothing in it."""
    with operation.phase("rebase"):
        pass


def main() -> None:
    """Measures and prints."""
    columns: dict[str, list[float]] = {"enter": [], "phase": [], "leave": [], "fsync": []}
    with tempfile.TemporaryDirectory() as scratch, (Path(scratch) / "log").open("ab") as log:
        repository = new_repository(Path(scratch) / "repository")
        import_history(repository, [Commit("m")], {"main": "m", "feature/x": "m"})
        tracker = Tracker(repository, state_dir=Path(scratch) / "state")

        def append() -> None:
            log.write(b"x" * 500)
            log.flush()
            os.fsync(log.fileno())

        for _ in range(ROUNDS):
            operation = tracker.operation("rebase", branch="feature/x", target="main")
            columns["enter"].append(timed(operation.__enter__))
            columns["phase"].append(timed(partial(go_through, operation)))
            columns["leave"].append(timed(partial(operation.__exit__, None, None, None)))
            columns["fsync"].append(timed(append))
        tracker.close()
    medians = {name: statistics.median(values) for name, values in columns.items()}
    print(f"enter {medians['enter']:7.1f} µs (at most {BOUND_MICROSECONDS:.0f})")
    print(f"phase {medians['phase']:7.1f} µs")
    print(f"leave {medians['leave']:7.1f} µs   append and fsync {medians['fsync']:7.1f} µs")


if __name__ == "__main__":
    main()
