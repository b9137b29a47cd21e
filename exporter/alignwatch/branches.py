"""The branches as people and scripts see them: one row each, filtered and sorted."""

from collections.abc import Callable, Iterable
from typing import TextIO

from msgspec import Struct, structs

from alignwatch.patterns import matches_any
from alignwatch.row_list import RowList
from alignwatch.snapshot import Author, BranchState, DivergenceReading
from alignwatch.text import span, table, timestamp

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""


class Row(Struct, frozen=True, kw_only=True):
    """One branch, as ``branches --json`` and ``GET /api/v1/branches`` give it; null is unknown."""

    repository: str
    branch: str
    target: str
    family: str
    state: BranchState
    ahead: int | None
    behind: int | None
    tip: str
    """Object id."""
    tip_time: str | None
    """RFC 3339, UTC."""
    merge_base_time: str | None
    conflict_files: int | None
    author: Author | None = None
    unsaved: int | None = None
    """Commits that are in no primary, on no remote and in no backup."""
    collisions: int | None = None
    """Other active branches that it would conflict with."""
    conflict_growth: int | None = None
    """By how many ``conflict_files`` has grown in about a week."""
    remote: str | None = None
    """Whose branch it is, as it was last fetched; null for one of the repository's own."""

    @property
    def name_there(self) -> str:
        """The branch's name in the repository that it belongs to."""
        return self.branch.partition(f"{self.remote}/")[2] if self.remote else self.branch


BranchList = RowList[Row]
NO_BRANCHES = BranchList.of(())


class Filter(Struct, frozen=True, kw_only=True):
    """Which rows are wanted; what is empty does not filter."""

    repositories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Of branch names, as the shell knows them."""
    unsaved: bool = False
    """Only those with work that is nowhere else."""

    def passes(self, row: Row) -> bool:
        """Whether a row is wanted."""
        return (
            _among(row.repository, self.repositories)
            and _among(row.target, self.targets)
            and _among(row.family, self.families)
            and _among(row.state.value, self.states)
            and _among(row.author.value if row.author else "", self.authors)
            and (not self.patterns or matches_any(row.branch, self.patterns))
            and (not self.unsaved or bool(row.unsaved))
        )


def _among(value: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted


_KEYS: dict[str, Callable[[Row], tuple[object, ...]]] = {
    "behind": lambda row: (-_number(row.behind),),
    "ahead": lambda row: (-_number(row.ahead),),
    "conflicts": lambda row: (-_number(row.conflict_files),),
    "unsaved": lambda row: (-_number(row.unsaved),),
    "age": lambda row: (row.tip_time is None, row.tip_time or ""),
    "name": lambda row: (),
    "state": lambda row: (list(BranchState).index(row.state), -_number(row.behind)),
}
SORTS = tuple(_KEYS)
"""What rows can be sorted by: the furthest behind, furthest ahead, most conflicts, most unsaved work, oldest
first."""


def rows_of(repository: str, reading: DivergenceReading) -> list[Row]:
    """The rows of one repository, as git orders them."""
    return [
        Row(
            repository=repository,
            branch=branch.name,
            target=branch.target,
            family=branch.family,
            state=branch.state,
            ahead=branch.ahead,
            behind=branch.behind,
            tip=branch.tip,
            tip_time=_moment(branch.tip_time),
            merge_base_time=_moment(branch.merge_base_time),
            conflict_files=branch.conflict_files,
            author=branch.author,
            unsaved=branch.unsaved,
            collisions=branch.collisions,
            conflict_growth=branch.conflict_growth,
            remote=branch.remote,
        )
        for branch in reading.branches
    ]


def select(rows: Iterable[Row], wanted: Filter, sort: str, *, reverse: bool = False) -> list[Row]:
    """The rows that pass, sorted by one of :data:`SORTS`, then by repository and name."""
    key = _KEYS[sort]
    return sorted(
        filter(wanted.passes, rows),
        key=lambda row: (*key(row), row.repository, row.branch),
        reverse=reverse,
    )


def as_table(rows: Iterable[Row], now: float, *, unsaved: bool = False) -> str:
    """The rows for a terminal. Conflicts are files, age is that of the branch's tip.

    Args:
        rows: in the order in which they are shown.
        now: seconds since the epoch.
        unsaved: whether there is a column for the commits that are nowhere else.
    """
    shown = list(rows)
    several = len({row.repository for row in shown}) > 1
    header = [
        *(["REPOSITORY"] if several else []),
        "BRANCH",
        "TARGET",
        "STATE",
        "AHEAD",
        "BEHIND",
        "CONFLICTS",
        *(["UNSAVED"] if unsaved else []),
        "AGE",
    ]
    lines = [
        [
            *([row.repository] if several else []),
            row.branch,
            row.target,
            row.state.value,
            _cell(row.ahead),
            _cell(row.behind),
            _cell(row.conflict_files),
            *([_cell(row.unsaved)] if unsaved else []),
            _age(row.tip_time, now),
        ]
        for row in shown
    ]
    return table(header, lines, right=frozenset(range(header.index("AHEAD"), len(header))))


def write_csv(rows: Iterable[Row], file: TextIO) -> None:
    """The rows as comma-separated values with a header; what is unknown is empty.

    Anybody can name a branch so that a spreadsheet takes it for a formula: such a text begins with ``'``.
    """
    import csv  # Only a command writes these.

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    writer.writerows(map(_harmless, structs.astuple(row)) for row in rows)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_SIGNS) else value


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _cell(value: int | None) -> str:
    return "?" if value is None else str(value)


def _moment(seconds: float | None) -> str | None:
    # Anybody can write a commit of the year 30,000, for which there is no date.
    return None if seconds is None or seconds > _LAST_SECOND else timestamp(seconds)


def _age(moment: str | None, now: float) -> str:
    from datetime import datetime

    return "?" if moment is None else span(max(0.0, now - datetime.fromisoformat(moment).timestamp()))
