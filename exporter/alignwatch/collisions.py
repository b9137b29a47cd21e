"""The branches that collide with each other, as people and scripts see them: one row a pair."""

from collections.abc import Iterable

from msgspec import Struct

from alignwatch.patterns import matches_any
from alignwatch.row_list import RowList
from alignwatch.snapshot import CollisionsReading
from alignwatch.text import table


class CollisionRow(Struct, frozen=True, kw_only=True):
    """Two branches, as ``branches --collisions --json`` and ``GET /api/v1/collisions`` give them."""

    repository: str
    target: str
    """Of both."""
    branch: str
    other: str
    conflict_files: int
    """Files that both changed and that would conflict."""


CollisionList = RowList[CollisionRow]
NO_COLLISIONS = CollisionList.of(())


def collision_rows(repository: str, reading: CollisionsReading) -> list[CollisionRow]:
    """The rows of one repository, the youngest branches first."""
    return [
        CollisionRow(
            repository=repository,
            target=one.target,
            branch=one.one,
            other=one.other,
            conflict_files=one.conflict_files,
        )
        for one in reading.collisions
    ]


def select_collisions(
    rows: Iterable[CollisionRow], repositories: Iterable[str] = (), patterns: Iterable[str] = ()
) -> list[CollisionRow]:
    """The rows of these repositories in which either branch matches; what is empty does not filter.

    Args:
        rows: in any order, which is kept.
        repositories: their names.
        patterns: of branch names, as the shell knows them.
    """
    wanted, shapes = set(repositories), list(patterns)
    return [
        row
        for row in rows
        if (not wanted or row.repository in wanted)
        and (not shapes or matches_any(row.branch, shapes) or matches_any(row.other, shapes))
    ]


def collision_table(rows: Iterable[CollisionRow]) -> str:
    """The rows for a terminal."""
    shown = list(rows)
    several = len({row.repository for row in shown}) > 1
    header = [*(["REPOSITORY"] if several else []), "BRANCH", "COLLIDES WITH", "TARGET", "FILES"]
    lines = [
        [*([row.repository] if several else []), row.branch, row.other, row.target, str(row.conflict_files)]
        for row in shown
    ]
    return table(header, lines, right=frozenset({len(header) - 1}))
