"""Notices: what has happened that others may want to be told of, in its order, and who has been told.

The journal's triggers write a notice with whatever is recorded, so that neither is there without the other.
A reader is told each notice that it asks for at least once: it is told again if whoever told it died before
that could be noted. Times are seconds since the epoch.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from alignwatch.journal.database import JournalPart


class Notice(NamedTuple):
    """One thing that has happened."""

    number: int
    """Its place."""
    identity: str
    """Tells it from all notices of all journals."""
    event: str
    """One of :data:`alignwatch.settings.HookEvent`."""
    repository: str
    """Empty for what concerns the whole machine."""
    noticed: float
    data: Mapping[str, Any]
    """What the journal knows of it; JSON."""
    attempts: int
    """How often it was tried in vain to tell this reader."""


class Wanted(NamedTuple):
    """What one reader wants to be told."""

    reader: str
    events: Sequence[str] = ()
    """None named: all."""
    repositories: Sequence[str] = ()
    """None named: all, and what concerns the whole machine."""


class ReaderState(NamedTuple):
    """How telling one reader goes."""

    totals: Mapping[str, int]
    """Outcome -> how many notices ever."""
    problem: str | None
    """Why the last attempt failed; None where it did not."""


TOLD, FAILED, TIMEOUT, REFUSED, EXPIRED = OUTCOMES = ("told", "failed", "timeout", "refused", "expired")
"""What becomes of one: the reader took it, broke, took too long, does not want it; or it was too late."""

_MATCHING = """
    FROM notices, notice_readers
    WHERE reader = :reader AND number > position AND not_before <= :now
        AND (:events = '[]' OR event IN (SELECT value FROM json_each(:events)))
        AND (:repositories = '[]' OR repository IN (SELECT value FROM json_each(:repositories)))
    ORDER BY number LIMIT 1
"""
_NEXT = f"SELECT number, event, repository, subject, detail, noticed, attempts {_MATCHING}"
_SINCE = """
    SELECT number, event, repository, subject, detail, noticed, 0 FROM notices
    WHERE noticed >= :moment AND repository IN (SELECT value FROM json_each(:repositories))
    ORDER BY number DESC LIMIT :limit
"""
_REGISTER = """
    INSERT INTO notice_readers (reader, position)
    SELECT value, (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'notices')
    FROM json_each(?) WHERE true ON CONFLICT DO NOTHING
"""
_COUNT = "INSERT INTO notice_totals VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1"


class Notices(JournalPart):
    """The notices of one state folder."""

    def note(self, event: str, repository: str, subject: str, detail: str, now: float) -> None:
        """Adds what no table of the journal holds.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        row = (event, repository, subject, detail, now)
        statement = "INSERT INTO notices (event, repository, subject, detail, noticed) VALUES (?, ?, ?, ?, ?)"
        self._database.write(lambda one: one.execute(statement, row))

    def register(self, readers: Iterable[str]) -> None:
        """Has these told from now on, and nobody else.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        names = json.dumps(sorted(readers))

        def write(connection: sqlite3.Connection) -> None:
            others = "reader NOT IN (SELECT value FROM json_each(?))"
            connection.execute(f"DELETE FROM notice_readers WHERE {others}", (names,))  # noqa: S608
            connection.execute(_REGISTER, (names,))

        self._database.write(write)

    def is_any_due(self, wanted: Iterable[Wanted], now: float) -> bool:
        """Whether some reader is to be told something now.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._database.read(
            lambda one: any(one.execute(_NEXT, _values(each, now)).fetchone() for each in wanted)
        )

    def next(self, wanted: Wanted, now: float) -> Notice | None:
        """The first that a reader is to be told now.

        Raises:
            AlignwatchError: the journal cannot be used.
        """

        def read(connection: sqlite3.Connection) -> Notice | None:
            row = connection.execute(_NEXT, _values(wanted, now)).fetchone()
            return None if row is None else _notice(connection, *row)

        return self._database.read(read)

    def since(self, moment: float, repositories: Sequence[str], limit: int) -> list[Notice]:
        """What was noticed since a moment, the newest first, at most so many.

        Args:
            moment: seconds since the epoch.
            repositories: those that it may be about; what concerns the whole machine always is.
            limit: how many.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        values = {"moment": moment, "repositories": json.dumps(["", *repositories]), "limit": limit}
        return self._database.read(
            lambda one: [_notice(one, *row) for row in one.execute(_SINCE, values).fetchall()]
        )

    def settle(self, reader: str, number: int, outcome: str, problem: str | None = None) -> None:
        """Notes what became of a notice; the next one is the reader's now.

        Raises:
            AlignwatchError: the journal cannot be used; it will be told again.
        """

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE notice_readers SET position = ?, attempts = 0, not_before = 0, problem = ? "
                "WHERE reader = ? AND position < ?",
                (number, problem, reader, number),
            )
            connection.execute(_COUNT, (reader, outcome))

        self._database.write(write)

    def put_off(self, reader: str, not_before: float, problem: str) -> None:
        """Notes that a reader could not be told, and when it is tried again.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        statement = (
            "UPDATE notice_readers SET attempts = attempts + 1, not_before = ?, problem = ? WHERE reader = ?"
        )
        self._database.write(lambda one: one.execute(statement, (not_before, problem, reader)))


