"""Runs a command as if it had been started directly, and measures it.

The command has our standard streams, descriptors, environment and signal dispositions. Without a time
limit it also stays in our process group, so that a terminal's Ctrl-C and Ctrl-Z reach it and its callers
as ever. With one it has a group of its own, which the limit ends as a whole.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from alignwatch.errors import AlignwatchError
from alignwatch.journal.running import BRIEF_SECONDS
from alignwatch.operation import Resources
from alignwatch.tracking.phase_pipe import SOMETHING_WRITTEN
from alignwatch.tracking.terminal import Terminal

if TYPE_CHECKING:
    from resource import struct_rusage

TIMED_OUT = 124
"""Exit code for a command that took too long, as timeout(1) has it."""
_NOT_EXECUTABLE, _NOT_FOUND, _SIGNAL_BASE = 126, 127, 128  # As shells have them.
_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 5.0
_GROUP_POLL_SECONDS = 0.02

_ASK_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_FROM_THE_KEYBOARD = frozenset({signal.SIGINT, signal.SIGQUIT})
"""The terminal sends these to its whole foreground process group, but SIGHUP to the session's leader only."""
_SI_KERNEL = 0x80
"""``si_code`` of what the terminal sends."""
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


class Ended(NamedTuple):
    """How a command ended and what it took. Times are seconds; ``started`` since the epoch."""

    exit_code: int
    """128 + n for signal n, 124 for the time limit."""
    killed: bool
    """Whether a signal ended it."""
    interrupted: bool
    """Whether a signal that asks to end came while it ran."""
    timed_out: bool
    started: float
    at: float
    """When it ended, by the monotonic clock."""
    duration: float
    resources: Resources


class Meanwhile(NamedTuple):
    """What is done while a command runs; neither may raise."""

    listen: Callable[[], None]
    """Whenever the command has written to the pipe of its phases."""
    announce: Callable[[], None]
    """Once, when the command turns out not to be brief."""


class NotRunError(AlignwatchError):
    """The command could not be started."""

    def __init__(self, message: str, shell_code: int) -> None:
        super().__init__(message)
        self.shell_code = shell_code
        """What a shell would return: 127 for a command that is not there, else 126."""


