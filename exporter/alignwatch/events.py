"""What happened to branches, as people and scripts see it: one row an event, the newest first."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from alignwatch.journal.events import Event
from alignwatch.patterns import matches_any
from alignwatch.row_list import RowList
from alignwatch.text import span, table, timestamp

_SHOWN_PATHS = 3
_DIGITS = 12


class EventRow(Struct, frozen=True, kw_only=True):
    """One event, as ``events --json`` and ``GET /api/v1/events`` give it."""

    repository: str
    event: str
    branch: str
    tip_before: str | None
    """Object id of where the branch was; null where it was not seen before."""
    tip_after: str | None
    """Where it was then; null for a branch that is gone."""
    commit: str
    """What did it."""
    paths: tuple[str, ...]
    """The first of the paths concerned."""
    path_count: int
    """How many there are in all."""
    detail: str
    seen: str
    """RFC 3339, UTC."""


EventList = RowList[EventRow]
NO_EVENTS = EventList.of(())


def event_rows(events: Iterable[Event]) -> list[EventRow]:
    """Their rows, in the same order."""
    return [
        EventRow(
            repository=one.repository,
            event=one.event,
            branch=one.branch,
            tip_before=one.tip_before,
            tip_after=one.tip_after,
            commit=one.commit,
            paths=one.paths,
            path_count=one.path_count,
            detail=one.detail,
            seen=timestamp(one.seen),
        )
        for one in events
    ]


def select_events(
    rows: Iterable[EventRow],
    repositories: Sequence[str] = (),
    events: Sequence[str] = (),
    patterns: Sequence[str] = (),
) -> list[EventRow]:
    """The rows that are wanted, in their order; what is empty does not filter.

    Args:
        rows: the rows.
        repositories: their names.
        events: the words for what happened.
        patterns: of branch names, as the shell knows them.
    """
    return [
        row
        for row in rows
        if (not repositories or row.repository in repositories)
        and (not events or row.event in events)
        and (not patterns or matches_any(row.branch, patterns))
    ]


def event_table(rows: Iterable[EventRow], now: float) -> str:
    """The rows for a terminal, each with its age."""
    from datetime import datetime

    shown = list(rows)
    several = len({row.repository for row in shown}) > 1
    header = [*(["REPOSITORY"] if several else []), "AGE", "BRANCH", "EVENT", "COMMIT", "DETAIL", "PATHS"]
    lines = [
        [
            *([row.repository] if several else []),
            span(max(0.0, now - datetime.fromisoformat(row.seen).timestamp())),
            row.branch,
            row.event,
            row.commit[:_DIGITS],
            row.detail,
            paths_in_short(row.paths, row.path_count),
        ]
        for row in shown
    ]
    return table(header, lines)


def paths_in_short(paths: Sequence[str], count: int) -> str:
    """The first few paths, and how many more there are."""
    shown = paths[:_SHOWN_PATHS]
    named = ", ".join(shown)
    return f"{named} and {count - len(shown)} more" if shown and count > len(shown) else named
