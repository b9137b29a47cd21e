"""The servers of a stack as child processes."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.text import printable

GRACE_SECONDS = 10.0
"""How long children may take to end before they are killed."""

_DYING_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
"""A program of util-linux, whose place the server takes: same process id, nothing in between."""

_POLL_SECONDS = 0.02
_TAIL_BYTES = 8192


class Child:
    """A server that runs, its output in a log file.

    It has a session of its own, so that Ctrl-C at the terminal reaches us alone and we end it in order. The
    kernel ends it when the thread that started it is gone, even by ``kill -9``.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, folder: Path) -> None:
        """Starts it.

        Args:
            name: for messages.
            command: program and arguments.
            log: is begun anew.
            folder: its working directory.

        Raises:
            AlignwatchError: it cannot be started.
        """
        self.name = name
        self._log = log
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    [*_DYING_WITH_US, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    cwd=folder,
                )
        except OSError as error:
            raise AlignwatchError(
                f"{name} cannot be started: {error} (setpriv comes with util-linux 2.33)"
            ) from None

    @property
    def pid(self) -> int:
        """Its process id, which stays its own until :func:`end` has reaped it."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended by now."""
        return self._exit_status() is not None

    def how_it_ended(self) -> str:
        """Its exit code or signal, and the last lines of its log."""
        status = self._exit_status()
        if status is None:
            return f"{self.name} (process {self.pid}) runs; {self.last_words()}"
        if status.si_code == os.CLD_EXITED:
            how = f"exit code {status.si_status}"
        else:
            how = f"signal {signal.Signals(status.si_status).name}"
        return f"{self.name} (process {self.pid}) ended with {how}; {self.last_words()}"

    def last_words(self, lines: int = 5) -> str:
        """Where its log is, and the last lines of it."""
        with self._log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "backslashreplace").splitlines()[-lines:]
        return "\n    ".join([f"the end of {self._log}:", *map(printable, tail or ["(empty)"])])

    def _exit_status(self) -> os.waitid_result | None:
        # WNOWAIT leaves it unreaped, so that its id cannot become another process's while we still signal it.
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _reap(self) -> None:
        self._process.wait()


def end(children: Sequence[Child], grace: float = GRACE_SECONDS) -> None:
    """Ends children and whatever they started: SIGTERM to all at once, SIGKILL after the grace period."""
    for child in children:
        child._signal_group(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and not all(child.ended for child in children):
        time.sleep(_POLL_SECONDS)
    for child in children:
        child._signal_group(signal.SIGKILL)
        child._reap()
