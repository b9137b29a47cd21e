"""Many processes record while the exporter is killed again and again: nothing is lost or counted twice."""

import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.journals import query
from support.servers import free_port
from support.tracked import TRACK, environment, journal_file
from support.waiting import wait_until

PROCESSES, OPERATIONS, KILLS = 8, 500, 20
COMMANDS_EVERY = 4
"""In every fourth round each process also runs a command with ``alignwatch track``."""

WORKER = """
import subprocess, sys
from alignwatch.journal import database
from alignwatch.tracker import Tracker

database.PATIENCE_SECONDS = 60  # On a slow disk so many writers keep each other waiting.
name, *command = sys.argv[1:]
tracker = Tracker()
for line in sys.stdin:
    operations, commands = map(int, line.split())
    for _ in range(commands):
        subprocess.run(command, check=True)
    for number in range(operations - commands):
        with tracker.operation("align", branch=f"{name}-{number}", target="main") as op:
            with op.phase("validation"):
                pass
print("done")
"""
"""Tracks so many operations and runs so many tracked commands as each line says."""


@contextmanager
def exporter(config: Path) -> Iterator[str]:
    """A running ``alignwatch serve`` that answers; it is killed with -9."""
    address = f"127.0.0.1:{free_port()}"
    command = (sys.executable, "-m", "alignwatch", "serve", "--config", str(config))
    # What is killed cannot tell which lines it ran.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    with config.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen([*command, "--web.listen-address", address], stderr=log, env=bare)
    try:
        url = f"http://{address}/metrics"
        wait_until(lambda: counted(url) is not None, "the exporter's counters")
        yield url
    finally:
        process.kill()
        process.wait()


def counted(url: str) -> float | None:
    """How many operations its histogram holds; None where there is none yet."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            page: str = answer.read().decode()
    except OSError:
        return None
    prefix = "alignment_operation_duration_seconds_count"
    found = [line for line in page.splitlines() if line.startswith(prefix)]
    return sum(float(line.split()[-1]) for line in found) if found else None


def test_what_eight_processes_record_is_counted_once_whatever_happens_to_the_exporter(
    repository: Path, tmp_path: Path
) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(
        f"state_dir: {journal_file().parent}\nrepositories: [{{path: {repository}, primaries: [main]}}]\n"
    )
    command = [*TRACK, "--target", "main", "--", "true"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(number), *command],
            cwd=repository,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    chance = random.Random(1)
    for number in range(KILLS):
        with exporter(config):
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write(f"{OPERATIONS // KILLS} {number % COMMANDS_EVERY == 0:d}\n")
                worker.stdin.flush()
            time.sleep(chance.uniform(0, 0.3))
    assert [worker.communicate()[0] for worker in workers] == ["done\n"] * PROCESSES

    expected = PROCESSES * OPERATIONS
    commands = PROCESSES * KILLS // COMMANDS_EVERY
    rows = query(journal_file(), "SELECT source, count(*) FROM operations GROUP BY source")
    assert dict(rows) == {"api": expected - commands, "track": commands}
    assert query(journal_file(), "SELECT total(count) FROM totals") == [expected]
    assert query(journal_file(), "SELECT total(count) FROM phase_totals") == [expected - commands]
    assert query(journal_file(), "PRAGMA integrity_check") == ["ok"]
    with exporter(config) as url:
        wait_until(lambda: counted(url) == expected, "all operations in the counters")
