"""A real terminal, and what a program shows on it."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from support.waiting import PATIENCE_SECONDS

COLUMNS = 80


@dataclass
class Terminal:
    """One terminal; a person's side of it, and a program's."""

    person: int
    program: IO[str]
    seen: str = ""
    """All that was written, escape sequences included."""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8"), repr=False
    )

    def read_until(self, wanted: str) -> None:
        """Reads on until something has been written; fails the test when it never is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while wanted not in self.seen:
            assert time.monotonic() < deadline, f"{wanted!r} is not in {self.seen!r}"
            self.read(0.1)

    def read(self, seconds: float = 0.0) -> None:
        """Reads what there is, and waits so long for the first of it."""
        while select.select([self.person], [], [], seconds)[0]:
            self.seen += self._decoder.decode(os.read(self.person, 65536))
            seconds = 0.0

    def screen(self) -> list[str]:
        """The lines as they stand in the end, as far as carriage returns and erased lines make them."""
        self.read()
        lines = []
        for line in self.seen.replace("\r\n", "\n").split("\n"):
            shown = ""
            for part in re.split(r"(\r|\x1b\[K)", line):
                if part == "\r":
                    place = 0
                elif part == "\x1b[K":
                    shown = shown[:place]
                else:
                    place = 0 if not shown else place
                    shown = shown[:place] + part + shown[place + len(part) :]
                    place += len(part)
            lines.append(shown)
        return lines


@contextmanager
def terminal(columns: int = COLUMNS) -> Iterator[Terminal]:
    """A terminal of so many columns."""
    person, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with open(program, "w", buffering=1) as file:  # noqa: PTH123
        try:
            yield Terminal(person, file)
        finally:
            os.close(person)


def run_on(
    shown: Terminal,
    command: Sequence[str],
    environment: Mapping[str, str],
    stdout: int | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> int:
    """Runs a command as a shell at this terminal would, and returns its exit code.

    Args:
        shown: the terminal.
        command: what to run.
        environment: of the command.
        stdout: in place of the terminal.
        meanwhile: called again and again, with all read that is shown.
    """
    slave = shown.program.fileno()
    with subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
    ) as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                raise AssertionError(shown.seen)
            shown.read(0.05)
            meanwhile()
    shown.read()
    return process.returncode
