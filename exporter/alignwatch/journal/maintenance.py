"""Maintenance in the journal: what is scheduled, who has claimed which slot, and what came of it.

A slot is one moment at which one task is due for one repository. Its row is made before anything runs, and
there is one at most: so a slot runs at most once, however many runners there are and wherever they die.
"""

import signal
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from alignwatch.journal.database import JournalPart
from alignwatch.journal.running import Owner, Running, all_running, is_alive
from alignwatch.names import legible

if TYPE_CHECKING:
    from alignwatch.journal.maintenance_period import Period


class Outcome(StrEnum):
    """What came of a slot, or of a run by hand."""

    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    """It was ended at its time limit."""
    POSTPONED = "postponed"
    """Somebody was at work in the repository: it was put off to the next slot."""
    SKIPPED = "skipped"
    """It could not be done, or not in time."""
    CRASHED = "crashed"
    """Whoever ran it died in the middle."""


DIED = "whoever ran it died in the middle"
"""Why something has crashed."""


class Run(NamedTuple):
    """One slot that was claimed, or one run by hand. Times are seconds since the epoch."""

    number: int
    task: str
    repository: str
    """Empty for what concerns the whole machine."""
    due: int | None
    """None for a run by hand."""
    claimed: float
    started: float | None
    """None for one that never began."""
    ended: float | None
    outcome: str | None
    """One of :class:`Outcome`; None while it waits or runs."""
    exit_code: int | None
    freed_bytes: int | None
    shortfall_bytes: int | None
    """What it should have freed besides; None where it did not succeed."""
    reason: str
    output: str
    """The end of what it printed."""
    owner: Owner
    """Who claimed it."""


class Ending(NamedTuple):
    """How a run ended."""

    outcome: Outcome
    reason: str = ""
    exit_code: int | None = None
    """Negative for a signal; None for what never began."""
    freed_bytes: int | None = None
    output: str = ""
    shortfall_bytes: int | None = None
    """What it should have freed besides."""


class TaskTotals(NamedTuple):
    """All that ever came of one task in one way."""

    task: str
    outcome: str
    number: int
    freed_bytes: int


class LatestRun(NamedTuple):
    """The newest runs of one task in one repository; None for what never was."""

    task: str
    repository: str
    last_start: float
    last_success: float | None
    last_seconds: float | None
    last_exit_code: int | None
    shortfall_bytes: int | None = None
    """What the last one that succeeded should have freed and did not."""


class MaintenanceReading(NamedTuple):
    """Everything that the metrics are made of, at one moment."""

    timings: Mapping[str, tuple[str, str]]
    """Schedule and time zone of the tasks that were given one at run time."""
    registered: Mapping[str, float]
    """Since when somebody has run a task by its present schedule."""
    totals: tuple[TaskTotals, ...]
    latest: tuple[LatestRun, ...]
    running: tuple[tuple[str, float], ...]
    """Task and start of each run that has begun and not ended."""


_COLUMNS = """
    number, task, repository, due, claimed, started, ended, outcome, exit_code, freed_bytes, shortfall_bytes,
    reason, output, pid, boot_id, process_started
"""
_CLAIM = """
    INSERT INTO maintenance_runs
        (task, repository, due, claimed, reason, output, pid, boot_id, process_started)
    VALUES (?, ?, ?, ?, ?, '', ?, ?, ?) ON CONFLICT DO NOTHING
"""
_BEGIN = "UPDATE maintenance_runs SET started = ? WHERE number = ? AND started IS NULL AND ended IS NULL"
_NOTE_START = """
    INSERT INTO maintenance_latest (task, repository, last_start)
    SELECT task, repository, started FROM maintenance_runs WHERE number = ?
    ON CONFLICT DO UPDATE SET last_start = excluded.last_start
"""
_FINISH = """
    UPDATE maintenance_runs
    SET ended = ?, outcome = ?, exit_code = ?, freed_bytes = ?, shortfall_bytes = ?, output = ?,
        reason = trim(? || CASE WHEN ? = '' OR reason = '' THEN '' ELSE '; ' END || reason)
    WHERE number = ? AND ended IS NULL
"""
_COUNT = """
    INSERT INTO maintenance_totals
    SELECT task, outcome, 1, coalesce(freed_bytes, 0) FROM maintenance_runs WHERE number = ?
    ON CONFLICT DO UPDATE SET count = count + 1, freed_bytes = freed_bytes + excluded.freed_bytes
"""
_NOTE_END = """
    UPDATE maintenance_latest SET
        last_success = CASE WHEN run.outcome = 'success' THEN run.ended ELSE last_success END,
        last_seconds = run.ended - run.started,
        last_exit_code = CASE WHEN run.outcome = 'postponed' THEN last_exit_code ELSE run.exit_code END,
        shortfall_bytes = CASE WHEN run.outcome = 'success' THEN run.shortfall_bytes
            ELSE maintenance_latest.shortfall_bytes END
    FROM maintenance_runs AS run
    WHERE run.number = ? AND run.started IS NOT NULL
        AND run.task = maintenance_latest.task AND run.repository = maintenance_latest.repository
"""
_LAST_SLOT = "SELECT max(due) FROM maintenance_runs WHERE task = ? AND repository = ? AND due <= ?"
# What is pruned must not make its slot look as if nobody had claimed it.
_PRUNE = """
    DELETE FROM maintenance_runs WHERE ended < ? AND number NOT IN (
        SELECT max(number) FROM maintenance_runs WHERE due IS NOT NULL GROUP BY task, repository
    )
"""
_REGISTER = """
    INSERT INTO maintenance_tasks VALUES (:task, :cron, :zone, :now)
    ON CONFLICT DO UPDATE SET schedule = :cron, time_zone = :zone, registered = :now
    WHERE (schedule, time_zone) != (:cron, :zone) OR registered > :now
"""


