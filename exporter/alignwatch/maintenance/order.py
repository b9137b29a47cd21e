"""What a run's own process is told, and what it answers."""

import os
import signal
import sys
import threading
import time

import msgspec

from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.settings import Settings

GRACE_SECONDS = 10.0
"""What is told to end has so long to do it in order."""


def how(exit_code: int) -> str:
    """How a process ended, in words; its exit code is negative for a signal."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # Most of the real-time signals have no name.
        return f"signal {-exit_code}"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Do this task, once."""

    settings: Settings
    task: ScheduledTask
    repository: str
    """Label; empty for what concerns the whole machine."""
    dry_run: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and the descriptors that go with it."""

    order: Order
    lock: int
    """Keeps the repository's lock."""
    report: int
    """Where the :class:`Report` is written."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, see :class:`alignwatch.journal.maintenance.Ending`."""

    outcome: str
    reason: str
    exit_code: int
    freed_bytes: int | None = None
    shortfall_bytes: int | None = None


class Starter:
    """The process that has started us, at the other end of our standard input.

    When it dies, we and all that is in our process group are told to end, and are killed after
    :data:`GRACE_SECONDS`.
    """

    def __init__(self) -> None:
        self.line = sys.stdin.buffer.readline()
        """What it has told us; it leaves its end open for as long as it lives."""
        self._gone = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def end_with_it(self) -> None:
        """To be called last: if it is gone, nothing of our process group stays behind."""
        if self._gone.is_set():
            os.killpg(0, signal.SIGKILL)

    def _wait(self) -> None:
        if os.read(sys.stdin.fileno(), 1) == b"":
            self._gone.set()
            os.killpg(0, signal.SIGTERM)
            time.sleep(GRACE_SECONDS)
            os.killpg(0, signal.SIGKILL)
