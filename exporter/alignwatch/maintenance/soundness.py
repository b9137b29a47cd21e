"""What a repository must still be when git has rewritten its files: as it was, and sound."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git, GitError
from alignwatch.git.fsck import fsck
from alignwatch.git.refs import list_all, parse_all
from alignwatch.git.repository import Repository
from alignwatch.shell import word
from alignwatch.text import printable

_STASH = b"refs/stash"
_NAMED = 5
"""So many of what is lost are named."""
_REMEDY = "let nobody run gc or prune in it; fetch what is missing from another clone, or restore a backup"


class Names(NamedTuple):
    """All that leads to objects at one moment."""

    refs: Mapping[bytes, str]
    """Full name -> object id."""
    heads: Mapping[Path, str]
    """Git directory of each work tree -> what its HEAD holds."""
    stashes: tuple[str, ...]
    """Object ids, the newest first."""


class Inventory(NamedTuple):
    """What there was at one moment."""

    names: Names
    reachable: int
    """Objects that they lead to."""


class Soundness:
    """Looks at one repository before and after."""

    def __init__(self, git: Git, repository: Repository, deadline: float) -> None:
        self._git = git
        self._repository = repository
        self._path = repository.path
        self._deadline = deadline

    def damage(self) -> str | None:
        """What is broken, in one line; None if everything that anything leads to is there.

        Raises:
            GitError: git could not look.
        """
        for _ in range(2):
            # What somebody writes in the middle of a look may seem to be damage: that is gone in the next.
            reading = fsck(self._git, self._path, self._deadline, full=False)
            kinds = ", ".join(kind for kind, found in reading.problems.items() if found)
            if not kinds:
                return None
        said = next((line for line in reading.messages if not line.startswith("notice:")), "")
        return f"{kinds}: {printable(said)}"

    def inventory(self) -> Inventory:
        """What there is now.

        Raises:
            GitError: something is missing, or git could not tell.
        """
        names = self._names()
        return Inventory(names, self._reachable(names))

    def faults(self, before: Inventory) -> Iterator[str]:
        """What is not as it must be: broken, unreachable or gone, each in one line with its remedy.

        What others move meanwhile is theirs, so a ref may point elsewhere; all that it led to is still there.

        Raises:
            GitError: git could not look.
        """
        if damage := self.damage():
            yield f"it is damaged ({damage}); {_REMEDY}"
        try:
            reachable = self._reachable(before.names)
        except GitError as error:
            yield f"{error}; {_REMEDY}"
            return
        if reachable != before.reachable:
            yield f"{before.reachable} objects could be reached, {reachable} are left; {_REMEDY}"
        then, now = before.names, self._names()
        refs = (name for name in then.refs if name not in now.refs)
        gone = [f"git update-ref {word(os.fsdecode(name))} {then.refs[name]}" for name in refs]
        gone += [f"git stash store {oid}" for oid in then.stashes if oid not in now.stashes]
        if gone:
            commands = "; ".join(gone[:_NAMED])
            more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
            yield f"refs or stashes are gone; unless somebody removed them meanwhile: {commands}{more}"

    def _names(self) -> Names:
        refs = parse_all(list_all(self._git, self._path, self._deadline))
        return Names(refs, dict(self._heads()), self._stashes() if _STASH in refs else ())

    def _reachable(self, names: Names) -> int:
        detached = {head for head in names.heads.values() if head and not head.startswith("ref:")}
        tips = {*names.refs.values(), *names.stashes, *detached}
        if not tips:
            return 0
        done = self._git.run(
            self._path,
            # What a partial clone may lack is not missing.
            *("rev-list", "--objects", "--count", "--missing=allow-promisor", "--stdin"),
            deadline=self._deadline,
            stdin="".join(f"{tip}\n" for tip in sorted(tips)).encode(),
        )
        return int(done.stdout)

    def _heads(self) -> Iterator[tuple[Path, str]]:
        for worktree in self._repository.worktrees:
            # A linked work tree may be removed at any time.
            with suppress(FileNotFoundError):
                yield worktree.git_dir, (worktree.git_dir / "HEAD").read_text("ascii", "replace").strip()

    def _stashes(self) -> tuple[str, ...]:
        done = self._git.run(
            self._path, "rev-list", "--walk-reflogs", "refs/stash", deadline=self._deadline, expected=()
        )
        return tuple(done.stdout.decode("ascii").split())
