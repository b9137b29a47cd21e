"""How long the operations of the last weeks took, one by one, for their trend."""

import sqlite3
from collections.abc import Mapping, Sequence

from alignwatch.operation import Outcome

MOST = 1000
"""Operations of one repository and kind that are read: of more, every second, third and so on."""

# What was not needed took no work, and what failed took another.
_DURATIONS = """
    SELECT repository, operation, ended, duration FROM (
        SELECT
            repository, operation, ended, duration,
            row_number() OVER (PARTITION BY repository, operation ORDER BY ended) AS position,
            count(*) OVER (PARTITION BY repository, operation) AS number
        FROM operations
        WHERE ended > :since AND ended <= :until AND outcome = :success
            AND duration BETWEEN :shortest AND :longest
    )
    WHERE position % ((number - 1) / :most + 1) = 0
    ORDER BY repository, operation
"""

_SHORTEST, _LONGEST = 0.001, 31_622_400.0
"""Seconds outside which a duration is no measurement."""

Durations = Mapping[tuple[str, str], Sequence[tuple[float, float]]]
"""Repository and kind -> end of each operation in seconds since the epoch, and its seconds at work."""


def read(connection: sqlite3.Connection, since: float, until: float) -> Durations:
    """Those of the operations that succeeded between two moments."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    values = {
        "since": since,
        "until": until,
        "success": Outcome.SUCCESS.value,
        "shortest": _SHORTEST,
        "longest": _LONGEST,
        "most": MOST,
    }
    for repository, operation, ended, seconds in connection.execute(_DURATIONS, values):
        found.setdefault((repository, operation), []).append((ended, seconds))
    return found
