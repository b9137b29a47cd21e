"""Which branch to align next, which can go, and which should stay.

A branch that is behind its target gets up to 100 points, and says for what:

| points | for      | rule                                                                                |
|--------|----------|-------------------------------------------------------------------------------------|
| 35     | activity | halved for every two weeks since the last commit: who works on it now profits now   |
| 20     | value    | 15 for commits that the target lacks, on a logarithmic scale up to 50; 5 if some of |
|        |          | them are in no primary, on no remote and in no backup                               |
| 10     | drift    | commits behind, on a logarithmic scale up to 1,000                                  |
| 10     | growth   | files by which its conflicts grew in a week, up to 12: what waits gets harder       |
| 10     | overlap  | other active branches that it would conflict with, up to 5: who lands first spares  |
|        |          | the others the surprise                                                             |
| 15     | ease     | all if it merges cleanly; halved for every 12 files that would conflict; half of    |
|        |          | them while nobody knows                                                             |

What is not known counts nothing, but for ease. 50 commits is where the owner of this rule calls a branch
complex; 12 files is the median of conflicting merges in a repository of 649 branches.

Only what is merged counts as safe to delete: its target holds all of it. All else is to be kept, and it is
said why. Nothing is ever deleted here.
"""

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from alignwatch.branches import Row
from alignwatch.patterns import matches_any
from alignwatch.settings import Repository
from alignwatch.snapshot import BranchState
from alignwatch.text import span, table

_HALF_LIFE_SECONDS = 14 * 86400.0
_MANY_COMMITS = 50
_FAR_BEHIND = 1000
_HALVING_FILES = 12
_MANY_PARTNERS = 5
_RANKED = frozenset({BranchState.BEHIND, BranchState.CLEAN, BranchState.CONFLICTING})
_WHY_KEPT = {
    BranchState.ALIGNED: "has commits that {row.target} lacks, and nothing to take from it",
    BranchState.ORPHAN: "shares no history with {row.target}: merging it would bring in all of its own",
    BranchState.APART: "is never to be merged with {row.target}",
    BranchState.UNKNOWN: "could not be compared with {row.target}",
}


class Ranked(Struct, frozen=True, kw_only=True):
    """One branch that wants aligning."""

    points: int
    why: str
    """The rule, applied to this branch, in words."""
    row: Row


class Kept(Struct, frozen=True, kw_only=True):
    """One branch that needs no aligning, and that may not go either."""

    why: str
    row: Row


class Ranking(Struct, frozen=True, kw_only=True):
    """What to do with branches; each is in one of the three."""

    next: tuple[Ranked, ...]
    """To be aligned, the first first."""
    deletable: tuple[Row, ...]
    """Merged, and neither a primary nor protected."""
    kept: tuple[Kept, ...]


def rank(rows: Iterable[Row], repositories: Mapping[str, Repository], now: float) -> Ranking:
    """Ranks rows.

    Args:
        rows: of any repositories.
        repositories: the settings of each, by its label: who is a primary or protected.
        now: seconds since the epoch.
    """
    ranked, deletable, kept = [], [], []
    for row in rows:
        if row.state in _RANKED:
            ranked.append(_ranked(row, now))
        elif why := _why_kept(row, repositories[row.repository]):
            kept.append(Kept(why=why, row=row))
        else:
            deletable.append(row)
    return Ranking(
        next=tuple(sorted(ranked, key=lambda one: _place(one.points, one.row))),
        deletable=tuple(sorted(deletable, key=_name)),
        kept=tuple(sorted(kept, key=lambda one: _name(one.row))),
    )


def first(rows: Iterable[Row], now: float, count: int) -> list[Ranked]:
    """The beginning of :attr:`Ranking.next`, in half the time of the whole.

    Args:
        rows: of any repositories.
        now: seconds since the epoch.
        count: at most so many.
    """
    wanting = (row for row in rows if row.state in _RANKED)
    chosen = heapq.nsmallest(count, wanting, key=lambda row: _place(_points(row, now), row))
    return [_ranked(row, now) for row in chosen]


def as_table(ranking: Ranking, limit: int | None) -> str:
    """The ranking for a terminal."""
    lines = [
        [str(one.points), one.row.branch, one.row.target, one.row.state.value, one.why]
        for one in ranking.next[:limit]
    ]
    ranked = table(["POINTS", "BRANCH", "TARGET", "STATE", "WHY"], lines, right=frozenset({0}))
    counts = (
        f"{len(ranking.next)} want aligning; {len(ranking.deletable)} are merged and can be deleted; "
        f"{len(ranking.kept)} need nothing and should be kept"
    )
    return f"{ranked}\n\n{counts}"


def _place(points: int, row: Row) -> tuple[int, str, str]:
    return -points, *_name(row)


def _name(row: Row) -> tuple[str, str]:
    return row.repository, row.branch


def _why_kept(row: Row, repository: Repository) -> str | None:
    if row.state is not BranchState.MERGED:
        return _WHY_KEPT[row.state].format(row=row)
    if row.name_there in repository.primaries:
        return "is a primary"
    if matches_any(row.name_there, repository.protected):
        return "is protected"
    return None


def _ranked(row: Row, now: float) -> Ranked:
    return Ranked(points=_points(row, now), why=", ".join(_reasons(row, _age(row, now))), row=row)


def _age(row: Row, now: float) -> float:
    return now - datetime.fromisoformat(row.tip_time).timestamp() if row.tip_time else math.inf


def _points(row: Row, now: float) -> int:
    age = _age(row, now)
    points: float = (
        35 * 0.5 ** (max(0.0, age) / _HALF_LIFE_SECONDS)
        + 15 * _logarithmic(row.ahead, _MANY_COMMITS)
        + 5 * bool(row.unsaved)
        + 10 * _logarithmic(row.behind, _FAR_BEHIND)
        + 10 * _logarithmic(row.conflict_growth, _HALVING_FILES)
        + 10 * _logarithmic(row.collisions, _MANY_PARTNERS)
        + 15 * _ease(row)
    )
    return round(points)


def _reasons(row: Row, age: float) -> Iterator[str]:
    yield f"worked on {span(max(0.0, age))} ago" if row.tip_time else "age unknown"
    unsaved = f" ({row.unsaved} of them nowhere else)" if row.unsaved else ""
    yield f"{row.ahead} commits that {row.target} lacks{unsaved}"
    yield f"{row.behind} behind"
    yield _forecast(row)
    if row.conflict_growth:
        yield f"{abs(row.conflict_growth)} {'more' if row.conflict_growth > 0 else 'fewer'} than a week ago"
    if row.collisions:
        yield f"collides with {row.collisions} other active branches"


def _logarithmic(count: int | None, full: int) -> float:
    return min(1.0, math.log1p(max(0, count or 0)) / math.log1p(full))


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
