"""Reading everything that the metrics are made of."""

import sqlite3

from alignwatch.journal import backups, deliveries, events, maintenance, notices, outbox
from alignwatch.journal.newest import newest
from alignwatch.journal.reading import (
    JournalReading,
    OperationTotal,
    PhaseTotal,
    ResourceTotal,
    UnverifiedTotal,
    WaitingTotal,
    WindowExtremes,
)
from alignwatch.journal.running import all_running

_SENT_SHOWN = 10
_TOTALS = """
    SELECT repository, operation, target, outcome, count, seconds, last_ended
    FROM totals ORDER BY repository, operation, target, outcome
"""
_BUCKETS = "SELECT repository, operation, target, outcome, upper_bound, count FROM buckets"
_RESOURCES = """
    SELECT repository, operation, cpu_seconds, measured_seconds, io_operations
    FROM resource_totals ORDER BY repository, operation
"""
_WAITING = """
    SELECT repository, operation, count, seconds FROM waiting_totals ORDER BY repository, operation
"""
_PHASES = """
    SELECT repository, operation, phase, upper_bound, count, seconds
    FROM phase_totals ORDER BY repository, operation, phase
"""
_UNVERIFIED = """
    SELECT repository, operation, target, reason, count
    FROM unverified_totals ORDER BY repository, operation, target, reason
"""
# All that was recorded since the first of those that ended in the window: their number tells which they are.
# Left to itself, SQLite walks the whole table by its primary key.
_WINDOW = """
    SELECT repository, operation, min(duration), max(duration), max(peak_memory_bytes), count(*)
    FROM (
        SELECT repository, operation, min(rowid) AS first
        FROM operations INDEXED BY operations_by_end WHERE ended > ? GROUP BY repository, operation
    ) CROSS JOIN operations NOT INDEXED USING (repository, operation)
    WHERE operations.rowid >= first GROUP BY repository, operation ORDER BY repository, operation
"""


def read(connection: sqlite3.Connection, window_begin: float) -> JournalReading:
    """The reading of one transaction; the extremes are those since a moment."""
    return JournalReading(
        totals=_totals(connection),
        resources=tuple(ResourceTotal(*row) for row in connection.execute(_RESOURCES)),
        window=tuple(WindowExtremes(*row) for row in connection.execute(_WINDOW, (window_begin,))),
        operations=connection.execute("SELECT count(*) FROM operations").fetchone()[0],
        waiting=tuple(WaitingTotal(*row) for row in connection.execute(_WAITING)),
        phases=_phases(connection),
        unverified=tuple(UnverifiedTotal(*row) for row in connection.execute(_UNVERIFIED)),
        running=all_running(connection),
        newest=newest(connection),
        events=events.newest(connection),
        event_totals=events.totals(connection),
        notifications=deliveries.totals(connection),
        maintenance=maintenance.read(connection),
        backups=backups.read(connection),
        created=connection.execute("SELECT created FROM birth").fetchone()[0],
        outbox=outbox.read(connection),
        sent=deliveries.since(connection, 0, _SENT_SHOWN),
        readers=notices.read_readers(connection),
    )


def _totals(connection: sqlite3.Connection) -> tuple[OperationTotal, ...]:
    buckets: dict[tuple[str, ...], dict[float, int]] = {}
    for *key, upper_bound, count in connection.execute(_BUCKETS):
        buckets.setdefault(tuple(key), {})[upper_bound] = count
    totals = []
    for *key, count, seconds, last_ended in connection.execute(_TOTALS):
        repository, operation, target, outcome = key
        counts = buckets[tuple(key)]
        totals.append(
            OperationTotal(repository, operation, target, outcome, count, seconds, last_ended, counts)
        )
    return tuple(totals)


def _phases(connection: sqlite3.Connection) -> tuple[PhaseTotal, ...]:
    buckets: dict[tuple[str, str, str], dict[float, int]] = {}
    seconds: dict[tuple[str, str, str], float] = {}
    for repository, operation, phase, upper_bound, count, spent in connection.execute(_PHASES):
        key = repository, operation, phase
        buckets.setdefault(key, {})[upper_bound] = count
        seconds[key] = seconds.get(key, 0.0) + spent
    return tuple(
        PhaseTotal(*key, number=sum(counts.values()), seconds=seconds[key], buckets=counts)
        for key, counts in buckets.items()
    )
