"""A report of 30 days over 5 repositories, from a Prometheus that holds them: as JSON, page and text.

The history is made once (which takes minutes) and kept in the user's cache folder. Prints the seconds of a
whole command, from its start to its end, and fails when the quickest of several takes longer than the bound.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.stack.servers import cache_dir
from support import servers
from support.fleet_history import STEP, Fleet

DAYS, REPOSITORIES = 30, 5
END = 1_768_219_200
ROUNDS = 5
BOUND = 3.0
FORMATS = ("json", "html", "text")


def history() -> Path:
    """A folder with the history in ``data``."""
    kept = cache_dir().with_name("bench-report") / f"{DAYS}-{REPOSITORIES}-{STEP}-{END}"
    if not kept.is_dir():
        unfinished = kept.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        print(f"making {DAYS} days of {REPOSITORIES} repositories in {kept}: takes some minutes", flush=True)
        Fleet(REPOSITORIES, DAYS, unfinished, END).write()
        unfinished.rename(kept)
    return kept


def seconds(prometheus: str, form: str) -> float:
    """How long one command takes."""
    command = [os.fspath(Path(sys.executable).with_name("render-report")), "--format", form]
    # The newest sample is one step before the end of the history.
    end = datetime.fromtimestamp(END - STEP, UTC).isoformat()
    options = ["--window", f"{DAYS}d", "--end", end, "--prometheus", prometheus]
    began = time.perf_counter()
    subprocess.run([*command, *options], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measures, prints, and fails when the bound is exceeded."""
    quickest = {}
    with servers.prometheus(history()) as prometheus:
        for form in FORMATS:
            times = [seconds(prometheus.url, form) for _ in range(ROUNDS)]
            quickest[form] = min(times)
            median = statistics.median(times)
            print(f"{form:>5}: quickest {quickest[form]:5.2f} s   median {median:5.2f} s (at most {BOUND} s)")
    if max(quickest.values()) > BOUND:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
