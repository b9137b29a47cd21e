"""A scrape of 1,000 branches' worth of series beside one of node_exporter, in turns.

Both servers run on loopback and are asked as Prometheus asks: on a connection that is kept, for
OpenMetrics, with gzip. Prints medians and 99th percentiles in milliseconds, and the ratio of the medians.
"""

import asyncio
import http.client
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.metrics.catalogue import BRANCH_DELTA, BRANCH_TIP
from alignwatch.metrics.exposition import render
from alignwatch.metrics.page import Page
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Web
from alignwatch.web.server import serving
from support.servers import free_port
from support.serving import CONTENT, LOOPBACK
from support.waiting import wait_until

BRANCHES = 1000
ROUNDS = 500
BOUND = 0.25
HEADERS = {
    "Accept": (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}


def page() -> Page:
    """The page of a repository with many branches."""
    samples = Samples()
    for number in range(BRANCHES):
        branch = ("app", f"feature/team-{number % 7}/change-{number}", "main")
        samples.add(BRANCH_DELTA, number % 50, *branch, "ahead")
        samples.add(BRANCH_DELTA, number * 3, *branch, "behind")
        samples.add(BRANCH_TIP, 1_700_000_000 + number, *branch)
    return render(samples.families(), 0.0)


def serve(port: Connection) -> None:
    """Serves the page in this process, and sends the port."""
    ready = page()

    async def run() -> None:
        async with serving(
            replace(CONTENT, page=lambda: ready), Web(listen_addresses=(LOOPBACK,))
        ) as addresses:
            port.send(int(addresses[0].rpartition(":")[2]))
            await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def our_exporter() -> Iterator[http.client.HTTPConnection]:
    """A connection to our server, in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    process.start()
    try:
        yield http.client.HTTPConnection("127.0.0.1", ours.recv())
    finally:
        process.kill()
        process.join()


@contextmanager
def node_exporter() -> Iterator[http.client.HTTPConnection]:
    """A connection to a node_exporter with its default collectors."""
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if program is None:
        raise SystemExit("needs node_exporter: apt-get install prometheus-node-exporter")
    port = free_port()
    with subprocess.Popen(
        [program, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    ) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            wait_until(lambda: answers(connection), "node_exporter")
            yield connection
        finally:
            process.kill()


def answers(connection: http.client.HTTPConnection) -> bool:
    """Whether a server answers yet."""
    try:
        scrape(connection)
    except OSError:
        connection.close()
        return False
    return True


def scrape(connection: http.client.HTTPConnection) -> float:
    """Milliseconds of one scrape."""
    began = time.perf_counter()
    connection.request("GET", "/metrics", headers=HEADERS)
    response = connection.getresponse()
    body = response.read()
    took = (time.perf_counter() - began) * 1000
    if response.status != 200 or not body:
        raise SystemExit(f"{connection.host}:{connection.port} answered {response.status}")
    return took


def main() -> None:
    """Measures, prints, and fails when the bound is exceeded."""
    with our_exporter() as ours, node_exporter() as theirs:
        scrape(ours)
        pairs = [(scrape(ours), scrape(theirs)) for _ in range(ROUNDS)]
    medians = []
    for name, times in zip(("alignwatch", "node_exporter"), zip(*pairs, strict=True), strict=True):
        medians.append(statistics.median(times))
        print(
            f"{name:>13}: median {medians[-1]:7.3f} ms   p99 {statistics.quantiles(times, n=100)[-1]:7.3f} ms"
        )
    ratio = medians[0] / medians[1]
    print(f"{'ratio':>13}: {ratio:.3f} (at most {BOUND})")
    if ratio > BOUND:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
