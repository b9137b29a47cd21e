"""What is recorded in the journal, and how it is read."""

import math
import os
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from alignwatch.journal.database import Database, warn
from alignwatch.journal.reading import JournalReading, OperationTotal, ResourceTotal, WindowExtremes
from alignwatch.names import legible
from alignwatch.operation import BUCKETS, Operation

_INSERT = """
    INSERT INTO operations VALUES (
        :repository, :operation_id, :operation, :branch, :target, :outcome, :started, :ended, :duration,
        :exit_code, :cpu_seconds, :peak_memory_bytes, :io_operations, :source
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
_TOTALS = """
    SELECT repository, operation, target, outcome, count, seconds, last_ended
    FROM totals ORDER BY repository, operation, target, outcome
"""
_BUCKETS = "SELECT repository, operation, target, outcome, upper_bound, count FROM buckets"
_RESOURCES = """
    SELECT repository, operation, cpu_seconds, measured_seconds, io_operations
    FROM resource_totals ORDER BY repository, operation
"""
_WINDOW = """
    SELECT repository, operation, min(duration), max(duration), max(peak_memory_bytes)
    FROM operations WHERE ended > ? GROUP BY repository, operation ORDER BY repository, operation
"""


class RegisteredRepository(NamedTuple):
    """A repository that an exporter watches, for those who have no configuration at hand."""

    name: str
    """As in labels."""
    path: Path
    """Work tree or bare repository."""
    common_dir: Path
    """Where its refs are, without symbolic links: the same for all its work trees."""
    primaries: tuple[str, ...]
    """The first is the default target."""


class Journal:
    """The journal of one state folder; any number of processes and threads may use it at once.

    Nothing is opened before it is needed. Whatever keeps the journal from being used is an
    :class:`AlignwatchError` of the call at hand, and the next call tries again. A corrupt file is put
    aside, and the call goes on with a new one.
    """

    def __init__(self, path: Path, warn: Callable[[str], None] = warn) -> None:
        """Takes the database file's path, and whom to tell when it had to be put aside."""
        self._database = Database(path, warn)
        # A connection does not notice its own writes: this one never writes.
        self._watcher = Database(path, warn)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; the next call opens it again."""
        self._database.close()
        self._watcher.close()

    def record(self, operation: Operation) -> None:
        """Adds an operation and counts it; it is durable on return. One already there is left as it is.

        Raises:
            AlignwatchError: it could not be recorded, and nothing was.
        """
        row = _row(operation)

        def insert(connection: sqlite3.Connection) -> None:
            if connection.execute(_INSERT, row).rowcount == 1:
                connection.execute(_COUNT, row)
                connection.execute(_COUNT_BUCKET, row)
                if operation.resources is not None:
                    connection.execute(_COUNT_RESOURCES, row)

        self._database.write(insert)

    def register_repositories(self, repositories: Iterable[RegisteredRepository]) -> None:
        """Adds or updates the repositories that are watched; writes nothing where nothing is new.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        rows = {
            (os.fsencode(one.common_dir), one.name, os.fsencode(one.path), "\n".join(one.primaries))
            for one in repositories
        }

        def update(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO repositories VALUES (?, ?, ?, ?)", sorted(rows))

        if not rows <= set(self._database.read(_registered)):
            self._database.write(update)

    def repository_of(self, common_dir: Path) -> RegisteredRepository | None:
        """The watched repository with this git directory (free of symbolic links), if there is one.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._find(lambda repository: repository.common_dir == common_dir)

    def repository_named(self, name: str) -> RegisteredRepository | None:
        """The watched repository of this name, if there is one.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._find(lambda repository: repository.name == name)

    def version(self) -> int:
        """A number that is another one whenever something was recorded; cheap enough for every second.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        changes: int = self._watcher.read(lambda one: one.execute("PRAGMA data_version").fetchone()[0])
        return (self._watcher.openings << 32) + changes

    def read(self, window_seconds: float, now: float) -> JournalReading:
        """Everything that the metrics are made of, at one moment.

        Args:
            window_seconds: length of the window of the extremes.
            now: its end, in seconds since the epoch.

        Raises:
            AlignwatchError: the journal cannot be used.
        """

        def query(connection: sqlite3.Connection) -> JournalReading:
            return JournalReading(
                totals=_totals(connection),
                resources=tuple(ResourceTotal(*row) for row in connection.execute(_RESOURCES)),
                window=tuple(
                    WindowExtremes(*row) for row in connection.execute(_WINDOW, (now - window_seconds,))
                ),
                operations=connection.execute("SELECT count(*) FROM operations").fetchone()[0],
            )

        return self._database.read(query)

    def _find(self, wanted: Callable[[RegisteredRepository], bool]) -> RegisteredRepository | None:
        for common_dir, name, path, primaries in self._database.read(_registered):
            repository = RegisteredRepository(
                name, Path(os.fsdecode(path)), Path(os.fsdecode(common_dir)), tuple(primaries.split("\n"))
            )
            if wanted(repository):
                return repository
        return None


def _row(operation: Operation) -> dict[str, str | float | None]:
    return {
        "repository": legible(operation.repository),
        "operation_id": legible(operation.operation_id),
        "operation": operation.kind.value,
        "branch": legible(operation.branch),
        "target": legible(operation.target),
        "outcome": operation.outcome.value,
        "started": operation.started,
        "ended": operation.started + operation.duration,
        "duration": operation.duration,
        "exit_code": operation.exit_code,
        "cpu_seconds": getattr(operation.resources, "cpu_seconds", None),
        "peak_memory_bytes": getattr(operation.resources, "peak_memory_bytes", None),
        "io_operations": getattr(operation.resources, "io_operations", None),
        "source": operation.source,
        "upper_bound": (*BUCKETS, math.inf)[bisect_left(BUCKETS, operation.duration)],
    }


def _registered(connection: sqlite3.Connection) -> list[tuple[bytes, str, bytes, str]]:
    return connection.execute("SELECT common_dir, name, path, primaries FROM repositories").fetchall()


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
