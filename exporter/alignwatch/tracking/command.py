"""Runs a command as an alignment operation and records it in the journal."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.git.worktree_files import GitFolders, WorktreeState, find_git_folders, read_state
from alignwatch.journal.database import warn
from alignwatch.journal.store import Journal
from alignwatch.names import folder_name
from alignwatch.operation import Kind, Operation
from alignwatch.tracking.outcome import judge, kind_of
from alignwatch.tracking.process import Ended, run, signals_held


class Request(NamedTuple):
    """What is to be run, and what is known about it. What is None is found out."""

    command: Sequence[str]
    kind: Kind | None = None
    branch: str | None = None
    target: str | None = None
    repository: str | None = None
    """A watched repository's name, or a path: something with a slash, or ``.`` or ``..``."""
    timeout: float | None = None
    """Seconds."""


def track(request: Request, journal: Journal) -> int:
    """Runs the command with our standard streams, records it and returns its exit code.

    What keeps the journal from being written is said on standard error and changes nothing else.

    Raises:
        UsageError: there is no repository to record it for.
        NotRunError: the command could not be started; nothing was recorded.
    """
    folders = _folders(request.repository, journal)
    before = read_state(folders, request.branch)
    with signals_held() as mask:
        ended = run(request.command, mask, request.timeout)
        after = read_state(folders, request.branch)
        try:
            journal.record(_operation(request, journal, folders, ended, before, after))
        except AlignwatchError as error:
            warn(f"this operation is not recorded: {error}")
    return ended.exit_code


def _operation(
    request: Request,
    journal: Journal,
    folders: GitFolders,
    ended: Ended,
    before: WorktreeState,
    after: WorktreeState,
) -> Operation:
    registered = journal.repository_of(folders.common_dir)
    name = None if request.repository is None or _is_path(request.repository) else request.repository
    kind = request.kind or kind_of(request.command)
    default_target = registered.primaries[0] if registered else ""
    return Operation(
        operation_id=_new_id(ended.started),
        repository=name or (registered.name if registered else folder_name(folders.common_dir)),
        kind=kind,
        branch=request.branch or before.branch or "",
        target=request.target or default_target,
        started=ended.started,
        duration=ended.duration,
        outcome=judge(request.command, kind, ended, before, after),
        exit_code=ended.exit_code,
        resources=ended.resources,
    )


def _folders(repository: str | None, journal: Journal) -> GitFolders:
    """The folders of the repository that is meant: named, at a path, or around the working directory."""
    if repository is not None and _is_path(repository):
        start = Path(repository)
    else:
        start = Path(os.environ.get("GIT_DIR", "."))
    here = find_git_folders(start)
    if repository is not None and not _is_path(repository):
        with suppress(AlignwatchError):  # Recording will fail too, and say why.
            registered = journal.repository_named(repository)
            if registered and (here is None or here.common_dir != registered.common_dir):
                here = find_git_folders(registered.path)
    if here is None:
        raise UsageError(
            f"{repository or start.resolve()} is no git repository; "
            "change into one, or name it with --repository PATH or, if it is watched, --repository NAME"
        )
    return here


def _is_path(repository: str) -> bool:
    return "/" in repository or repository in (".", "..")


def _new_id(started: float) -> str:
    return f"track-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(started))}-{os.urandom(6).hex()}"
