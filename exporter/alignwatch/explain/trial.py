"""What merges that are tried say of one branch: since when it conflicts, with whom, and what would help."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alignwatch.forecast.contenders import contenders_of, own_changes
from alignwatch.forecast.on_demand import shadow_on_demand
from alignwatch.forecast.onset import Course, course_of, first_parents
from alignwatch.git.command import Git
from alignwatch.git.merge_tree import Merge, try_merges
from alignwatch.git.refs import read_remote_tips
from alignwatch.probes.divergence import Measurement
from alignwatch.settings import Repository
from alignwatch.snapshot import Branch

_SHARE = 0.7
"""Of the time that is given, for what can always use more of it: trying older commits of the target."""
_LEAST_SECONDS = 1.0
"""For each of the other questions, however long that took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A branch, and all that is known before a merge is tried."""

    repository: Repository
    measured: Measurement
    branch: Branch

    @property
    def path(self) -> Path:
        """Of the repository."""
        return Path(self.repository.path)

    @property
    def target_tip(self) -> str:
        """Empty where the target is missing."""
        return self.measured.reading.target_tips.get(self.branch.target, "")

    @property
    def merge_bases(self) -> tuple[str, ...]:
        """The newest first; none where there are none, or where that is not known."""
        drift = self.measured.drifts.get((self.branch.tip, self.target_tip))
        return drift.merge_bases if drift else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried."""

    cache_dir: Path
    """Where git may write what is removed at the end."""
    others: int
    """So many other branches are looked at, the most recently active ones."""
    seconds: float
    """About how long it may take."""


@dataclass(frozen=True, slots=True)
class Newer:
    """A target that a remote had when it was last fetched, and that is ahead of the one here."""

    new_commits: int
    merge: Merge


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found."""

    course: Course
    newer: Mapping[str, Newer]
    """By the target's commit there."""
    changed_by: Mapping[str, frozenset[bytes]]
    """Other active branches of the same target, the youngest first, and what each changed itself."""

    @property
    def now(self) -> Merge:
        """The merge with the target as it is here."""
        return self.course.found[len(self.course.commits) - 1]

    def others_at(self, path: bytes) -> tuple[str, ...]:
        """Who else changed a file."""
        return tuple(name for name, changed in self.changed_by.items() if path in changed)


def try_out(
    git: Git,
    subject: Subject,
    effort: Effort,
    tell: Callable[[str], None],
) -> Trial:
    """Tries merges of a branch that is behind its target.

    Args:
        git: runs it.
        subject: the branch.
        effort: how much is tried.
        tell: is told how far it is.

    Raises:
        GitError: git could not tell.
        ShadowInUseError: somebody else is asking.
        OSError: the cache folder cannot be written.
    """
    branch, seconds = subject.branch, effort.seconds
    ends = time.monotonic() + seconds
    commits = first_parents(git, subject.path, subject.target_tip, branch.tip, seconds)
    shadow = shadow_on_demand(subject.path, effort.cache_dir)
    with shadow.opened(branch.tip) as repository:

        def settle(tried: int) -> None:
            shadow.empty()
            tell(f"{tried} of {len(commits)} commits of {branch.target} tried")

        def left() -> float:
            return max(ends - time.monotonic(), _LEAST_SECONDS)

        course = course_of(git, repository, branch.tip, commits, _SHARE * seconds, settle)
        tell("looking at other branches")
        clean = course.found[len(commits) - 1].clean
        changed_by = {} if clean else _changed_by_others(git, subject, repository, effort.others, left())
        return Trial(course, _newer(git, subject, repository, left()), changed_by)


def _newer(git: Git, subject: Subject, repository: Path, seconds: float) -> dict[str, Newer]:
    counts = {
        tip: _commits_beyond(git, subject.path, tip, subject.target_tip, seconds)
        for tip in dict.fromkeys(read_remote_tips(git, subject.path, subject.branch.target, seconds))
    }
    pairs = [(subject.branch.tip, tip) for tip, count in counts.items() if count]
    merges = try_merges(git, repository, pairs, seconds) if pairs else None
    found = merges.found if merges else ()
    return {tip: Newer(counts[tip], merge) for (_, tip), merge in zip(pairs, found, strict=False)}


def _commits_beyond(git: Git, repository: Path, commit: str, without: str, seconds: float) -> int:
    return int(git.run(repository, "rev-list", "--count", commit, f"^{without}", deadline=seconds).stdout)


def _changed_by_others(
    git: Git, subject: Subject, repository: Path, most: int, seconds: float
) -> dict[str, frozenset[bytes]]:
    branch, measured = subject.branch, subject.measured
    found = contenders_of(measured.reading, measured.drifts, subject.repository, most + 1, time.time())
    others = {
        name: one
        for name, one in found.items()
        # Another name of the same commit is no other work.
        if one.target == branch.target and one.tip != branch.tip and name != branch.name
    }
    changes = own_changes(git, repository, others.values(), seconds)
    return {name: frozenset(changes[one].changed) for name, one in others.items() if one in changes}
