"""Where a branch pointed in a span of time, as far as git's own log of it reaches."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git

_PLACES = ("refs/heads", "refs/remotes")
_MOST_ENTRIES = 10_000
_CLOCK_LAG_SECONDS = 0.02
"""time(2), from which git has its seconds, may be behind the clock by a tick or two."""


class Past(NamedTuple):
    """What a branch pointed to, the oldest first."""

    tips: tuple[str, ...]
    """Where it was when the span began, and each place that it went to in it. Empty without a branch."""
    complete: bool
    """Whether that is all. Otherwise the log does not reach back so far, or the branch moved in a second in
    which the span may have begun by git's clock; without a log, the tip is the present one."""


def first_second(start: float) -> int:
    """The earliest that git may note for what happened from a moment on, in seconds since the epoch."""
    return math.floor(start - _CLOCK_LAG_SECONDS)


def past_of(git: Git, repository: Path, branch: str, start: float, end: float, deadline: float) -> Past:
    """Reads the reflog of a local or else of a remote branch.

    Git notes whole seconds: what happened in the span's first one counts as before it, in its last as in it.

    Args:
        git: runs it.
        repository: the repository.
        branch: its name after ``refs/heads/`` or ``refs/remotes/``; any text.
        start: the span's begin, in seconds since the epoch.
        end: its end.
        deadline: seconds for each of at most three commands.

    Raises:
        GitError: git could not tell.
    """
    if not branch or "\0" in branch:
        return Past((), False)
    refs = [f"{place}/{branch}" for place in _PLACES]
    found = git.run(repository, "for-each-ref", "--format=%(refname) %(objectname)", *refs, deadline=deadline)
    # What is no name to git may be a pattern, and a name finds those below it as well.
    tips = dict(line.split(" ") for line in found.stdout.decode("utf-8", "replace").splitlines())
    for ref in refs:
        if ref in tips:
            moves = _moves(git, repository, ref, deadline)
            # An empty log tells of a branch that has not moved for longer than git keeps entries.
            if not moves and _is_logged(git, repository, ref, deadline):
                return Past((tips[ref],), True)
            within, complete = _within(moves, start, int(end))
            return Past(within or (tips[ref],), complete)
    return Past((), False)


def _moves(git: Git, repository: Path, ref: str, deadline: float) -> list[tuple[int, str]]:
    """When it was moved, and where to; the newest first."""
    moves = []
    done = git.run(
        repository,
        *("log", "--walk-reflogs", "--date=unix", "--format=%H %gd", f"--max-count={_MOST_ENTRIES}"),
        *(ref, "--"),
        deadline=deadline,
    )
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        tip, _, selector = line.partition(" ")
        moves.append((int(selector.rpartition("@{")[2].removesuffix("}")), tip))
    return moves


def _is_logged(git: Git, repository: Path, ref: str, deadline: float) -> bool:
    return git.run(repository, "reflog", "exists", ref, deadline=deadline, expected=(0, 1)).exit_code == 0


def _within(moves: Iterable[tuple[int, str]], start: float, end: int) -> tuple[tuple[str, ...], bool]:
    tips: list[str] = []
    for time, tip in moves:
        if time <= end:
            tips.append(tip)
            if time <= start:
                return tuple(reversed(tips)), time < first_second(start)
    return tuple(reversed(tips)), False
