"""The journal as the doctor sees it: nothing is created, brought up to date or put aside."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from alignwatch.diagnostics.context import Context
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.journal.schema import VERSION, version_of
from alignwatch.state_dir import journal_path

_PATIENCE_SECONDS = 2.0


class Condition(Enum):
    """What a journal's file is like."""

    ABSENT = auto()
    """Nothing has been recorded yet."""
    SOUND = auto()
    OLDER = auto()
    """It is brought up to date as soon as it is used."""
    NEWER = auto()
    CORRUPT = auto()
    UNREADABLE = auto()


class JournalState(NamedTuple):
    """The condition, and what SQLite says of it."""

    condition: Condition
    detail: str = ""


def path_of(context: Context) -> Path:
    """The journal's file."""
    return journal_path(context.state_folder)


def journal_state(context: Context) -> JournalState:
    """What the file is like; every page of it is looked at."""
    return context.shared.once("journal", lambda: _state(path_of(context)))


def rows(context: Context, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query; none where the journal cannot be used, which ``journal-integrity`` says."""
    if journal_state(context).condition is not Condition.SOUND:
        return []
    with closing(_connect(path_of(context))) as connection:
        return connection.execute(statement, values).fetchall()


@contextmanager
def maintenance_journal(context: Context) -> Iterator[MaintenanceJournal | None]:
    """Maintenance in the journal, to be read; None where the journal cannot be used."""
    if journal_state(context).condition is not Condition.SOUND:
        yield None
        return
    with MaintenanceJournal(path_of(context)) as journal:
        yield journal


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_PATIENCE_SECONDS)


def _state(path: Path) -> JournalState:
    try:
        if path.stat().st_size == 0:
            return JournalState(Condition.OLDER)
        with closing(_connect(path)) as connection:
            version = version_of(connection)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except FileNotFoundError:
        return JournalState(Condition.ABSENT)
    except OSError as error:
        return JournalState(Condition.UNREADABLE, error.strerror or str(error))
    except sqlite3.Error as error:
        corrupt = getattr(error, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        )
        return JournalState(Condition.CORRUPT if corrupt else Condition.UNREADABLE, str(error))
    if found != "ok":
        return JournalState(Condition.CORRUPT, found)
    if version > VERSION:
        return JournalState(Condition.NEWER, f"version {version}, and this Alignwatch knows {VERSION}")
    return JournalState(Condition.OLDER if version < VERSION else Condition.SOUND)
