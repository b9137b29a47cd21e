"""What happened to branches: noted once, counted for ever, and how far a history has been judged."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

SHOWN = 200
"""So many of the newest events of one repository are read."""
KEPT = 2000
"""So many of the newest events of one repository are kept; the totals are kept for ever."""

_NOTE = """
    INSERT INTO events
        (repository, event, branch, tip_before, tip_after, commit_id, paths, path_count, detail, seen)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_IS_NOTED = """
    SELECT EXISTS (
        SELECT * FROM events
        WHERE repository = ? AND event = ? AND branch = ? AND commit_id = ? AND seen = ?
    )
"""
_COUNT = """
    INSERT INTO event_totals VALUES (?, ?, ?, 1, ?)
    ON CONFLICT DO UPDATE SET count = count + 1, last_seen = max(last_seen, excluded.last_seen)
"""
_PRUNE = """
    DELETE FROM events WHERE repository = ?1 AND number <= (
        SELECT number FROM events WHERE repository = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2
    )
"""
_NEWEST = """
    SELECT repository, event, branch, tip_before, tip_after, commit_id, paths, path_count, detail, seen
    FROM (
        SELECT *, row_number() OVER (PARTITION BY repository ORDER BY number DESC) AS position FROM events
    )
    WHERE position <= ? ORDER BY number DESC
"""


class Event(NamedTuple):
    """One thing that happened to one branch."""

    repository: str
    event: str
    """What: one of the words of whoever noted it, fit for a label."""
    branch: str
    tip_before: str | None
    """Where the branch was when it was last looked at."""
    tip_after: str | None
    """Where it was then; None for a branch that is gone."""
    commit: str
    """The commit that did it."""
    paths: tuple[str, ...]
    """The first of the paths concerned, for people."""
    path_count: int
    """How many there are in all."""
    detail: str
    """One line for people."""
    seen: float
    """When it was found out, in seconds since the epoch."""


class EventTotal(NamedTuple):
    """All events ever noted that share these three."""

    repository: str
    event: str
    branch: str
    number: int
    last_seen: float


def note(connection: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Adds and counts events; one that was noted already, seen at that moment, is left as it is."""
    repositories = set()
    for one in events:
        key = (one.repository, one.event, one.branch, one.commit, one.seen)
        if connection.execute(_IS_NOTED, key).fetchone()[0]:
            continue
        paths = json.dumps(one.paths)
        connection.execute(_NOTE, (*one[:6], paths, one.path_count, one.detail, one.seen))
        connection.execute(_COUNT, (one.repository, one.event, one.branch, one.seen))
        repositories.add(one.repository)
    for repository in repositories:
        connection.execute(_PRUNE, (repository, KEPT))


def primary_tips(connection: sqlite3.Connection, repository: str) -> dict[str, str]:
    """Each primary's commit up to which its history has been judged; those never seen are absent."""
    return dict(
        connection.execute("SELECT branch, tip FROM primary_tips WHERE repository = ?", (repository,))
    )


def move_primaries(connection: sqlite3.Connection, repository: str, tips: Mapping[str, str]) -> None:
    """Notes that the histories of primaries have been judged up to these commits."""
    connection.executemany(
        "INSERT OR REPLACE INTO primary_tips VALUES (?, ?, ?)",
        [(repository, branch, tip) for branch, tip in tips.items()],
    )


def newest(connection: sqlite3.Connection, limit: int = SHOWN) -> tuple[Event, ...]:
    """So many of the newest events of each repository, the newest first."""
    rows = map(Event._make, connection.execute(_NEWEST, (limit,)))
    return tuple(row._replace(paths=tuple(json.loads(str(row.paths)))) for row in rows)


def totals(connection: sqlite3.Connection) -> tuple[EventTotal, ...]:
    """How often what happened, ever."""
    rows = connection.execute("SELECT * FROM event_totals ORDER BY repository, event, branch")
    return tuple(EventTotal(*row) for row in rows)
