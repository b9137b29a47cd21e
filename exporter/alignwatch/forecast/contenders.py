"""Which branches are tried against each other, and what each of them did itself."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from alignwatch.drift import active_branches
from alignwatch.forecast.memory import Pair
from alignwatch.forecast.planner import bases_of
from alignwatch.forecast.sides import intersection
from alignwatch.git.changes import Changes, comparing, trees_of
from alignwatch.git.command import Git, GitError
from alignwatch.git.revisions import Drift
from alignwatch.settings import Repository
from alignwatch.snapshot import Branch, BranchState, DivergenceReading

_DAY = 86400.0
_LANDING = frozenset({BranchState.ALIGNED, BranchState.BEHIND, BranchState.CLEAN, BranchState.CONFLICTING})


@dataclass(frozen=True, slots=True)
class Contender:
    """A branch that may land, seen from where it left its target."""

    tip: str
    target: str
    """The target's name."""
    merge_bases: tuple[str, ...]

    @property
    def commits(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.merge_bases, self.tip)


Contenders = Mapping[str, Contender]
"""By the branch's name, the youngest first."""


def contenders_of(
    reading: DivergenceReading,
    drifts: Mapping[Pair, Drift],
    settings: Repository,
    limit: int,
    now: float,
) -> dict[str, Contender]:
    """The most recently active branches of a repository that have something to land.

    A remote's branch counts where it is not one of the repository's own, too.

    Args:
        reading: all its branches.
        drifts: by the commits of branch and target; where one is missing the merge bases are left out.
        settings: the repository's: who is a primary, and how young a tip is active.
        limit: at most so many.
        now: seconds since the epoch.
    """
    here = {branch.name for branch in reading.branches if branch.remote is None}
    landing = (
        branch
        for branch in reading.branches
        if branch.state in _LANDING
        and (plain := _plain(branch)) not in settings.primaries
        and (branch.remote is None or plain not in here)
    )
    active = active_branches(landing, now - settings.branch_series.active_days * _DAY)
    return {branch.name: contender_of(branch, reading, drifts) for branch in active[:limit]}


def contender_of(branch: Branch, reading: DivergenceReading, drifts: Mapping[Pair, Drift]) -> Contender:
    """One branch of a repository as a contender; arguments as of :func:`contenders_of`."""
    drift = drifts.get((branch.tip, reading.target_tips.get(branch.target, "")))
    return Contender(branch.tip, branch.target, bases_of(drift) if drift else ())


def _plain(branch: Branch) -> str:
    """Its name in the repository that it is of."""
    return branch.name if branch.remote is None else branch.name.removeprefix(f"{branch.remote}/")


def pair_of(one: Contender, other: Contender) -> Pair | None:
    """The pair of commits to try; None where both never land in one place, or are the same."""
    if one.target != other.target or one.tip == other.tip:
        return None
    return min(one.tip, other.tip), max(one.tip, other.tip)


def matches_of(contenders: Contenders) -> dict[Pair, tuple[Contender, Contender]]:
    """Each pair of commits and whose they are; the youngest branches come first, with each other."""
    ordered = list(dict.fromkeys(contenders.values()))
    found: dict[Pair, tuple[Contender, Contender]] = {}
    for number, older in enumerate(ordered):
        for younger in ordered[:number]:
            pair = pair_of(younger, older)
            if pair is not None:
                found.setdefault(pair, (younger, older) if pair[0] == younger.tip else (older, younger))
    return found


def own_changes(
    git: Git, repository: Path, contenders: Iterable[Contender], deadline: float
) -> dict[Contender, Changes]:
    """What each did itself: where its tip differs from all its merge bases with its target.

    One of which a commit or tree cannot be read is left out.

    Raises:
        GitError: out of time, or git could not be started.
    """
    ends = time.monotonic() + deadline
    wanted = list(dict.fromkeys(contenders))
    trees = trees_of(git, repository, chain.from_iterable(one.commits for one in wanted), deadline)
    left = [one for one in wanted if trees.keys() >= set(one.commits)]
    found: dict[Contender, Changes] = {}
    while left:
        compared = 0
        try:
            for changes in _compare(git, repository, left, trees, ends - time.monotonic()):
                found[left[compared]] = changes
                compared += 1
        except GitError as error:
            if error.exit_code_of_git is None:
                raise
        # The next one's files are damaged; the others may be sound.
        left = left[compared + 1 :]
    return found


def _compare(
    git: Git, repository: Path, contenders: Sequence[Contender], trees: Mapping[str, str], deadline: float
) -> Iterator[Changes]:
    """What each did itself, in their order, until git fails."""
    asked = [(trees[base], trees[one.tip]) for one in contenders for base in one.merge_bases]
    with comparing(git, repository, asked, max(deadline, 0.01)) as changes:
        for one in contenders:
            several = list(islice(changes, len(one.merge_bases)))
            if len(several) < len(one.merge_bases):
                return
            yield intersection(several)