class MaintenanceJournal(JournalPart):
    """Maintenance in the journal of one state folder."""

    def reading(self) -> MaintenanceReading:
        """Everything that the metrics are made of."""
        return self._database.read(read)

    def timings(self) -> dict[str, tuple[str, str]]:
        """Task -> cron expression and time zone, of those that were scheduled at run time."""
        return self._database.read(_timings)

    def schedule(self, task: str, cron: str, time_zone: str) -> None:
        """Gives a task a schedule, or another one."""
        row = (task, cron, time_zone)
        self._database.write(
            lambda one: one.execute("INSERT OR REPLACE INTO maintenance_schedules VALUES (?, ?, ?)", row)
        )

    def unschedule(self, task: str) -> bool:
        """Takes back the schedule that a task was given at run time; returns whether it had one."""
        statement = "DELETE FROM maintenance_schedules WHERE task = ?"
        return self._database.write(lambda one: one.execute(statement, (task,)).rowcount == 1)

    def register(self, tasks: Iterable[tuple[str, str, str]], now: float) -> dict[str, float]:
        """Notes that somebody runs these tasks, and forgets the others; writes nothing where nothing is new.

        Args:
            tasks: name, cron expression and time zone of each.
            now: seconds since the epoch.

        Returns:
            Task -> since when it has had this schedule, never later than now: it was due at no time before.
        """
        wanted = {name: (cron, zone) for name, cron, zone in tasks}

        def write(connection: sqlite3.Connection) -> None:
            rows = [{"task": n, "cron": c, "zone": z, "now": now} for n, (c, z) in wanted.items()]
            connection.executemany(_REGISTER, rows)
            gone = [(name,) for name in _registered(connection) if name not in wanted]
            connection.executemany("DELETE FROM maintenance_tasks WHERE task = ?", gone)

        known = self._database.read(_registered)
        # A clock that was ahead for a while would keep a task from being due until that time has come.
        ahead = any(since > now for *_, since in known.values())
        if ahead or {n: (cron, zone) for n, (cron, zone, _) in known.items()} != wanted:
            self._database.write(write)
            known = self._database.read(_registered)
        return {name: since for name, (_, _, since) in known.items()}

    def last_slots(self, pairs: Iterable[tuple[str, str]], now: float) -> dict[tuple[str, str], int]:
        """Task and repository -> the newest slot up to a moment that was claimed, where there is one."""

        def read(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
            newest = {pair: connection.execute(_LAST_SLOT, (*pair, now)).fetchone()[0] for pair in pairs}
            return {pair: due for pair, due in newest.items() if due is not None}

        return self._database.read(read)

    def claim(
        self, task: str, repository: str, due: int | None, owner: Owner, now: float, reason: str = ""
    ) -> int | None:
        """Takes a slot, or begins a run by hand; returns its number, None if somebody has had the slot."""
        row = (task, repository, due, now, reason, *owner)

        def write(connection: sqlite3.Connection) -> int | None:
            claimed = connection.execute(_CLAIM, row)
            return claimed.lastrowid if claimed.rowcount == 1 else None

        return self._database.write(write)

    def begin(self, number: int, now: float) -> bool:
        """Notes that a claimed run begins now; returns False if the claim has been withdrawn meanwhile."""

        def write(connection: sqlite3.Connection) -> bool:
            if connection.execute(_BEGIN, (now, number)).rowcount != 1:
                return False
            connection.execute(_NOTE_START, (number,))
            return True

        return self._database.write(write)

    def finish(self, number: int, ending: Ending, now: float) -> None:
        """Notes and counts how a run ended; what has ended already stays as it is."""
        self._database.write(lambda one: _finish(one, number, ending, now))

    def sweep(self, is_over: Callable[[Run], bool], now: float) -> tuple[Run, ...]:
        """Puts in order what the dead have left; writes nothing where nobody has died.

        A claim whose owner died before it began is withdrawn, so that its slot is free again. What had begun
        has crashed.

        Args:
            is_over: whether nothing of a run that had begun is still at work, now that its owner is dead.
            now: seconds since the epoch.

        Returns:
            What has crashed.
        """
        dead = [run for run in self.unfinished() if not is_alive(run.owner)]
        withdrawn = [(run.number,) for run in dead if run.started is None]
        crashed = tuple(run for run in dead if run.started is not None and is_over(run))
        # It was killed because its owner had died.
        ending = Ending(Outcome.CRASHED, DIED, -signal.SIGKILL)

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "DELETE FROM maintenance_runs WHERE number = ? AND started IS NULL", withdrawn
            )
            for run in crashed:
                _finish(connection, run.number, ending, now)

        if withdrawn or crashed:
            self._database.write(write)
        return crashed

    def unfinished(self) -> tuple[Run, ...]:
        """What is claimed and has not ended."""
        return self._select("WHERE ended IS NULL ORDER BY number", ())

    def history(self, limit: int, task: str | None = None, repository: str | None = None) -> tuple[Run, ...]:
        """The newest runs, at most so many, the newest first."""
        where = "WHERE task = coalesce(?, task) AND repository = coalesce(?, repository)"
        return self._select(f"{where} ORDER BY number DESC LIMIT ?", (task, repository, limit))

    def period(self, since: float, until: float, limit: int) -> "Period":
        """What ended after one moment and not after the other, with so many troubles of each outcome."""
        from alignwatch.journal import maintenance_period

        return self._database.read(lambda one: maintenance_period.read(one, since, until, limit))

    def in_flight(self, repository: str) -> tuple[Running, ...]:
        """The alignments of a repository that have begun, and whose owners live."""
        return tuple(
            one
            for one in self._database.read(all_running)
            if one.repository == legible(repository) and (one.owner is None or is_alive(one.owner))
        )

    def prune(self, before: float) -> int:
        """Removes the runs that ended before a moment, and returns how many; every total stays."""
        return self._database.write(lambda one: one.execute(_PRUNE, (before,)).rowcount)

    def _select(self, rest: str, values: tuple[object, ...]) -> tuple[Run, ...]:
        statement = f"SELECT {_COLUMNS} FROM maintenance_runs {rest}"  # noqa: S608
        rows = self._database.read(lambda one: one.execute(statement, values).fetchall())
        return tuple(Run._make((*row[:-3], Owner(*row[-3:]))) for row in rows)


