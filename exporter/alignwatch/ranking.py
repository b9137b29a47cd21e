"""Which branch to align next, and which can go.

A branch that is behind its target gets up to 100 points, and says for what:

| points | for      | rule                                                                              |
|--------|----------|-----------------------------------------------------------------------------------|
| 40     | activity | halved for every two weeks since the last commit: who works on it now profits now |
| 20     | value    | commits that the target lacks, on a logarithmic scale up to 50                    |
| 20     | drift    | commits behind, on a logarithmic scale up to 1,000: what waits gets harder        |
| 20     | ease     | all if it merges cleanly; halved for every 12 files that would conflict; half of  |
|        |          | them while nobody knows                                                           |

50 commits is where the owner of this rule calls a branch complex; 12 files is the median of conflicting
merges in a repository of 649 branches. Only what is merged counts as safe to delete: its target holds all
of it. Nothing is ever deleted here.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from msgspec import Struct

from alignwatch.branches import Row
from alignwatch.settings import Repository
from alignwatch.snapshot import BranchState
from alignwatch.text import span, table

_HALF_LIFE_SECONDS = 14 * 86400.0
_MANY_COMMITS = 50
_FAR_BEHIND = 1000
_HALVING_FILES = 12
_RANKED = frozenset({BranchState.BEHIND, BranchState.CLEAN, BranchState.CONFLICTING})


class Ranked(Struct, frozen=True, kw_only=True):
    """One branch that wants aligning."""

    points: int
    why: str
    """The rule, applied to this branch, in words."""
    row: Row


class Ranking(Struct, frozen=True, kw_only=True):
    """What to do with branches."""

    next: tuple[Ranked, ...]
    """To be aligned, the first first."""
    deletable: tuple[Row, ...]
    """Merged, and neither a primary nor protected."""


def rank(rows: Iterable[Row], repositories: Mapping[str, Repository], now: float) -> Ranking:
    """Ranks rows.

    Args:
        rows: of any repositories.
        repositories: the settings of each, by its label: who is a primary or protected.
        now: seconds since the epoch.
    """
    all_rows = list(rows)
    ranked = [_ranked(row, now) for row in all_rows if row.state in _RANKED]
    deletable = (
        row
        for row in all_rows
        if row.state is BranchState.MERGED and not _kept(row.branch, repositories[row.repository])
    )
    return Ranking(
        next=tuple(sorted(ranked, key=lambda one: (-one.points, one.row.repository, one.row.branch))),
        deletable=tuple(sorted(deletable, key=lambda row: (row.repository, row.branch))),
    )


def as_table(ranking: Ranking, limit: int | None) -> str:
    """The ranking for a terminal."""
    lines = [
        [str(one.points), one.row.branch, one.row.target, one.row.state.value, one.why]
        for one in ranking.next[:limit]
    ]
    ranked = table(["POINTS", "BRANCH", "TARGET", "STATE", "WHY"], lines, right=frozenset({0}))
    counts = f"{len(ranking.next)} want aligning; {len(ranking.deletable)} are merged and can be deleted"
    return f"{ranked}\n\n{counts}"


def _kept(branch: str, repository: Repository) -> bool:
    return branch in repository.primaries or any(fnmatchcase(branch, one) for one in repository.protected)


def _ranked(row: Row, now: float) -> Ranked:
    age = now - datetime.fromisoformat(row.tip_time).timestamp() if row.tip_time else math.inf
    ahead, behind = row.ahead or 0, row.behind or 0
    points = (
        40 * 0.5 ** (max(0.0, age) / _HALF_LIFE_SECONDS)
        + 20 * _logarithmic(ahead, _MANY_COMMITS)
        + 20 * _logarithmic(behind, _FAR_BEHIND)
        + 20 * _ease(row)
    )
    worked_on = f"worked on {span(max(0.0, age))} ago" if row.tip_time else "age unknown"
    parts = (worked_on, f"{ahead} commits that {row.target} lacks", f"{behind} behind", _forecast(row))
    return Ranked(points=round(points), why=", ".join(parts), row=row)


def _logarithmic(count: int, full: int) -> float:
    return min(1.0, math.log1p(count) / math.log1p(full))


def _ease(row: Row) -> float:
    if row.state is BranchState.CLEAN:
        return 1.0
    if row.conflict_files is None:
        return 0.5
    return float(0.5 ** (row.conflict_files / _HALVING_FILES))


def _forecast(row: Row) -> str:
    if row.state is BranchState.CLEAN:
        return "merges cleanly"
    if row.conflict_files is None:
        return "conflicts not forecast yet"
    return f"would conflict in {row.conflict_files} files"
