"""Real Prometheus and Alertmanager servers on loopback, and history for Prometheus to hold.

Each server is a context manager: ready when entered, gone when left.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from support.waiting import wait_until

PROGRAMS = {
    "prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "amtool": ("amtool",),
}
"""Names on PATH, Debian's first."""

QUIET_PROMETHEUS = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
"""Scrapes nothing."""

QUIET_ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
"""Tells nobody."""

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_FIRST_PORT, _PORTS_EACH = 10_000, 700
_PORTS = cycle(
    _FIRST_PORT + _WORKER * _PORTS_EACH + (os.getpid() + n) % _PORTS_EACH for n in range(_PORTS_EACH)
)
"""Ports of this process of a parallel run alone, and none that the kernel gives to whoever asks for any: it
would give the same one to another before a server has begun to listen there."""

START_ATTEMPTS = 3
STOP_SECONDS = 15.0


def program(name: str) -> str:
    """The path of one of :data:`PROGRAMS`."""
    for candidate in PROGRAMS[name]:
        if path := shutil.which(candidate):
            return path
    raise AssertionError(f"the tests need {name}: apt-get install prometheus prometheus-alertmanager")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no other test is given for long."""
    return next(filter(_is_free, _PORTS))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        # As the servers themselves do: a connection that still lingers is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def get_json(url: str) -> Any:
    """What a GET of the address answers."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def post_json(url: str, body: object) -> Any:
    """What a POST of the body answers; None for an empty answer."""
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = response.read()
    return json.loads(answer) if answer else None


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    url: str
    """Base address, without a slash at the end."""
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def reload(self) -> None:
        """Makes it read its configuration again."""
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def prometheus(
    folder: Path,
    config: str = QUIET_PROMETHEUS,
    *,
    history: str | None = None,
    path: str = "",
    arguments: Sequence[str] = (),
) -> Iterator[Server]:
    """A Prometheus.

    Args:
        folder: for configuration (``prometheus.yml``), log and data; kept, so that a second start goes on
            with the data.
        config: the configuration.
        history: samples in OpenMetrics' text format that it holds from the start.
        path: what its addresses begin with, such as ``/prometheus``.
        arguments: further arguments.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config)
    if history is not None:
        write_history(folder / "data", history)
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        *([f"--web.external-url={path}"] if path else []),
        *arguments,
    ]
    with _running(command, folder / "prometheus.log", path) as server:
        yield server


@contextmanager
def alertmanager(
    folder: Path, config: str = QUIET_ALERTMANAGER, *, path: str = "", arguments: Sequence[str] = ()
) -> Iterator[Server]:
    """An Alertmanager; the arguments are as for :func:`prometheus`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)
    command = [
        program("alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager-data'}",
        "--cluster.listen-address=",
        *([f"--web.route-prefix={path}"] if path else []),
        *arguments,
    ]
    with _running(command, folder / "alertmanager.log", path) as server:
        yield server


def write_history(data: Path, openmetrics: str) -> None:
    """Puts samples into the data folder of a Prometheus that does not run.

    Args:
        data: its ``--storage.tsdb.path``.
        openmetrics: OpenMetrics' text format with a timestamp on each sample and ``# EOF`` at the end.
    """
    data.mkdir(parents=True, exist_ok=True)
    source = data.with_name(f"{data.name}.om")
    source.write_text(openmetrics)
    done = subprocess.run(
        [
            program("promtool"),
            "tsdb",
            "create-blocks-from",
            # promtool reads the whole of it again for each block.
            "--max-block-duration=2000h",
            "openmetrics",
            os.fspath(source),
            os.fspath(data),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"promtool: {done.stderr or done.stdout}")
    source.unlink()


@contextmanager
def _running(command: Sequence[str], log: Path, path: str) -> Iterator[Server]:
    server = _start(command, log, path)
    try:
        yield server
    finally:
        stop(server.process)


def _start(command: Sequence[str], log: Path, path: str) -> Server:
    for _ in range(START_ATTEMPTS):
        server = _spawn(command, log, path)
        if server.process.poll() is None:
            return server
        if "address already in use" not in log.read_text():
            break
    raise AssertionError(f"{command[0]} ended with {server.process.returncode}:\n{log.read_text()[-4000:]}")


def _spawn(command: Sequence[str], log: Path, path: str) -> Server:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}{path}", process, log)
    try:
        wait_until(lambda: _ready_or_dead(server), command[0])
    except BaseException:
        stop(process)
        raise
    return server


def _ready_or_dead(server: Server) -> bool:
    if server.process.poll() is not None:
        return True
    try:
        with urllib.request.urlopen(f"{server.url}/-/ready", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def stop(process: subprocess.Popen[Any]) -> None:
    """Ends it as a service manager does: asked first, and killed when that is of no avail."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
