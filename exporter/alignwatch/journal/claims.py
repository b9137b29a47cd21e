"""Claims of success: which are still open, and what git said about each."""

import sqlite3
from typing import NamedTuple

from alignwatch.operation import Evidence

OPEN, CONFIRMED = "open", "confirmed"
"""A claim's state; any other is the reason for which it was refused."""

_OPEN_CLAIMS = """
    SELECT repository, operation_id, operation, branch, target, outcome, started, ended, source,
        tip_before, tip_after, target_tip, left_in_progress, target_before
    FROM (
        SELECT *, row_number() OVER (PARTITION BY repository ORDER BY ended) AS position
        FROM operations WHERE claim = 'open'
    )
    WHERE position <= ? ORDER BY ended
"""
_SETTLE = """
    UPDATE operations SET claim = ? WHERE repository = ? AND operation_id = ? AND claim = 'open'
"""
_COUNT_REFUSAL = """
    INSERT INTO unverified_totals VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1
"""


class Claim(NamedTuple):
    """An operation that says it succeeded, or that nothing had to be done."""

    repository: str
    operation_id: str
    kind: str
    branch: str
    target: str
    outcome: str
    started: float
    """Seconds since the epoch, as :attr:`ended`."""
    ended: float
    source: str
    evidence: Evidence | None


def open_claims(connection: sqlite3.Connection, limit: int) -> tuple[Claim, ...]:
    """The oldest claims that are not settled: so many of each repository, lest one hide another."""
    return tuple(_claim(*row) for row in connection.execute(_OPEN_CLAIMS, (limit,)))


def settle(connection: sqlite3.Connection, claim: Claim, refusal: str | None) -> None:
    """Notes that git confirms a claim, or why it does not; what is settled already stays as it is."""
    settled = connection.execute(_SETTLE, (refusal or CONFIRMED, claim.repository, claim.operation_id))
    if settled.rowcount == 1 and refusal is not None:
        connection.execute(_COUNT_REFUSAL, (claim.repository, claim.kind, claim.target, refusal))


def _claim(
    repository: str,
    operation_id: str,
    kind: str,
    branch: str,
    target: str,
    outcome: str,
    started: float,
    ended: float,
    source: str,
    tip_before: str | None,
    tip_after: str | None,
    target_tip: str | None,
    left_in_progress: int | None,
    target_before: str | None,
) -> Claim:
    evidence = None
    if left_in_progress is not None:
        evidence = Evidence(tip_before, tip_after, target_tip, bool(left_in_progress), target_before)
    return Claim(repository, operation_id, kind, branch, target, outcome, started, ended, source, evidence)
