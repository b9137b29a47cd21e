"""Single operations that are worth a look: those that took longest, and those that did not succeed."""

import sqlite3
from typing import NamedTuple

from alignwatch.journal.claims import CONFIRMED, OPEN
from alignwatch.operation import Outcome
from alignwatch.tracking.verification import UNKNOWN

_COLUMNS = "repository, operation, branch, target, outcome, started, ended, duration, waiting, claim"
_SLOWEST = f"""
    SELECT {_COLUMNS} FROM operations WHERE ended > ? AND ended <= ?
    ORDER BY duration DESC, ended DESC LIMIT ?
"""  # noqa: S608  # what is put together are constants
_TROUBLED = (Outcome.FAILED, Outcome.TIMEOUT, Outcome.ROLLED_BACK, Outcome.CONFLICT)
_BELIEVED = (OPEN, CONFIRMED, UNKNOWN)
_FAILED = f"""
    SELECT {_COLUMNS} FROM operations
    WHERE ended > ? AND ended <= ? AND (
        outcome IN ({", ".join(f"'{one.value}'" for one in _TROUBLED)})
        OR claim NOT IN ({", ".join(f"'{one}'" for one in _BELIEVED)})
    )
    ORDER BY ended DESC LIMIT ?
"""  # noqa: S608  # as above
_BIRTH = "SELECT created FROM birth"


class Single(NamedTuple):
    """One operation. Times are seconds since the epoch."""

    repository: str
    operation: str
    branch: str
    target: str
    outcome: str
    started: float
    ended: float
    duration: float
    """Seconds at work."""
    waiting: float
    """Seconds in which it waited for a person."""
    claim: str | None
    """What git says of a success that was claimed: ``open``, ``confirmed``, or the reason against it."""

    @property
    def refusal(self) -> str | None:
        """Why git does not confirm it; None for no reason."""
        return None if self.claim in (None, *_BELIEVED) else self.claim


class Singles(NamedTuple):
    """Those of a span of time."""

    created: float
    """When the journal was made, which tells it from others."""
    slowest: tuple[Single, ...]
    """The slowest first."""
    failed: tuple[Single, ...]
    """In trouble or refused by git; the newest first."""


def read(connection: sqlite3.Connection, since: float, until: float, limit: int) -> Singles:
    """Those that ended after one moment and not after the other, at most so many of each."""
    slowest, failed = (
        tuple(Single(*row) for row in connection.execute(query, (since, until, limit)))
        for query in (_SLOWEST, _FAILED)
    )
    return Singles(connection.execute(_BIRTH).fetchone()[0], slowest, failed)
