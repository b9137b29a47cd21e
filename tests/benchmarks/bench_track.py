"""What ``alignwatch track`` adds to a command: ``track -- true`` beside ``python -c pass``, in turns.

Prints the medians of wall and processor time in milliseconds, and their difference.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.repositories import new_repository

ROUNDS = 60
BOUND_MS = 60.0
BARE = (sys.executable, "-c", "pass")


def measure(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall and processor milliseconds of one run."""
    began = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawn(command[0], tuple(command), environment), 0)
    wall = time.perf_counter() - began
    if status != 0:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(new_repository(Path(scratch) / "repository"))
        program = os.fspath(Path(sys.executable).with_name("alignwatch"))
        tracked = (program, "track", "--state-dir", os.fspath(Path(scratch) / "state"), "--", "true")
        # An installed package has its bytecode; a checkout may be told not to keep any.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.fspath(Path(scratch) / "bytecode")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        measure(tracked, environment)
        pairs = [(measure(BARE, environment), measure(tracked, environment)) for _ in range(ROUNDS)]
        os.chdir("/")
    for column, unit in enumerate(("wall", "CPU")):
        bare = statistics.median(one[column] for one, _ in pairs)
        ours = statistics.median(other[column] for _, other in pairs)
        print(
            f"{unit:>4}: python -c pass {bare:6.1f} ms   alignwatch track -- true {ours:6.1f} ms   "
            f"difference {ours - bare:+6.1f} ms (at most {BOUND_MS:+.0f})"
        )


if __name__ == "__main__":
    main()
