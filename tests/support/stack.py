"""``alignwatch up`` as a person runs it: a process of its own, ended by Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from alignwatch.stack import addresses
from alignwatch.stack.addresses import Addresses
from support.servers import free_port
from support.waiting import wait_until

ALIGNWATCH = (sys.executable, "-m", "alignwatch")
ELSEWHERE = Path(__file__).with_name("elsewhere.py")


@dataclass(frozen=True)
class Stack:
    """One that runs."""

    process: subprocess.Popen[bytes]
    output: Path
    state_dir: Path

    @property
    def said(self) -> str:
        """What it has printed up to now."""
        return self.output.read_text()

    def addresses(self) -> Addresses:
        """Where its servers listen; waits until it is ready."""
        wait_until(lambda: "Ctrl-C ends" in self.said or self.process.poll() is not None, "the stack")
        found = addresses.read(self.state_dir)
        assert found is not None, self.said
        return found

    def children(self) -> list[int]:
        """The ids of all processes that it has started, and of theirs."""
        return [one.pid for one in psutil.Process(self.process.pid).children(recursive=True)]

    def child(self, word: str) -> psutil.Process:
        """The one whose command line has a word."""
        (found,) = (one for one in psutil.Process(self.process.pid).children() if word in one.cmdline())
        return found

    def interrupt(self) -> int:
        """Ctrl-C: SIGINT to the whole foreground group. Returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def stack(state_dir: Path, *arguments: str | Path, folder: Path | None = None) -> Iterator[Stack]:
    """Starts ``alignwatch up``; what is left of it in the end is killed.

    Args:
        state_dir: the state folder.
        arguments: further arguments.
        folder: the working directory.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    output = state_dir / "said"
    with output.open("wb") as file:
        process = subprocess.Popen(
            up_command(state_dir, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    try:
        yield Stack(process, output, state_dir)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def up_command(state_dir: Path, *arguments: str | Path) -> Sequence[str | Path]:
    """The command line, with ports of its own."""
    ports = (str(free_port()) for _ in range(3))
    return [sys.executable, "-P", ELSEWHERE, *ports, *up_arguments(state_dir, *arguments)]


def up_arguments(state_dir: Path, *arguments: str | Path) -> list[str | Path]:
    """What ``alignwatch`` is given."""
    return ["up", "--scrape-interval=1", "--no-download", f"--state-dir={state_dir}", *arguments]
