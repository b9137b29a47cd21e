"""What maintenance did in a span of time: all of it in numbers, and what went wrong one by one."""

import sqlite3
from typing import NamedTuple


class Tally(NamedTuple):
    """What came of one task in one way."""

    task: str
    outcome: str
    number: int
    freed_bytes: int


class Trouble(NamedTuple):
    """One slot, or run by hand, that did not succeed. Times are seconds since the epoch."""

    task: str
    repository: str
    """Empty for what concerns the whole machine."""
    due: int | None
    """None for a run by hand."""
    ended: float
    outcome: str
    reason: str
    output: str
    """The end of what it printed."""


class Period(NamedTuple):
    """The whole."""

    tallies: tuple[Tally, ...]
    troubles: tuple[Trouble, ...]
    """The newest of each outcome, the newest first."""


_AMONG = "ended > ? AND ended <= ?"
_TALLIES = f"""
    SELECT task, outcome, count(*), coalesce(sum(freed_bytes), 0) FROM maintenance_runs
    WHERE {_AMONG} GROUP BY task, outcome
"""  # noqa: S608  # what is put together are constants
_TROUBLES = f"""
    SELECT task, repository, due, ended, outcome, reason, output FROM (
        SELECT *, row_number() OVER (PARTITION BY outcome ORDER BY number DESC) AS place
        FROM maintenance_runs WHERE {_AMONG} AND outcome != 'success'
    ) WHERE place <= ? ORDER BY number DESC
"""  # noqa: S608  # as above


def read(connection: sqlite3.Connection, since: float, until: float, limit: int) -> Period:
    """What ended after one moment and not after the other, with so many troubles of each outcome at most."""
    return Period(
        tuple(Tally(*row) for row in connection.execute(_TALLIES, (since, until))),
        tuple(Trouble(*row) for row in connection.execute(_TROUBLES, (since, until, limit))),
    )
