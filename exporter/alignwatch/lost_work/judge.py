"""Is what a branch held until lately still somewhere?

Its commits are gone when no ref reaches them, nor what a work tree is on, nor any stash. That alone happens
all day: a branch is rebased or amended, or squashed into its target and deleted. So a commit that is gone is
not *lost* where a commit that a ref reaches has the same patch, or names it in its message, as
``git merge --squash`` and ``git cherry-pick -x`` do; and none is where one commit has the patch of them all
together, which is what a squash leaves. Merges and empty commits are no work.

What this gets wrong: work that was altered on its way in, with a message that does not say what it came from
(a squash with conflicts and ``-m``), is called lost, and so is work of which a squash took a part.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git
from alignwatch.git.patches import Patch, files_of, patch_ids
from alignwatch.git.reach import ALL_REFS

_MOST_COMPARED = 500
"""So many of the commits that are gone, the newest, are looked for under other ids."""
_MOST_SEARCHED = 20_000
"""Among so many commits that concern one of their files, the newest."""
_MOST_ALIKE = 400
"""And so many of those that concern the same files have their patches compared, again the newest."""
_DAY = 86400
"""Clocks of those who commit differ."""


class Loss(NamedTuple):
    """What became of the commits that a branch held."""

    commits: int
    """Lost ones."""
    found: int
    """Those that are gone, and there under another id."""


class _Gone(NamedTuple):
    commit: str
    written: int
    """When its author wrote it, which a copy keeps; in seconds since the epoch."""


def loss_of(git: Git, repository: Path, tip: str, target: str | None, deadline: float) -> Loss:
    """Looks for the work of a branch that is no more.

    Args:
        git: runs it.
        repository: the repository.
        tip: the commit that the branch was at.
        target: the commit that its target is at, if there is one.
        deadline: seconds for all of it.

    Raises:
        GitError: it could not be found out.
    """
    return _Search(git, repository, time.monotonic() + deadline).loss(tip, target)


class _Search(NamedTuple):
    git: Git
    repository: Path
    ends: float
    """Monotonic."""

    def loss(self, tip: str, target: str | None) -> Loss:
        gone = self._gone(tip)
        if not gone:
            return Loss(0, 0)
        own = [Patch(one.commit) for one in gone[:_MOST_COMPARED]]
        base = self._merge_base(tip, target)
        whole = [Patch(tip, base)] if base else []
        since = max(0, min(one.written for one in gone) - _DAY)
        alike = self._alike([*own, *whole], since)
        there = set(self._ids(alike).values())
        if there.intersection(self._ids(whole).values()):
            return Loss(0, len(gone))
        ids, named = self._ids(own), self._named(own, since)
        found = sum(1 for commit, patch in ids.items() if patch in there or commit in named)
        return Loss(len(ids) - found + len(gone) - len(own), found)

    def _gone(self, tip: str) -> Sequence[_Gone]:
        """The commits that only this tip reaches, without merges, the newest first."""
        # Only the last stash has a ref; the others are in its log. Where there is none git ends with 128.
        stashes = self._run("rev-list", "--walk-reflogs", "refs/stash", "--", expected=(0, 128)).split()
        listed = self._run(
            *("rev-list", "--no-merges", "--ignore-missing", "--no-commit-header", "--format=%H %at"),
            *(tip, *ALL_REFS, *stashes),
        )
        return [_Gone(commit, int(written)) for commit, written in map(str.split, listed.splitlines())]

    def _merge_base(self, tip: str, target: str | None) -> str:
        if target is None:
            return ""
        return self._run("merge-base", target, tip, expected=(0, 1)).strip()

    def _alike(self, patches: Sequence[Patch], since: int) -> Sequence[Patch]:
        """Commits in refs that concern the very files that one of the patches does."""
        wanted = {files for _, files in files_of(self.git, self.repository, patches, self._left())}
        # Who concerns the same files concerns the first of them, which leaves few to look at.
        paths = {path for path in map(min, wanted) if b"\n" not in path}
        if not paths:
            return ()
        listed = self._run(
            *("rev-list", "--no-merges", "--full-history", "--ignore-missing", f"--max-age={since}"),
            *(f"--max-count={_MOST_SEARCHED}", "--all", "--stdin"),
            stdin=b"--\n" + b"".join(b":(top,literal)%s\n" % path for path in paths),
        )
        searched = [Patch(commit) for commit in listed.split()]
        found = files_of(self.git, self.repository, searched, self._left())
        return [Patch(commit) for commit, files in found if files in wanted][:_MOST_ALIKE]

    def _named(self, patches: Sequence[Patch], since: int) -> set[str]:
        """Those that the message of a commit in refs names by its full id."""
        messages = self._run(
            *("rev-list", "--no-commit-header", "--format=%B", "--ignore-missing", f"--max-age={since}"),
            *("--all", "--fixed-strings", *(f"--grep={one.commit}" for one in patches)),
        )
        return {one.commit for one in patches if one.commit in messages}

    def _ids(self, patches: Sequence[Patch]) -> dict[str, str]:
        return patch_ids(self.git, self.repository, patches, self._left())

    def _run(self, *arguments: str, expected: Sequence[int] = (0,), stdin: bytes = b"") -> str:
        done = self.git.run(
            self.repository, *arguments, deadline=self._left(), stdin=stdin, expected=expected, nice=True
        )
        return done.stdout.decode("ascii", "replace")

    def _left(self) -> float:
        return max(0.0, self.ends - time.monotonic())