def read(connection: sqlite3.Connection) -> MaintenanceReading:
    """The reading of one transaction."""
    totals = "SELECT task, outcome, count, freed_bytes FROM maintenance_totals"
    running = "SELECT task, started FROM maintenance_runs WHERE ended IS NULL AND started IS NOT NULL"
    return MaintenanceReading(
        timings=_timings(connection),
        registered={name: since for name, (_, _, since) in _registered(connection).items()},
        totals=tuple(TaskTotals(*row) for row in connection.execute(totals)),
        latest=tuple(LatestRun(*row) for row in connection.execute("SELECT * FROM maintenance_latest")),
        running=tuple((task, started) for task, started in connection.execute(running)),
    )


def _timings(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    rows = connection.execute("SELECT task, schedule, time_zone FROM maintenance_schedules ORDER BY task")
    return {task: (cron, zone) for task, cron, zone in rows}


def _registered(connection: sqlite3.Connection) -> dict[str, tuple[str, str, float]]:
    rows = connection.execute("SELECT task, schedule, time_zone, registered FROM maintenance_tasks")
    return {task: (cron, zone, since) for task, cron, zone, since in rows}


def _finish(connection: sqlite3.Connection, number: int, ending: Ending, now: float) -> None:
    freed = ending.freed_bytes, ending.shortfall_bytes
    values = (now, ending.outcome, ending.exit_code, *freed, legible(ending.output))
    reason = legible(ending.reason)
    if connection.execute(_FINISH, (*values, reason, reason, number)).rowcount == 1:
        connection.execute(_COUNT, (number,))
        connection.execute(_NOTE_END, (number,))
