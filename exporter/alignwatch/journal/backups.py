"""Backups in the journal: of each repository, what the metrics say of the last one and of its trial."""

import sqlite3
from typing import NamedTuple

from alignwatch.journal.database import JournalPart

_MADE = """
    INSERT INTO backups (repository, made, bytes) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET made = excluded.made, bytes = excluded.bytes
"""
_FAILED = """
    INSERT INTO backups (repository, verified, restorable) VALUES (?, ?, 0)
    ON CONFLICT DO UPDATE SET verified = excluded.verified, restorable = 0
"""
_RESTORED = """
    INSERT INTO backups
        (repository, verified, restorable, restored, restore_seconds, missing_refs, missing_commits)
    VALUES (?1, ?2, 1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET
        verified = ?2, restorable = 1, restored = ?2,
        restore_seconds = ?3, missing_refs = ?4, missing_commits = ?5
"""


class BackupState(NamedTuple):
    """The backups of one repository; None for what never was, or is not known. Times since the epoch."""

    repository: str
    made: float | None
    """When the newest was begun."""
    bytes: int | None
    verified: float | None
    """When one was last restored on trial."""
    restorable: int | None
    """Whether that succeeded: 1 or 0."""
    restored: float | None
    """When that last succeeded."""
    restore_seconds: float | None
    """How long that took."""
    missing_refs: int | None
    """Refs of the repository that the backup did not hold then, or not as they were by then."""
    missing_commits: int | None


class BackupJournal(JournalPart):
    """Backups in the journal of one state folder."""

    def note_made(self, repository: str, made: float, size: int) -> None:
        """Notes the newest backup and its bytes."""
        self._write(_MADE, (repository, made, size))

    def note_failed(self, repository: str, now: float) -> None:
        """Notes that the newest backup could not be restored."""
        self._write(_FAILED, (repository, now))

    def note_restored(
        self,
        repository: str,
        now: float,
        seconds: float,
        missing_refs: int | None,
        missing_commits: int | None,
    ) -> None:
        """Notes that it could, within so many seconds, and how far the repository has gone on since."""
        self._write(_RESTORED, (repository, now, seconds, missing_refs, missing_commits))

    def _write(self, statement: str, row: tuple[object, ...]) -> None:
        self._database.write(lambda one: one.execute(statement, row))


def read(connection: sqlite3.Connection) -> tuple[BackupState, ...]:
    """What is known, of one transaction."""
    return tuple(BackupState(*row) for row in connection.execute("SELECT * FROM backups ORDER BY repository"))
