"""The terminal of a job, lent to a process group that the job has made.

Only the terminal's foreground group may read it and gets its Ctrl-C. A command that has a group of its
own must therefore be given the terminal, and be stopped together with the job that it belongs to.
"""

import os
import signal
from contextlib import suppress
from types import TracebackType


class Terminal:
    """The controlling terminal, where there is one: the group's inside the block, the job's afterwards.

    SIGTTOU must be held back meanwhile: it is what a background group gets for taking the terminal.
    """

    def __init__(self, group: int) -> None:
        self._group = group
        self._job = os.getpgrp()
        self._handle: int | None = None

    def __enter__(self) -> None:
        with suppress(OSError):
            self._handle = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            self._lend()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._pass(self._group, self._job)
            os.close(self._handle)

    def stop_job(self) -> None:
        """Stops the whole job, as its group was stopped by the terminal; both go on together."""
        if self._handle is not None:
            self._pass(self._group, self._job)
            os.killpg(self._job, signal.SIGTSTP)
            self._lend()

    def _lend(self) -> None:
        self._pass(self._job, self._group)
        # It may have wanted to read before it was allowed to.
        with suppress(PermissionError):
            os.killpg(self._group, signal.SIGCONT)

    def _pass(self, giver: int, taker: int) -> None:
        if self._handle is not None:
            with suppress(OSError):  # It may have been hung up.
                # A job in the background has no terminal to give away.
                if os.tcgetpgrp(self._handle) == giver:
                    os.tcsetpgrp(self._handle, taker)
