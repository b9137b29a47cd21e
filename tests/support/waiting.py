"""Waiting for what another process does, and not for a time."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 60.0


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns as soon as the condition holds; fails the test when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.02)


def wait_until_ended(*pids: int) -> None:
    """Waits for the ends of processes: who kills is not told when the kernel has done it."""
    for pid in pids:
        wait_until(lambda: _has_ended(pid), f"the end of process {pid}")  # noqa: B023  # called at once


def _has_ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    # One that its parent has not asked for yet is dead all the same.
    return state in "ZX"
