"""The operations that ended last, as examples of what the counters count."""

import sqlite3
from typing import NamedTuple

_LIMIT = 200
_NEWEST = """
    SELECT repository, operation, target, outcome, operation_id, ended, duration, branch, claim
    FROM operations ORDER BY ended DESC LIMIT ?
"""


class NewestOperation(NamedTuple):
    """One of the operations that ended last."""

    repository: str
    operation: str
    target: str
    outcome: str
    operation_id: str
    ended: float
    """Seconds since the epoch."""
    duration: float
    """Seconds at work."""
    branch: str = ""
    """Empty where unknown."""
    claim: str | None = None
    """The state of its claim of success, see :mod:`alignwatch.journal.claims`; None where it claims none."""


def newest(connection: sqlite3.Connection) -> tuple[NewestOperation, ...]:
    """The last of them first; so few that looking takes as long in a journal of any length."""
    return tuple(NewestOperation(*row) for row in connection.execute(_NEWEST, (_LIMIT,)))
