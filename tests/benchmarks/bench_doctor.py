"""How long the doctor takes on a healthy machine and 649 branches, and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.fleet import new_fleet

ROUNDS = 5
BOUND_SECONDS = 3.0
_SLOWEST = 5


def main() -> None:
    """Prints the best of some rounds, the slowest checks, and the peak memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fleet = new_fleet(folder / "fleet.git", branches=649, commits=7000)
        command = [
            sys.executable,
            "-P",
            "-m",
            "alignwatch",
            "doctor",
            f"--state-dir={folder}/state",
            "--json",
        ]
        rounds = [_round(command, fleet) for _ in range(ROUNDS)]
    seconds, memory, report = min(rounds, key=lambda one: one[0])
    print(f"alignwatch doctor  {seconds:5.2f} s (at most {BOUND_SECONDS:g}), {memory:5.1f} MiB with git's")
    print("  " + ", ".join(f"{number} {status}" for status, number in report["counts"].items()))
    for result in sorted(report["results"], key=lambda one: -one["seconds"])[:_SLOWEST]:
        print(f"  {result['id']:<20} {result['seconds']:5.2f} s")


def _round(command: Sequence[str], folder: Path) -> tuple[float, float, dict[str, Any]]:
    """Wall seconds, peak MiB and the report of one run in a folder."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as doctor:
        assert doctor.stdout is not None
        said = doctor.stdout.read()
        _, status, usage = os.wait4(doctor.pid, 0)
        doctor.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - began, usage.ru_maxrss / 1024, json.loads(said)


if __name__ == "__main__":
    main()
