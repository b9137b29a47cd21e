"""How a tracked command says which phase it is in.

It finds a path in the environment and writes lines there, each in one go::

    begin NAME
    end NAME

from a shell by ``echo "begin rebase" >> "${ALIGNWATCH_PHASES:-/dev/null}"``. ``end`` alone ends the phase
that began last; what has not ended ends with the command.

The path leads to a pipe of the tracking process, so there is no file to remove, nobody ever waits for a
reader, and it works for everything below the command, whether or not that inherits open files. A signal
says that there is something to read: no thread is needed and no look in vain.
"""

import fcntl
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from alignwatch.tracking.stopwatch import Stopwatch

VARIABLE = "ALIGNWATCH_PHASES"
SOMETHING_WRITTEN = signal.SIGURG
"""Ignored by whoever does not wait for it."""
_PIPE_BYTES = 65536
"""All that the pipe can hold."""
_LONGEST_LINE_BYTES = 4096


class PhasePipe:
    """The reading end, for one command."""

    def __init__(self, stopwatch: Stopwatch, warn: Callable[[str], None]) -> None:
        """Takes what measures the phases, and whom to tell of the first line that cannot be used."""
        self._stopwatch = stopwatch
        self._warn: Callable[[str], None] | None = warn
        self._rest = b""

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        fcntl.fcntl(self._reader, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._reader, fcntl.F_SETSIG, SOMETHING_WRITTEN)
        fcntl.fcntl(self._reader, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._reader)
        os.close(self._writer)

    def named_in(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command that may write to it."""
        return {**environment, VARIABLE: f"/proc/{os.getpid()}/fd/{self._writer}"}

    def read(self) -> None:
        """Takes all that has been written."""
        try:
            written = self._rest + os.read(self._reader, _PIPE_BYTES)
        except BlockingIOError:
            return
        *lines, self._rest = written.split(b"\n")
        if len(self._rest) > _LONGEST_LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._take(line[:_LONGEST_LINE_BYTES].decode("utf-8", "backslashreplace"))

    def _take(self, line: str) -> None:
        if not self._obey(line.strip()) and self._warn is not None:
            self._warn(
                f"ignored what is no 'begin NAME' or 'end NAME' of a phase, and all such: {line!r:.100}"
            )
            self._warn = None

    def _obey(self, line: str) -> bool:
        word, _, name = line.partition(" ")
        if word == "end":
            lap = self._stopwatch.open_lap(name.strip())
            self._stopwatch.end(lap)
            return lap is not None
        with suppress(ValueError):
            if word == "begin":
                self._stopwatch.begin(name.strip())
                return True
        return False
