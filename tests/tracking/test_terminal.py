"""A tracked command at a real terminal: Ctrl-C, reading, Ctrl-Z."""

import fcntl
import os
import re
import select
import shlex
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from support.tracked import TRACK, environment, recorded, waiting
from support.waiting import PATIENCE_SECONDS, wait_until

LIMITS: tuple[list[str], ...] = ([], ["--timeout", "60"])

COUNTING = """
import signal, sys, time
came = []
signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
print("ready", flush=True)
while not came:
    time.sleep(0.01)
time.sleep(0.2)
print("interrupted", len(came), flush=True)
"""


class Screen:
    """A person at a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.seen = ""

    def hang_up(self) -> None:
        os.close(self._terminal)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait_for(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> str:
        """Returns what a line's pattern matched, of what came since the last match."""
        deadline = time.monotonic() + seconds
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
            if select.select([self._terminal], [], [], 0.1)[0]:
                with suppress(OSError):
                    self.seen += os.read(self._terminal, 4096).decode()
        self.seen = self.seen[found.end() :]
        return found[0]


@contextmanager
def at_a_terminal(folder: Path, command: Sequence[str]) -> Iterator[tuple[Screen, subprocess.Popen[bytes]]]:
    """Runs a command as the leader of a session that has a terminal."""
    ours, theirs = os.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
        env={**environment(), "TERM": "dumb"},
    )
    os.close(theirs)
    try:
        yield Screen(ours), process
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            os.close(ours)


def all_stopped(shell: int) -> bool:
    below = psutil.Process(shell).children(recursive=True)
    return all(one.status() == psutil.STATUS_STOPPED for one in below)


@pytest.mark.parametrize("limit", LIMITS)
def test_ctrl_c_reaches_the_command_exactly_once(repository: Path, limit: list[str]) -> None:
    with at_a_terminal(repository, [*TRACK, *limit, "--", sys.executable, "-c", COUNTING]) as (
        screen,
        process,
    ):
        screen.wait_for("ready")
        screen.type("\x03")
        assert screen.wait_for(r"interrupted \d+") == "interrupted 1"
        assert process.wait() == 0
    assert recorded("outcome") == ["success"]


@pytest.mark.parametrize("limit", LIMITS)
def test_ctrl_c_ends_a_command_that_does_nothing_about_it(repository: Path, limit: list[str]) -> None:
    with at_a_terminal(repository, [*TRACK, *limit, "--", *waiting()]) as (
        screen,
        process,
    ):
        screen.wait_for("ready")
        screen.type("\x03")
        assert process.wait() == 130
    assert recorded("outcome", "exit_code") == [("cancelled", 130)]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_terminal_that_is_hung_up_does_not_keep_it_from_being_recorded(
    repository: Path, limit: list[str]
) -> None:
    with at_a_terminal(repository, [*TRACK, *limit, "--", *waiting()]) as (screen, process):
        screen.wait_for("ready\r\n")
        screen.hang_up()
        assert process.wait() == 129
    assert recorded("outcome", "exit_code") == [("cancelled", 129)]


@pytest.mark.parametrize("limit", LIMITS)
def test_the_command_reads_from_the_terminal(repository: Path, limit: list[str]) -> None:
    command = ["sh", "-c", "echo ready; read line; echo got $line"]
    with at_a_terminal(repository, [*TRACK, *limit, "--", *command]) as (screen, process):
        screen.wait_for("ready")
        screen.type("this\n")
        screen.wait_for("got this")
        assert process.wait() == 0


@pytest.mark.parametrize("limit", LIMITS)
def test_ctrl_z_gives_the_shell_back_and_fg_goes_on(repository: Path, limit: list[str]) -> None:
    tracked = shlex.join([*TRACK, *limit, "--", "sh", "-c", "echo rea''dy; read line; echo got $line"])
    shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    with at_a_terminal(repository, shell) as (screen, process):
        screen.type("PS1='pro''mpt> '\n")
        screen.wait_for("prompt> ")
        screen.type(f"{tracked}\n")
        screen.wait_for("\nready")
        screen.type("\x1a")
        screen.wait_for("Stopped")
        screen.wait_for("prompt> ")
        # bash knows of its own child only: until the command has stopped too, it may read what is typed.
        wait_until(lambda: all_stopped(process.pid), "all of them to stop")
        screen.type("fg\n")
        screen.wait_for("fg\r\n.*\n")
        screen.type("this\n")
        screen.wait_for("\ngot this")
        screen.wait_for("prompt> ")
        screen.type("echo ended with $?\n")
        screen.wait_for("\nended with 0")
        screen.type("exit\n")
        process.wait()
    assert recorded("outcome") == ["success"]
