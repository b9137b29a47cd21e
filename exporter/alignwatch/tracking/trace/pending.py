"""An operation that has stopped and waits for a person, or may have."""

import os
from pathlib import Path

from msgspec import Struct

from alignwatch.git.worktree_files import GitFolders
from alignwatch.operation import Kind
from alignwatch.tracking.trace.call import Call
from alignwatch.tracking.trace.events import KINDS, GitRun
from alignwatch.tracking.trace.progress import has_stopped, seconds_at_work, sequencer_of
from alignwatch.tracking.trace.sides import fetched_branch, named_branch
from alignwatch.tracking.trace.worktrees import Place

_LEFT_BY = {
    "rebase": ("rebase-merge", "rebase-apply"),
    "am": ("rebase-apply",),
    "merge": ("MERGE_HEAD",),
    "cherry-pick": ("CHERRY_PICK_HEAD", "sequencer"),
    "revert": ("REVERT_HEAD", "sequencer"),
}
"""Files and folders that stand while one of these has stopped."""

Key = tuple[str, str]
"""Work tree, and the command that goes on in it: at most one of a kind can have stopped there."""


class Pending(Struct, frozen=True):
    """An operation that has stopped, or may have. Times are seconds, moments since the epoch."""

    operation_id: str
    repository: str
    primaries: tuple[str, ...]
    kind: Kind
    worktree: str
    sequencer: str
    git_dir: str
    """Empty for a work tree that was gone already."""
    common_dir: str
    named: str
    """The branch that the command line named as the one at work; empty without one."""
    other: str
    """The branch that the command line named as the other side; empty without one."""
    started: float
    ended: float
    """When its last process did."""
    working: float
    exit_code: int | None
    several: bool
    """Whether it may stop once more although all is well."""
    stopped: bool
    """Whether it is certain that it stopped."""
    seen: str = ""
    """The branch that was seen at work while it stood there."""
    finished: bool = False
    """Whether its last process brought it to an end, if it does not stand there still."""
    midway: bool = False
    """Whether its beginning was not seen."""
    recorded: bool = False
    """Whether somebody else records it."""
    cut_off: bool = False
    """Whether it was recorded as cut off; it is kept to know what follows."""

    @property
    def key(self) -> Key:
        """Its place."""
        return self.worktree, self.sequencer

    @property
    def folders(self) -> GitFolders:
        """Where git keeps what concerns it."""
        return GitFolders(Path(self.git_dir), Path(self.common_dir))

    def stands(self) -> bool:
        """Whether git's files show it in progress now."""
        folder = Path(self.git_dir)
        return bool(self.git_dir) and any(os.path.lexists(folder / name) for name in _LEFT_BY[self.sequencer])


def pending_of(run: GitRun, call: Call, place: Place, recorded: bool) -> Pending:
    """The operation that a process is, or is the beginning of; arguments as in :meth:`Assembly.absorb`."""
    folders, primaries = place.folders, place.repository.primaries
    kind, sequencer = KINDS[run.name], sequencer_of(run)
    other = named_branch(call.named, primaries, folders)
    if kind is Kind.PULL and folders and not other:
        other = fetched_branch(folders, run.started, run.ended)
    return Pending(
        operation_id=run.session,
        repository=place.repository.name,
        primaries=primaries,
        kind=kind,
        worktree=run.worktree or "",
        sequencer=sequencer,
        git_dir=os.fspath(folders.git_dir) if folders else "",
        common_dir=os.fspath(place.repository.common_dir),
        named=named_branch(call.branch, primaries, folders),
        other=other,
        started=run.started,
        ended=run.ended,
        working=seconds_at_work(run),
        exit_code=run.exit_code,
        several=bool(run.editing) if sequencer == "rebase" else call.several,
        stopped=has_stopped(run),
        recorded=recorded,
    )
