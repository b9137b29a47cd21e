"""What the operations of a span of time took and used, one by one where that is asked for."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alignwatch.operation import RESOLUTION, SUCCESSFUL, Outcome

WHOLE = ""
"""In place of a phase: the whole operation."""

_AMONG = "ended > :since AND ended <= :until AND repository IN (SELECT value FROM json_each(:repositories))"
_FIGURES = f"""
    SELECT
        count(*), coalesce(sum(duration), 0), min(duration), max(duration),
        coalesce(sum(outcome IN ({", ".join(f"'{one.value}'" for one in sorted(SUCCESSFUL))})
            AND coalesce(claim, 'open') IN ('open', 'confirmed')), 0),
        max(peak_memory_bytes), sum(cpu_seconds),
        coalesce(sum(duration) FILTER (WHERE cpu_seconds IS NOT NULL), 0), sum(io_operations)
    FROM operations WHERE {_AMONG}
"""  # noqa: S608  # what is put together are constants
# What was not needed took no work, and what failed took another. The time of a person is nobody's speed.
_PARTS = f"""
    SELECT operation, '{WHOLE}', duration FROM operations WHERE {_AMONG} AND outcome = :success
    UNION ALL
    SELECT operation, phase, sum(seconds) FROM operations JOIN phases USING (repository, operation_id)
    WHERE {_AMONG} AND outcome = :success AND phase != :resolution
    GROUP BY repository, operation_id, phase
"""  # noqa: S608  # as above

_COMPONENTS = f"""
    SELECT coalesce(phase, operation), coalesce(sum(seconds), duration)
    FROM operations LEFT JOIN phases USING (repository, operation_id)
    WHERE {_AMONG} AND outcome = :success AND phase IS NOT :resolution
    GROUP BY repository, operation_id, phase
"""  # noqa: S608  # as above

Parts = Mapping[tuple[str, str], Sequence[float]]
"""Kind of operation and phase, or ``WHOLE`` -> seconds at work in it, one figure an operation."""


class Figures(NamedTuple):
    """All operations of a span; what nothing is known of is None."""

    number: int
    seconds: float
    """Sum of their durations."""
    shortest: float | None
    longest: float | None
    successful: int
    """Those that succeeded or were not needed, unless git does not confirm it."""
    peak_memory_bytes: int | None
    cpu_seconds: float | None
    measured_seconds: float
    """Sum of the durations of those whose use is known."""
    io_operations: int | None


class Span(NamedTuple):
    """Operations that ended after ``since`` and not after ``until``, in seconds since the epoch."""

    since: float
    until: float
    repositories: Sequence[str]
    """By name."""


def figures(connection: sqlite3.Connection, span: Span) -> Figures:
    """All operations of a span together."""
    number, seconds, shortest, longest, successful, *used = connection.execute(
        _FIGURES, _values(span)
    ).fetchone()
    return Figures(number, seconds, shortest, longest, successful, *used)


def parts(connection: sqlite3.Connection, span: Span) -> Parts:
    """How long each part of each operation took that succeeded."""
    found: dict[tuple[str, str], list[float]] = {}
    for operation, phase, seconds in connection.execute(_PARTS, _values(span)):
        found.setdefault((operation, phase), []).append(seconds)
    return found


def components(connection: sqlite3.Connection, span: Span) -> dict[str, list[float]]:
    """The same by phase alone; an operation without phases is one part with the name of its kind."""
    found: dict[str, list[float]] = {}
    for name, seconds in connection.execute(_COMPONENTS, _values(span)):
        found.setdefault(name, []).append(seconds)
    return found


def _values(span: Span) -> dict[str, object]:
    return {
        "since": span.since,
        "until": span.until,
        "repositories": json.dumps(list(span.repositories)),
        "success": Outcome.SUCCESS.value,
        "resolution": RESOLUTION,
    }
