"""``alignwatch serve`` as a process of its own: what a service manager and a Prometheus see."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError

from prometheus_client.parser import text_string_to_metric_families

from support.servers import stop
from support.waiting import PATIENCE_SECONDS

T = TypeVar("T")

QUICK = "monitoring: {health_check_interval_seconds: 1, probe_deadline_seconds: 5}\n"


class Exporter:
    """A running ``alignwatch serve`` on a free port."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        self.url = self.wait_for(self._announced)

    def _announced(self) -> str | None:
        words = [word for word in self.log().split() if word.startswith("http://")]
        return words[0] if words else None

    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def get(self, path: str) -> str:
        """What it answers, whatever the status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()

    def sample(self, name: str, **labels: str) -> float | None:
        """The value of one series; None when it is absent."""
        page = self.get("/metrics")
        if not page.startswith("#"):
            return None
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, labels):
                    return sample.value
        return None

    def count_of(self, operation: str, outcome: str) -> float | None:
        """How many operations of one kind on ``app`` ended so."""
        return self.sample(
            "alignment_operation_duration_seconds_count",
            repository="app",
            operation=operation,
            target="main",
            outcome=outcome,
        )

    def unreachable(self, repository: str) -> bool:
        """Whether a repository's health says so."""
        return self.sample("alignment_repository_health", repository=repository, state="unreachable") == 1

    def wait_for(self, seen: Callable[[], T | None]) -> T:
        """Waits until something is there and not False."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.log()}")
            if found := seen():
                return found
            time.sleep(0.05)
        raise AssertionError(f"not seen within {PATIENCE_SECONDS:g} s; the exporter said:\n{self.log()}")

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        self.process.send_signal(number)


@contextmanager
def exporter(config: Path) -> Iterator[Exporter]:
    """Runs one, and ends it as a service manager does."""
    command = [sys.executable, "-m", "alignwatch", "serve", "--config", str(config)]
    log = config.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--web.listen-address", "127.0.0.1:0"], stderr=output, text=True, env=dict(os.environ)
        )
    try:
        yield Exporter(process, log)
    finally:
        stop(process)
