"""An operation's way into the journal: its rows, and everything that counts it."""

import math
import sqlite3
from bisect import bisect_left

from alignwatch.journal import running
from alignwatch.journal.claims import OPEN
from alignwatch.names import legible
from alignwatch.operation import BUCKETS, SUCCESSFUL, Operation

PHASE_LIMIT = 50
"""Phases that are counted by name, of each repository and kind: names come from anybody's program."""
OTHER_PHASE = "other"
"""What the rest is counted as."""

_INSERT = """
    INSERT INTO operations (
        repository, operation_id, operation, branch, target, outcome, started, ended, duration, waiting,
        exit_code, cpu_seconds, peak_memory_bytes, io_operations, source,
        tip_before, tip_after, target_tip, left_in_progress, target_before, claim
    ) VALUES (
        :repository, :operation_id, :operation, :branch, :target, :outcome, :started, :ended, :duration,
        :waiting, :exit_code, :cpu_seconds, :peak_memory_bytes, :io_operations, :source,
        :tip_before, :tip_after, :target_tip, :left_in_progress, :target_before, :claim
    ) ON CONFLICT DO NOTHING
"""
_COUNT = """
    INSERT INTO totals VALUES (:repository, :operation, :target, :outcome, 1, :duration, :ended)
    ON CONFLICT DO UPDATE SET
        count = count + 1,
        seconds = seconds + excluded.seconds,
        last_ended = max(last_ended, excluded.last_ended)
"""
_COUNT_BUCKET = """
    INSERT INTO buckets VALUES (:repository, :operation, :target, :outcome, :upper_bound, 1)
    ON CONFLICT DO UPDATE SET count = count + 1
"""
_COUNT_RESOURCES = """
    INSERT INTO resource_totals VALUES (:repository, :operation, :cpu_seconds, :duration, :io_operations)
    ON CONFLICT DO UPDATE SET
        cpu_seconds = cpu_seconds + excluded.cpu_seconds,
        measured_seconds = measured_seconds + excluded.measured_seconds,
        io_operations = io_operations + excluded.io_operations
"""
_COUNT_WAITING = """
    INSERT INTO waiting_totals VALUES (:repository, :operation, 1, :waiting)
    ON CONFLICT DO UPDATE SET count = count + 1, seconds = seconds + excluded.seconds
"""
_INSERT_PHASE = "INSERT INTO phases VALUES (:repository, :operation_id, :position, :phase, :seconds)"
_COUNT_PHASE = """
    INSERT INTO phase_totals VALUES (:repository, :operation, :phase, :upper_bound, 1, :seconds)
    ON CONFLICT DO UPDATE SET count = count + 1, seconds = seconds + excluded.seconds
"""
_PHASES_COUNTED = "SELECT DISTINCT phase FROM phase_totals WHERE repository = ? AND operation = ?"

_PRUNE_PHASES = """
    DELETE FROM phases WHERE (repository, operation_id) IN (
        SELECT repository, operation_id FROM operations WHERE ended < ?
    )
"""
_PRUNE = "DELETE FROM operations WHERE ended < ?"

_Row = dict[str, str | float | None]


def record(connection: sqlite3.Connection, operation: Operation) -> bool:
    """Adds an operation and counts it, unless it is there already; returns whether it was new."""
    row = _row(operation)
    new = connection.execute(_INSERT, row).rowcount == 1
    if new:
        connection.execute(_COUNT, row)
        connection.execute(_COUNT_BUCKET, row)
        if operation.resources is not None:
            connection.execute(_COUNT_RESOURCES, row)
        if operation.waiting > 0:
            connection.execute(_COUNT_WAITING, row)
        _record_phases(connection, row, operation)
    running.end(connection, operation.repository, operation.operation_id)
    return new


def prune(connection: sqlite3.Connection, before: float) -> int:
    """Removes the rows of what ended before a moment and returns how many operations that were."""
    connection.execute(_PRUNE_PHASES, (before,))
    return connection.execute(_PRUNE, (before,)).rowcount


def _record_phases(connection: sqlite3.Connection, operation_row: _Row, operation: Operation) -> None:
    if not operation.phases:
        return
    key = operation_row["repository"], operation_row["operation"]
    counted = {phase for (phase,) in connection.execute(_PHASES_COUNTED, key)}
    for position, phase in enumerate(operation.phases):
        name = legible(phase.name)
        row = operation_row | {
            "position": position,
            "phase": name,
            "seconds": phase.seconds,
            "upper_bound": _bucket(phase.seconds),
        }
        connection.execute(_INSERT_PHASE, row)
        if name not in counted and len(counted) >= PHASE_LIMIT:
            row["phase"] = OTHER_PHASE
        else:
            counted.add(name)
        connection.execute(_COUNT_PHASE, row)


def _row(operation: Operation) -> _Row:
    evidence, resources = operation.evidence, operation.resources
    return {
        "repository": legible(operation.repository),
        "operation_id": legible(operation.operation_id),
        "operation": operation.kind.value,
        "branch": legible(operation.branch),
        "target": legible(operation.target),
        "outcome": operation.outcome.value,
        "started": operation.started,
        "ended": operation.ended,
        "duration": operation.duration,
        "waiting": operation.waiting,
        "exit_code": operation.exit_code,
        "cpu_seconds": getattr(resources, "cpu_seconds", None),
        "peak_memory_bytes": getattr(resources, "peak_memory_bytes", None),
        "io_operations": getattr(resources, "io_operations", None),
        "source": operation.source,
        "tip_before": getattr(evidence, "tip_before", None),
        "tip_after": getattr(evidence, "tip_after", None),
        "target_tip": getattr(evidence, "target_tip", None),
        "left_in_progress": getattr(evidence, "left_in_progress", None),
        "target_before": getattr(evidence, "target_before", None),
        "claim": OPEN if operation.outcome in SUCCESSFUL else None,
        "upper_bound": _bucket(operation.duration),
    }


def _bucket(seconds: float) -> float:
    return (*BUCKETS, math.inf)[bisect_left(BUCKETS, seconds)]
