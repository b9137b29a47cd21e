"""Which git processes are changing a repository right now?"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from alignwatch.git.call import git_call
from alignwatch.git.command import LOOK
from alignwatch.process_table import each_process

_CHANGING = frozenset(
    "am bisect checkout cherry-pick clean commit commit-graph fast-import fetch fetch-pack filter-branch gc "  # noqa: SIM905
    "index-pack maintenance merge mergetool multi-pack-index pack-objects pack-refs prune prune-packed pull "
    "read-tree rebase receive-pack reflog repack replace reset restore revert rm stash submodule switch "
    "unpack-objects update-ref worktree".split()
)
"""Subcommands that write into a repository. A pager over ``git log`` may stay open for days."""


@dataclass(frozen=True, slots=True)
class GitProcess:
    """One git process that is not ours."""

    pid: int
    subcommand: str
    folder: str | None
    """Where it stands; None where we may not know."""

    @property
    def changes(self) -> bool:
        """Whether it may write."""
        return self.subcommand in _CHANGING

    def may_stand_in(self, folders: Sequence[Path]) -> bool:
        """Whether it stands in one of some folders, or we cannot tell."""
        return self.folder is None or self.stands_in(folders)

    def stands_in(self, folders: Sequence[Path]) -> bool:
        """Whether it stands in or below one of some folders, which are free of symbolic links."""
        return self.folder is not None and any(Path(self.folder).is_relative_to(one) for one in folders)


def foreign_git() -> Iterator[GitProcess]:
    """All git processes of the machine but our looks, and what was started by a run that this process is."""
    for process, said in each_process("cmdline"):
        call = git_call(said["cmdline"] or ())
        if call is None:
            continue
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            # One that is just ending stands nowhere any more.
            if not _is_ours(process) and (folder := _standing(process)) != "":
                yield GitProcess(process.pid, call.subcommand, folder or call.folder)


def _is_ours(process: psutil.Process) -> bool:
    # From a terminal we share its session with a commit that waits there for its editor.
    if os.getsid(0) == os.getpid() == os.getsid(process.pid):
        return True
    try:
        return LOOK in process.environ()
    except psutil.AccessDenied:
        return False


def _standing(process: psutil.Process) -> str | None:
    """Where it stands; None where we may not know."""
    try:
        return process.cwd()
    except psutil.AccessDenied:
        return None
