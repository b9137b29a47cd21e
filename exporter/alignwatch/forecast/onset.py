"""Since which commit of its target does a branch conflict?

Asked are the commits that the target's branch was on, one after the other (first parents), from the first
that the branch lacks to the newest. As a rule the branch merges cleanly into each of them up to some commit,
and into none from there on, so that halving finds that commit in a few merges. It need not be so: what made
it conflict may have been taken back and come again. So the others are tried too while there is time, those
after that commit first, and it is said how many were left.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merge, try_merges

MOST_TRIALS = 1000
"""So many merges at most, whatever time there is."""
_AT_ONCE = 16
"""In one run of git: what it writes is removed after each."""


@dataclass(frozen=True)
class Course:
    """How merges of one branch into the commits of its target went; at least one commit."""

    commits: tuple[str, ...]
    """Of the target, the oldest first. Before the first of them there was nothing to merge."""
    found: Mapping[int, Merge]
    """By the commit's place; those that were not tried, or could not be, are absent."""

    @property
    def complete(self) -> bool:
        """Whether every commit was tried."""
        return len(self.found) == len(self.commits)

    @cached_property
    def last_clean(self) -> int:
        """The place of the newest commit known to merge cleanly; -1 for what came before the first."""
        return max((place for place, merge in self.found.items() if merge.clean), default=-1)

    @property
    def onset(self) -> int | None:
        """The place of the first commit known to conflict after the last clean one; None: it is clean now."""
        return min((place for place in self.found if place > self.last_clean), default=None)

    @property
    def certain(self) -> bool:
        """Whether the onset is it, and not one of its neighbours that were not tried, nor a later one."""
        return all(place in self.found for place in range(self.last_clean + 1, len(self.commits)))

    @property
    def turns(self) -> tuple[int, ...]:
        """The places at which it is known to have changed between clean and conflicting."""
        tried = [(-1, True), *((place, self.found[place].clean) for place in sorted(self.found))]
        return tuple(place for (_, before), (place, now) in pairwise(tried) if before != now)

    def onset_of(self, path: bytes) -> int | None:
        """The place of the first commit from which on a file was in conflict in each that was tried."""
        found = None
        for place in sorted(self.found, reverse=True):
            if path not in self.found[place].conflicts:
                break
            found = place
        return found


def first_parents(git: Git, repository: Path, target: str, tip: str, deadline: float) -> tuple[str, ...]:
    """The commits that a target's branch was on and that a branch lacks, the oldest first.

    Raises:
        GitError: git could not tell.
    """
    arguments = ("rev-list", "--first-parent", "--reverse", target, f"^{tip}")
    done = git.run(repository, *arguments, deadline=deadline)
    return tuple(done.stdout.decode("ascii").split())


def course_of(
    git: Git,
    repository: Path,
    tip: str,
    commits: Sequence[str],
    deadline: float,
    settle: Callable[[int], None] = lambda _: None,
) -> Course:
    """Tries merges of a branch into commits of its target for so long; one only where the newest is clean.

    Args:
        git: runs it.
        repository: a shadow of the watched repository.
        tip: the branch's commit.
        commits: as :func:`first_parents` has them.
        deadline: seconds.
        settle: called after each run of git with the number of commits tried.

    Raises:
        GitError: git cannot do this here, or not even the newest commit could be tried.
    """
    search = _Search(git, repository, tip, tuple(commits), time.monotonic() + deadline)
    for places in search.wanted():
        search.attempt(places)
        settle(len(search.found))
    if search.error is not None and len(commits) - 1 not in search.found:
        raise search.error
    return Course(search.commits, search.found)


@dataclass
class _Search:
    git: Git
    repository: Path
    tip: str
    commits: tuple[str, ...]
    ends: float
    """Monotonic."""
    found: dict[int, Merge] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    error: GitError | None = None

    def wanted(self) -> Iterator[list[int]]:
        """What to try next, until all is tried or it has been enough."""
        yield [len(self.commits) - 1]
        while self._may_go_on():
            left = self._halves() or self._rest()
            if not left:
                return
            yield left[: MOST_TRIALS - len(self.found) - len(self.failed)]

    def attempt(self, places: list[int]) -> None:
        """Tries some; of those at which git fails together each is tried alone."""
        pairs = [(self.tip, self.commits[place]) for place in places]
        merges = try_merges(self.git, self.repository, pairs, max(self.ends - time.monotonic(), 0.01))
        self.found |= zip(places, merges.found, strict=False)
        if merges.error is None:
            return
        self.error = merges.error
        if merges.error.reason == "timeout":
            self.ends = 0.0
        elif len(places) == 1:
            self.failed.update(places)
        else:
            for place in places:
                if place not in self.found and self.ends:
                    self.attempt([place])

    def _may_go_on(self) -> bool:
        newest = self.found.get(len(self.commits) - 1)
        enough = len(self.found) + len(self.failed) >= MOST_TRIALS
        return newest is not None and not newest.clean and not enough and time.monotonic() < self.ends

    def _halves(self) -> list[int]:
        """The middle between the last clean commit and the first conflicting one after it."""
        course = Course(self.commits, self.found)
        between = self._untried(range(course.last_clean + 1, course.onset or 0))
        return between[len(between) // 2 :][:1]

    def _rest(self) -> list[int]:
        """Some of the others: those after the onset first, spread out, so that a lapse is soon met."""
        count = len(self.commits)
        later = self._untried(range(Course(self.commits, self.found).onset or 0, count))
        left = later or self._untried(range(count))
        return left[:: max(1, len(left) // _AT_ONCE)][:_AT_ONCE]

    def _untried(self, places: Iterable[int]) -> list[int]:
        return [place for place in places if place not in self.found and place not in self.failed]
