"""The only place that runs git.

Every run has an argument list (never a shell), a deadline, an environment of our own, and git's side
effects turned off: no optional locks, no hooks, no fsmonitor, no pager, no prompts, no automatic
maintenance, no network. A watched repository's configuration can therefore not make us run anything.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alignwatch.errors import AlignwatchError
from alignwatch.shell import word

_OVERRIDES = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.askPass=",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "log.showSignature=false",
)
_CHUNK = 1 << 16
_GRACE = 5.0
_KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_EXEC_PATH",
)
_TRACE = "GIT_TRACE2_EVENT"
LOOK = "ALIGNWATCH_LOOK"
"""A variable that every git of ours has which only looks, whichever of our processes runs it."""
_FORCED_VARIABLES = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_FLUSH": "0",
    _TRACE: "0",
}


class GitError(AlignwatchError):
    """git could not be run, ran out of time or ended with an exit code that was not expected."""

    def __init__(self, message: str, *, reason: str, exit_code_of_git: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """A bounded word, fit for a label: ``timeout``, ``no_git``, ``missing``, ``ownership``, ``git``."""
        self.exit_code_of_git = exit_code_of_git


@dataclass(frozen=True, slots=True)
class Completed:
    """What a finished git said."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Git:
    """Runs git; ends what still runs when it is closed."""

    def __init__(
        self,
        executable: str = "git",
        environment: Mapping[str, str] | None = None,
        *,
        traced: bool = False,
        inherited: Sequence[int] | None = None,
    ) -> None:
        """Takes what runs git.

        Args:
            executable: the program.
            environment: ours, if it is another one than this process's.
            traced: whether trace2 may see what we run.
            inherited: descriptors that git and its children keep open. They then stay in our process group,
                for whoever ends that, and git is asked to end before it is killed: it removes its locks.
        """
        source = os.environ if environment is None else environment
        self._executable = executable
        self._inherited = inherited
        self._environment = {name: source[name] for name in _KEPT_VARIABLES if name in source}
        self._environment |= _FORCED_VARIABLES
        if inherited is None:
            self._environment[LOOK] = "1"
        if traced:
            self._environment.pop(_TRACE)
            if _TRACE in source:
                self._environment[_TRACE] = source[_TRACE]
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(
        self,
        repository: Path,
        *arguments: str,
        deadline: float,
        stdin: bytes = b"",
        expected: Sequence[int] = (0,),
        nice: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Runs one git command in a repository and returns all that it said.

        Args:
            repository: a work tree or a bare repository.
            arguments: the subcommand and its arguments.
            deadline: seconds after which git and its children are killed.
            stdin: bytes for its standard input.
            expected: exit codes that are an answer rather than a failure; empty for any.
            nice: give way to everything else on the machine.
            environment: variables that this run sees besides ours.

        Raises:
            GitError: no git, no such folder, out of time, or an unexpected exit code.
        """
        with self._started(repository, arguments, nice, environment) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout=deadline)
            except subprocess.TimeoutExpired:
                self._end(process)
                raise _timed_out(repository, arguments, deadline) from None
        if expected and process.returncode not in expected:
            raise _failed(repository, arguments, process.returncode, stderr)
        return Completed(process.returncode, stdout, stderr)

    @contextmanager
    def lines(
        self,
        repository: Path,
        *arguments: str,
        deadline: float,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        hear: Callable[[bytes], None] | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """Streams the lines that one git command prints, newline included.

        Leaving the block before the end kills git. Arguments and errors are those of :meth:`run`;
        an unexpected exit code raises when the block ends.

        Args:
            repository: as in :meth:`run`.
            arguments: as in :meth:`run`.
            deadline: as in :meth:`run`.
            stdin: as in :meth:`run`.
            environment: as in :meth:`run`.
            hear: is given what git says on standard error as soon as it does, on a thread of its own.
        """
        with self._streamed(
            repository, arguments, deadline, stdin, environment=environment, hear=hear
        ) as pipe:
            yield iter(pipe)

    @contextmanager
    def fields(
        self,
        repository: Path,
        *arguments: str,
        deadline: float,
        stdin: bytes = b"",
        nice: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """Streams what one git command prints with ``-z``, cut at each NUL, which is left out.

        As :meth:`lines`. What git said before it failed or was killed has been handed out by the time
        the error is raised; the last field may then be cut short.

        Args:
            repository: as in :meth:`run`.
            arguments: as in :meth:`run`.
            deadline: as in :meth:`run`.
            stdin: as in :meth:`run`.
            nice: as in :meth:`run`.
            environment: as in :meth:`run`.
        """
        with self._streamed(repository, arguments, deadline, stdin, nice, environment) as pipe:
            yield _cut(pipe)

    @contextmanager
    def _streamed(
        self,
        repository: Path,
        arguments: Sequence[str],
        deadline: float,
        stdin: bytes,
        nice: bool = False,
        environment: Mapping[str, str] | None = None,
        hear: Callable[[bytes], None] | None = None,
    ) -> Iterator[IO[bytes]]:
        with self._started(repository, arguments, nice, environment) as process:
            expired = threading.Event()

            def expire() -> None:
                expired.set()
                self._end(process)

            timer = threading.Timer(deadline, expire)
            timer.daemon = True
            errors: list[bytes] = []
            helpers = [
                threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True),
                threading.Thread(target=_drain, args=(process.stderr, errors, hear), daemon=True),
            ]
            for thread in (timer, *helpers):
                thread.start()
            assert process.stdout is not None  # noqa: S101  # Popen was given a pipe
            try:
                yield process.stdout
                process.wait()
                for thread in helpers:
                    thread.join()
            finally:
                timer.cancel()
        if expired.is_set():
            raise _timed_out(repository, arguments, deadline)
        if process.returncode != 0:
            raise _failed(repository, arguments, process.returncode, b"".join(errors))

    def close(self) -> None:
        """Kills what still runs and refuses to start anything more."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            self._end(process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if self._inherited is None:
            _kill(process)
        else:
            _ask_to_end(process)

    @contextmanager
    def _started(
        self,
        repository: Path,
        arguments: Sequence[str],
        nice: bool,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[subprocess.Popen[bytes]]:
        if not repository.is_dir():
            raise GitError(f"{repository}: no such folder", reason="missing")
        command = [self._executable, "--no-pager", "-C", os.fspath(repository)]
        for override in _OVERRIDES:
            command += ["-c", override]
        try:
            with self._lock:
                if self._closed:
                    raise GitError("git is not started any more: shutting down", reason="git")
                process = subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**self._environment, **(environment or {})},
                    start_new_session=self._inherited is None,
                    pass_fds=self._inherited or (),
                )
                self._running.add(process)
        except FileNotFoundError:
            raise GitError(
                f"no {self._executable!r} on PATH; install git (apt-get install git)", reason="no_git"
            ) from None
        except OSError as error:
            raise GitError(f"{repository}: git could not be started: {error}", reason="git") from None
        if nice and self._inherited is None:
            with suppress(OSError):
                os.setpriority(os.PRIO_PGRP, process.pid, 19)
        try:
            yield process
        finally:
            if process.poll() is None:
                self._end(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                with suppress(OSError, ValueError):
                    if pipe is not None:
                        pipe.close()
            with self._lock:
                self._running.discard(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # A child stuck in the kernel (a dead network mount) cannot be reaped yet: do not wait for it.
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _cut(pipe: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := pipe.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    if rest:
        yield rest


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    if pipe is not None:
        with suppress(OSError, ValueError):
            pipe.write(data)
            pipe.close()


def _drain(pipe: IO[bytes] | None, into: list[bytes], hear: Callable[[bytes], None] | None) -> None:
    if pipe is not None:
        with suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), _CHUNK):
                into.append(chunk)
                if hear is not None:
                    hear(chunk)


def _timed_out(repository: Path, arguments: Sequence[str], deadline: float) -> GitError:
    return GitError(
        f"{repository}: git {arguments[0]} did not end within {deadline:g} s and was killed",
        reason="timeout",
    )


def _failed(repository: Path, arguments: Sequence[str], code: int, stderr: bytes) -> GitError:
    text = stderr.decode("utf-8", "backslashreplace").strip()
    line = text.splitlines()[0] if text else "no message"
    if "dubious ownership" in text:
        return GitError(
            f"{repository}: belongs to another user and git refuses it; "
            f"run: git config --global --add safe.directory {word(str(repository))}",
            reason="ownership",
            exit_code_of_git=code,
        )
    if "not a git repository" in text:
        return GitError(f"{repository}: not a git repository", reason="missing", exit_code_of_git=code)
    return GitError(
        f"{repository}: git {arguments[0]} ended with {code}: {line}", reason="git", exit_code_of_git=code
    )
