"""What a maintenance task is, and what it is given.

Each task is a module of :mod:`alignwatch.maintenance.tasks` that defines ``TASK``. It runs in a process of
its own, with the limits of its settings; what it prints is kept with its run.
"""

from collections.abc import Callable
from dataclasses import dataclass

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.settings import Repository, Settings


class PostponedError(AlignwatchError):
    """It must not go on now, and is put off to its next slot; the message says why."""


class SkippedError(AlignwatchError):
    """It cannot be done here, and need not be; the message says why."""


class TaskError(AlignwatchError):
    """It failed with an exit code of its own; any other :class:`AlignwatchError` fails it with 1."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be there before a task begins."""

    repository: bool = False
    """It is done for each repository; else once for the whole machine."""
    quiet: bool = False
    """Nobody may be at work in the repository: no operation in progress, no lock, no git that changes it."""
    room: bool = False
    """It takes disk space: it is not begun where the disk is nearly full."""


@dataclass(frozen=True, slots=True)
class Context:
    """What one run is given."""

    settings: Settings
    task: ScheduledTask
    """Its limits and its command."""
    repository: Repository | None
    """The one that it is done for."""
    dry_run: bool
    """Say what would be done, and change nothing."""
    git: Git
    """Its processes end with the run."""
    inherited: tuple[int, ...]
    """Descriptors that every other program that is started must be given (``pass_fds``): its lock is held
    for as long as any of them runs."""
    ensure_quiet: Callable[[], None]
    """To be called right before each step that removes or rewrites something of a repository.

    Raises :class:`PostponedError` if somebody has begun to work in it.
    """


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run that succeeded."""

    freed_bytes: int = 0
    summary: tuple[str, ...] = ()
    """Lines for people."""
    shortfall_bytes: int = 0
    """What it should have freed besides, by its own settings."""


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of maintenance."""

    summary: str
    """What it does, in one line that continues "alignwatch will ..."."""
    needs: Needs
    run: Callable[[Context], Result]
    """Does it.

    Raises:
        AlignwatchError: it failed; :class:`PostponedError` and :class:`SkippedError` are no failures.
    """
