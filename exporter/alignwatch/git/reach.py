"""What some commits reach and others do not, in one walk.

As in :mod:`alignwatch.git.revisions`, each tip is one bit of an integer. git leaves out what the others
reach, so that only the remainder is walked.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.tally import Tally

ALL_REFS = ("--not", "--all")
"""Arguments that stand for every ref, the stash, and what any work tree is on."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Commits that tips reach and the others do not."""

    counts: Mapping[str, int]
    """By tip. Absent: what is no commit, is missing, or has a history that cannot be read."""
    commits: int
    """Distinct ones, all these tips together."""
    oldest: float | None
    """Commit time of the oldest, in seconds since the epoch; None if there are none."""
    problem: str | None = None
    """Why tips that exist are absent, for people."""


def reach_beyond(
    git: Git,
    repository: Path,
    tips: Iterable[str],
    others: Iterable[str],
    deadline: float,
    arguments: Sequence[str] = (),
) -> Beyond:
    """Counts the commits that each tip reaches and none of the others does.

    A missing commit ends a walk: the tips are then halved until it is known which of them it concerns,
    and the rest is counted without them.

    Args:
        git: runs it.
        repository: the repository.
        tips: object ids.
        others: object ids of commits or tags. What is missing, or a tag of something else, excludes nothing.
        deadline: seconds for all of it.
        arguments: further ones of ``git rev-list`` that name others.

    Raises:
        GitError: git could not tell which tips there are, or of none of them what it reaches.
    """
    ends = time.monotonic() + deadline
    there = _existing(git, repository, tips, deadline)
    search = _Search(git, repository, [f"^{one}" for one in dict.fromkeys(others)], tuple(arguments), ends)
    try:
        return search.walk(there)
    except GitError as error:
        sound = search.sound(there)
        if not sound:
            raise
        return replace(search.walk(sound), problem=str(error))


def _existing(git: Git, repository: Path, tips: Iterable[str], deadline: float) -> list[str]:
    """Those of the tips that are commits; one that is damaged is none, whatever git says about it."""
    asked = list(dict.fromkeys(tips))
    stdin = "".join(f"{tip}\n" for tip in asked).encode()
    done = git.run(repository, "cat-file", "--batch-check=%(objecttype)", deadline=deadline, stdin=stdin)
    return [tip for tip, kind in zip(asked, done.stdout.splitlines(), strict=True) if kind == b"commit"]


@dataclass(frozen=True, slots=True)
class _Search:
    git: Git
    repository: Path
    excluded: Sequence[str]
    arguments: tuple[str, ...]
    ends: float
    """Monotonic."""

    def walk(self, tips: Sequence[str]) -> Beyond:
        """One walk from all these tips."""
        if not tips:
            return Beyond({}, 0, None)
        tally = Tally(len(tips))
        oldest: int | None = None
        reached = {tip.encode(): 1 << index for index, tip in enumerate(tips)}
        with self.git.lines(
            self.repository,
            *("rev-list", "--topo-order", "--parents", "--timestamp", "--ignore-missing", "--stdin"),
            *self.arguments,
            deadline=self._left(),
            stdin="".join(f"{one}\n" for one in (*tips, *self.excluded)).encode(),
        ) as lines:
            for line in lines:
                stamp, commit, *parents = line.split()
                mask = reached.pop(commit)
                tally.add(mask)
                when = int(stamp)
                oldest = when if oldest is None or when < oldest else oldest
                for parent in parents:
                    reached[parent] = reached.get(parent, 0) | mask
        return Beyond(dict(zip(tips, tally.totals(), strict=True)), tally.commits, oldest)

    def sound(self, tips: Sequence[str]) -> list[str]:
        """Those of the tips whose history can be read, as far as time suffices."""
        if time.monotonic() >= self.ends:
            return []
        try:
            self.walk(tips)
        except GitError:
            half = len(tips) // 2
            return [*self.sound(tips[:half]), *self.sound(tips[half:])] if half else []
        return list(tips)

    def _left(self) -> float:
        return max(0.0, self.ends - time.monotonic())