def read_readers(connection: sqlite3.Connection) -> dict[str, ReaderState]:
    """How telling goes, by reader."""
    totals: dict[str, dict[str, int]] = {}
    for reader, outcome, count in connection.execute("SELECT reader, outcome, count FROM notice_totals"):
        totals.setdefault(reader, {})[outcome] = count
    readers = connection.execute("SELECT reader, problem FROM notice_readers ORDER BY reader")
    return {reader: ReaderState(totals.get(reader, {}), problem) for reader, problem in readers}


def _notice(
    connection: sqlite3.Connection,
    number: int,
    event: str,
    repository: str,
    subject: str,
    detail: str,
    noticed: float,
    attempts: int,
) -> Notice:
    (birth,) = connection.execute("SELECT created FROM birth").fetchone()
    data = _DATA.get(event, _plain)(connection, repository, subject, detail)
    return Notice(number, f"{birth:.0f}-{number}", event, repository, noticed, data, attempts)


def _values(wanted: Wanted, now: float) -> dict[str, object]:
    lists = {"events": json.dumps([*wanted.events]), "repositories": json.dumps([*wanted.repositories])}
    return {"reader": wanted.reader, "now": now, **lists}


_Data = Callable[[sqlite3.Connection, str, str, str], dict[str, Any]]

_OPERATION = """
    SELECT operation_id, operation, branch, target, outcome, started, ended, duration AS duration_seconds,
        waiting AS waiting_seconds, exit_code, source
    FROM operations WHERE repository = ? AND operation_id = ?
"""
_PHASES = """
    SELECT phase, sum(seconds) FROM phases WHERE repository = ? AND operation_id = ?
    GROUP BY phase ORDER BY min(position)
"""
_RUN = """
    SELECT task, due, started, ended, outcome, exit_code, freed_bytes, reason
    FROM maintenance_runs WHERE number = ?
"""
_DELIVERY = "SELECT receiver, status, labels, starts_at, ends_at FROM deliveries WHERE rowid = ?"
_EVENT = """
    SELECT event AS kind, branch, tip_before, tip_after, commit_id, paths, path_count, detail
    FROM events WHERE number = ?
"""


def _operation(connection: sqlite3.Connection, repository: str, subject: str, _: str) -> dict[str, Any]:
    phases = dict(connection.execute(_PHASES, (repository, subject)))
    return {"operation_id": subject, **_row(connection, _OPERATION, repository, subject), "phases": phases}


def _refused(connection: sqlite3.Connection, repository: str, subject: str, detail: str) -> dict[str, Any]:
    return {**_operation(connection, repository, subject, detail), "refusal": detail}


def _run(connection: sqlite3.Connection, _: str, subject: str, detail: str) -> dict[str, Any]:
    return {"outcome": detail, **_row(connection, _RUN, subject)}


def _delivery(connection: sqlite3.Connection, _: str, subject: str, detail: str) -> dict[str, Any]:
    row = _row(connection, _DELIVERY, subject)
    return {"status": detail, **row, "labels": json.loads(row.get("labels", "{}"))}


def _branch(connection: sqlite3.Connection, _: str, subject: str, detail: str) -> dict[str, Any]:
    row = _row(connection, _EVENT, subject)
    return {"kind": detail, **row, "paths": json.loads(row.get("paths", "[]"))}


def _plain(_: sqlite3.Connection, __: str, subject: str, detail: str) -> dict[str, Any]:
    return {"of": subject, **json.loads(detail)}


_DATA: Mapping[str, _Data] = {
    "operation_ended": _operation,
    "operation_unverified": _refused,
    "maintenance_ended": _run,
    "alert_sent": _delivery,
    "branch_event": _branch,
}
"""What the journal knows of each. Rows that are pruned already leave what the notice itself says."""


def _row(connection: sqlite3.Connection, statement: str, *values: str) -> dict[str, Any]:
    cursor = connection.execute(statement, values)
    row = cursor.fetchone()
    return {} if row is None else dict(zip((one[0] for one in cursor.description), row, strict=True))