@contextmanager
def signals_held() -> Iterator[set[signal.Signals | int]]:
    """Lets signals that ask to end wait, from before a command starts until it is recorded.

    Yields:
        The signal mask as it was, for the command.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # Inherited as ignored, it would leave nothing to wait for.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_awaited(), signal.SIGTTOU})
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run(
    command: Sequence[str],
    mask: Iterable[signal.Signals | int],
    environment: Mapping[str, str],
    meanwhile: Meanwhile,
    timeout: float | None = None,
) -> Ended:
    """Runs a command to its end. To be called inside :func:`signals_held`, in a process without threads.

    Args:
        command: program and arguments.
        mask: the signals that the command does not receive.
        environment: its variables.
        meanwhile: what is done while it runs.
        timeout: seconds after which its process group is asked to end, and 5 s later killed.

    Raises:
        NotRunError: there is no such command, or it cannot be executed.
    """
    started, clock = time.time(), time.monotonic()
    pid = _spawn(command, mask, environment, own_group=timeout is not None)
    child = _Child(pid, meanwhile, timeout)
    status, usage = child.wait()
    ended = time.monotonic()
    code = os.waitstatus_to_exitcode(status)
    return Ended(
        exit_code=TIMED_OUT if child.timed_out else code if code >= 0 else _SIGNAL_BASE - code,
        killed=code < 0,
        interrupted=child.interrupted,
        timed_out=child.timed_out,
        started=started,
        at=ended,
        duration=ended - clock,
        resources=Resources(
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=usage.ru_maxrss * 1024,
            io_operations=usage.ru_inblock + usage.ru_oublock,
        ),
    )


class _Child:
    """The command's process, and its process group where that is its own."""

    def __init__(self, pid: int, meanwhile: Meanwhile, timeout: float | None) -> None:
        now = time.monotonic()
        self._pid = pid
        self._meanwhile = meanwhile
        self._terminal = None if timeout is None else Terminal(group=pid)
        self._announce_at: float | None = now + BRIEF_SECONDS
        self._deadline = None if timeout is None else now + timeout
        self._awaited = _awaited()
        self.interrupted = False
        self.timed_out = False

    def wait(self) -> "tuple[int, struct_rusage]":
        """Waits for the end, passing signals on; returns its status and the resources that it used."""
        if self._terminal is None:
            return self._wait()
        with self._terminal:
            ended = self._wait()
        if self.timed_out:
            self._end_group()
        return ended

    def _wait(self) -> "tuple[int, struct_rusage]":
        while True:
            came = self._next_signal()
            if came is not None and came.si_signo == SOMETHING_WRITTEN:
                self._meanwhile.listen()
            elif came is not None and came.si_signo != signal.SIGCHLD:
                self._pass_on(came)
            elif (ended := self._ended()) is not None:
                return ended
            self._on_time()

    def _next_signal(self) -> signal.struct_siginfo | None:
        now = time.monotonic()
        due = [when for when in (self._announce_at, self._deadline) if when is not None]
        # A thread that is not ours may have taken the news of the end.
        return signal.sigtimedwait(self._awaited, max(0.0, min([*due, now + _LOOK_SECONDS]) - now))

    def _on_time(self) -> None:
        now = time.monotonic()
        if self._announce_at is not None and now >= self._announce_at:
            self._announce_at = None
            self._meanwhile.announce()
        if self._deadline is not None and now >= self._deadline:
            self._out_of_time()

    def _ended(self) -> "tuple[int, struct_rusage] | None":
        stops = 0 if self._terminal is None else os.WUNTRACED
        pid, status, usage = os.wait4(self._pid, os.WNOHANG | stops)
        if pid == 0:
            return None
        if os.WIFSTOPPED(status):
            if self._terminal is not None and os.WSTOPSIG(status) != signal.SIGSTOP:
                self._terminal.stop_job()
            return None
        return status, usage

    def _pass_on(self, came: signal.struct_siginfo) -> None:
        self.interrupted = True
        if self._terminal is not None:
            self._send_group(came.si_signo)
        elif came.si_code != _SI_KERNEL or came.si_signo not in _FROM_THE_KEYBOARD:
            with suppress(PermissionError):
                os.kill(self._pid, came.si_signo)

    def _out_of_time(self) -> None:
        if self.timed_out:
            self._deadline = None
            self._send_group(signal.SIGKILL)
        else:
            self.timed_out = True
            self._deadline = time.monotonic() + _GRACE_SECONDS
            self._send_group(signal.SIGTERM)
            self._send_group(signal.SIGCONT)

    def _send_group(self, number: int) -> None:
        with suppress(PermissionError):  # A command of another user's, as by sudo, cannot be signalled.
            os.killpg(self._pid, number)

    def _end_group(self) -> None:
        # The first process is gone; git may still be removing its lock files.
        with suppress(OSError):
            while self._deadline is not None and time.monotonic() < self._deadline:
                os.killpg(self._pid, 0)
                time.sleep(_GROUP_POLL_SECONDS)
            os.killpg(self._pid, signal.SIGKILL)


def _spawn(
    command: Sequence[str],
    mask: Iterable[signal.Signals | int],
    environment: Mapping[str, str],
    *,
    own_group: bool,
) -> int:
    try:
        return os.posix_spawnp(
            command[0],
            tuple(command),
            environment,
            setpgroup=0 if own_group else os.getpgrp(),
            setsigmask=mask,
            setsigdef=_IGNORED_BY_PYTHON,
        )
    except OSError as error:
        code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        raise NotRunError(f"{command[0]} cannot be run: {error.strerror}", code) from None


def _awaited() -> set[signal.Signals]:
    return {*_passed_on(), signal.SIGCHLD, SOMETHING_WRITTEN}


def _passed_on() -> set[signal.Signals]:
    """The signals that ask to end, but for those that we were told to ignore, as by nohup(1)."""
    return {one for one in _ASK_TO_END if signal.getsignal(one) is not signal.SIG_IGN}
