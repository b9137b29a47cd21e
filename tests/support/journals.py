"""Operations to record, and a look into a journal that does not go through the product."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alignwatch.operation import Kind, Operation, Outcome, Resources

NOW = 1_700_000_000.0


def operation(operation_id: str = "o", **changes: Any) -> Operation:
    """An operation of two seconds that ended at :data:`NOW`."""
    return Operation(
        operation_id=operation_id,
        repository="app",
        kind=Kind.REBASE,
        branch="feature/x",
        target="main",
        started=NOW - 2,
        duration=2.0,
        outcome=Outcome.SUCCESS,
        exit_code=0,
        resources=Resources(cpu_seconds=0.5, peak_memory_bytes=1000, io_operations=8),
    )._replace(**changes)


def query(journal: Path, sql: str) -> list[Any]:
    """Rows of a journal's file; single columns as plain values."""
    with closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute(sql).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def change(journal: Path, sql: str) -> None:
    """Changes a journal's file behind the product's back."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(sql)


def checkpoint(journal: Path) -> None:
    """Moves all that is in the log into the database file."""
    assert query(journal, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0


def damage(journal: Path) -> None:
    """Overwrites every page of a journal's file but the first."""
    checkpoint(journal)
    size = journal.stat().st_size
    with journal.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
