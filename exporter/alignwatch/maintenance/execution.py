"""One run in a process of its own: within its time limit, and with all that it starts."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

import msgspec
import psutil

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.journal.maintenance import Ending, Outcome
from alignwatch.maintenance.order import GRACE_SECONDS, Order, Report, Sent, how
from alignwatch.process_table import each_process

TAIL_BYTES = 8192
"""So much of the end of what it prints is kept."""

_POLL_SECONDS = 0.05
_GONE_SECONDS = 1.0
"""What was killed is given so long to be gone."""
_LAST_WORDS_SECONDS = 3.0
"""So long we read on after the end; what has left the group may hold the pipe for ever."""
_CHUNK = 1 << 16
_COMMAND = (sys.executable, "-P", "-m", "alignwatch.maintenance.child")


def execute(order: Order, lock: int, hear: Callable[[str], None]) -> Ending:
    """Does it and waits for its end.

    However this ends, by an exception too, nothing of the run is left in its process group.

    Args:
        order: what to do.
        lock: descriptor of the lock that the run's processes keep.
        hear: is told the last line of what it has printed, as soon as it has, on a thread of its own.

    Raises:
        AlignwatchError: it cannot be told what to do.
        OSError: its process cannot be started.
    """
    answer, report = os.pipe()
    try:
        line = _encoded(Sent(order=order, lock=lock, report=report))
        process = _start(lock, report)
    except (AlignwatchError, OSError):
        os.close(answer)
        raise
    finally:
        os.close(report)
    tail = _Tail(process, hear)
    in_time = True
    try:
        _send(process, line)
        in_time = _wait(process, order.task.limits.seconds)
    finally:
        _end(process)
        _free(lock, process.pid)
        output = tail.text()
        said = _read(answer)
    return _ending(order, process.returncode, in_time, said, output)


def _start(lock: int, report: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(lock, report),
        start_new_session=True,
    )


class _Tail:
    """Reads all that a process prints, and keeps the end of it."""

    def __init__(self, process: subprocess.Popen[bytes], hear: Callable[[str], None]) -> None:
        assert process.stdout is not None  # noqa: S101  # Popen was given a pipe
        self._pipe: IO[bytes] = process.stdout
        self._kept = b""
        self._hear = hear
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """The end of what was printed; what has left the group and goes on printing is not waited for."""
        self._thread.join(timeout=_LAST_WORDS_SECONDS)
        return _text(self._kept)

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), _CHUNK):
                self._kept = (self._kept + chunk)[-TAIL_BYTES:]
                self._hear(_text(self._kept.rstrip().rpartition(b"\n")[2]))


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "backslashreplace").strip()


def _encoded(sent: Sent) -> bytes:
    try:
        return msgspec.json.encode(sent) + b"\n"
    except UnicodeEncodeError:
        raise UsageError(
            "a repository's path is not UTF-8; rename the folder, or name a link to it in a configuration"
        ) from None


def _send(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  # Popen was given a pipe
    # One that dies at once is seen by its exit code. The pipe stays open: its end would end the run.
    with suppress(BrokenPipeError):
        process.stdin.write(line)
        process.stdin.flush()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Waits until it has ended; returns False if it did not within so many seconds."""
    until = time.monotonic() + seconds
    # WNOWAIT leaves it unreaped, so that its number, which is its group's, stays its own.
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    _wait(process, GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()


def _free(lock: int, group: int) -> None:
    """Frees the lock once the run's group is gone; a program that has left the group may hold it for ever."""
    until = time.monotonic() + _GONE_SECONDS
    while _lives(group):
        if time.monotonic() > until:
            return
        time.sleep(_POLL_SECONDS)
    fcntl.flock(lock, fcntl.LOCK_UN)


def _lives(group: int) -> bool:
    for process, said in each_process("status"):
        with suppress(ProcessLookupError):
            # In a container there may be nobody who buries the dead.
            if said["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group:
                return True
    return False


def _read(answer: int) -> bytes:
    os.set_blocking(answer, False)
    try:
        return os.read(answer, _CHUNK)
    except BlockingIOError:
        return b""
    finally:
        os.close(answer)


def _ending(order: Order, code: int, in_time: bool, said: bytes, output: str) -> Ending:
    if not in_time:
        reason = f"ended at its time limit of {order.task.limits.seconds:g} s"
        return Ending(Outcome.TIMEOUT, reason, code, output=output)
    if not said:
        return Ending(Outcome.FAILED, f"the task broke ({how(code)}), see its output", code, output=output)
    report = msgspec.json.decode(said, type=Report)
    return Ending(
        Outcome(report.outcome),
        report.reason,
        report.exit_code,
        report.freed_bytes,
        output,
        report.shortfall_bytes,
    )
