"""What the exporter costs at rest: resident memory and processor time with 649 branches, nothing moving."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.fleet import new_fleet

BOUND_MB = 45.0
BOUND_PERCENT = 0.5
SCRAPE_SECONDS = 15.0
LONGEST_SETTLING_SECONDS = 300.0


def main() -> None:
    """Prints memory and processor time once the first looks are over."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=90, help="how long to watch it")
    seconds = options.parse_args().seconds
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fleet = new_fleet(folder / "fleet.git", branches=649, commits=7000)
        config = folder / "alignwatch.yaml"
        config.write_text(f"state_dir: {folder}/state\nrepositories: [{{path: {fleet}}}]\n")
        command = [sys.executable, "-m", "alignwatch", "serve", "--config", str(config)]
        with subprocess.Popen(
            [*command, "--web.listen-address", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
        ) as exporter:
            try:
                assert exporter.stderr is not None
                address = re.search(r"http://\S+", exporter.stderr.readline())
                assert address is not None
                memory, percent = watch(psutil.Process(exporter.pid), address.group(), seconds)
            finally:
                exporter.terminate()
    print(f"resident memory {memory:5.1f} MiB (at most {BOUND_MB:g})")
    print(f"processor time  {percent:5.2f} % of one core over {seconds:g} s (at most {BOUND_PERCENT:g})")


def watch(exporter: psutil.Process, address: str, seconds: float) -> tuple[float, float]:
    """Scrapes as Prometheus does; resident MiB at the end, and percent of one core, children included."""
    settle(address)
    before, began = cpu_seconds(exporter), time.monotonic()
    while time.monotonic() - began < seconds:
        with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
            answer.read()
        time.sleep(SCRAPE_SECONDS)
    percent = 100 * (cpu_seconds(exporter) - before) / (time.monotonic() - began)
    return exporter.memory_info().rss / 2**20, percent


def settle(address: str) -> None:
    """Waits until the first looks are over: every merge was tried, and the doctor was there."""
    for _ in range(round(LONGEST_SETTLING_SECONDS / SCRAPE_SECONDS)):
        time.sleep(SCRAPE_SECONDS)
        with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        pending = re.search(r'^alignment_forecast_pairs\{.*state="pending".*\} [1-9]', page, re.M)
        if pending is None and re.search(r"^alignment_doctor_check\{", page, re.M):
            return


def cpu_seconds(exporter: psutil.Process) -> float:
    """Its own and that of the git processes that it waited for."""
    times = exporter.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    main()
