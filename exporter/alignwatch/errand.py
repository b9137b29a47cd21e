"""Work that the exporter has done in another process, one at a time: its own memory and time stay small."""

import subprocess
import sys
from contextlib import suppress

import msgspec

from alignwatch.settings import Settings

_PATIENCE_SECONDS = 15.0
"""A process that is told to end gives what it runs some time."""


class Errand:
    """A module of ours that is run with the settings on its standard input.

    That stays open for as long as we live: its end is to be the end of the other process, as
    :class:`alignwatch.maintenance.order.Starter` has it.
    """

    def __init__(self, module: str) -> None:
        """Takes the module's name."""
        self._command = (sys.executable, "-P", "-m", module)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        if self._process is not None and self._process.poll() is not None:
            self._forget()
        return self._process is not None

    def start(self, settings: Settings) -> None:
        """Starts it.

        Raises:
            OSError: no process can be started.
        """
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
        assert self._process.stdin is not None  # noqa: S101  # Popen was given a pipe
        with suppress(BrokenPipeError):
            self._process.stdin.write(msgspec.json.encode(settings) + b"\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """Ends it, and with it what it runs."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_SECONDS)
            self._process.kill()
            self._forget()

    def _forget(self) -> None:
        assert self._process is not None  # noqa: S101  # the caller has looked
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()
        self._process = None
