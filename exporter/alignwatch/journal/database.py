"""The journal's file: opened, shared between processes, brought up to date, put aside when corrupt."""

import fcntl
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from alignwatch.errors import AlignwatchError
from alignwatch.file_lock import try_lock
from alignwatch.journal import schema

PATIENCE_SECONDS = 10.0
"""How long another process may keep the file to itself."""
_POLL_SECONDS = 0.005
_NEXT_LOOK_SECONDS = 0.1
_WAL_LIMIT_BYTES = 4 << 20
_MUCH_FREE = 0.25
"""Share of the file."""
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


def warn(message: str) -> None:
    """Tells a person on standard error, where there is one."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"alignwatch: {message}", file=sys.stderr)


class Database:
    """One connection, opened when first needed; threads take turns.

    A corrupt file is renamed while other processes may have it open. So every use holds a shared lock on
    a file beside it and first makes sure that the path still leads to the file that is open; who creates,
    migrates or renames the file holds that lock alone.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self.openings = 0
        """How often a file was opened: another one may have taken the place of the first."""

    def read(self, work: Work[Result]) -> Result:
        """Runs queries that all see the same state.

        Raises:
            AlignwatchError: the file cannot be used.
        """
        return self._run("BEGIN", work)

    def write(self, work: Work[Result]) -> Result:
        """Runs statements that become durable together or not at all.

        Raises:
            AlignwatchError: the file cannot be used; nothing was written.
        """
        return self._run("BEGIN IMMEDIATE", work)

    def compact(self) -> int:
        """Rewrites the file without what is free in it, if that is much; returns the bytes that this frees.

        Raises:
            AlignwatchError: the file cannot be used, or there is no room for a second one meanwhile.
        """
        free, pages = self.read(lambda one: (_pragma(one, "freelist_count"), _pragma(one, "page_count")))
        before = self._size()
        with self._mutex:
            try:
                with self._lock(fcntl.LOCK_SH):
                    connection = self._current()
                    if connection is not None:
                        if free > pages * _MUCH_FREE:
                            connection.execute("VACUUM")
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                raise self._failure(error) from error
        return max(0, before - self._size())

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        with self._mutex:
            self._disconnect()

    def _run(self, begin: str, work: Work[Result]) -> Result:
        with self._mutex:
            try:
                try:
                    return self._attempt(begin, work)
                except sqlite3.DatabaseError as error:
                    if _code(error) not in _CORRUPT:
                        raise
                    self._put_aside(error)
                return self._attempt(begin, work)
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                raise self._failure(error) from error

    def _attempt(self, begin: str, work: Work[Result]) -> Result:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with self._lock(fcntl.LOCK_SH):
                connection = self._current()
                if connection is not None:
                    _begin(connection, begin, deadline)
                    with connection:
                        return work(connection)
            try:
                with self._lock(fcntl.LOCK_EX, _NEXT_LOOK_SECONDS):
                    self._create_or_migrate()
            except TimeoutError:
                # Who has been quicker may use the file by now, and go on and on.
                if time.monotonic() > deadline:
                    raise

    def _current(self) -> sqlite3.Connection | None:
        """A connection to the file that the path leads to; None where there is none of our version."""
        identity = self._identify()
        if self._connection is None or identity != self._identity:
            self._disconnect()
            self._identity = identity
            if identity is None:
                return None
            connection = self._connect()
            if schema.version_of(connection) != schema.VERSION:
                self._disconnect()
                return None
            self.openings += 1
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(
            self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _create_or_migrate(self) -> None:
        # SQLite would create it readable for everybody.
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            schema.migrate(self._connect())
        except AlignwatchError as error:
            raise AlignwatchError(f"{self._path}: {error}") from None
        finally:
            self._disconnect()

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        self._disconnect()
        now = time.time()
        moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
        aside = self._path.with_name(f"{self._path.name}.corrupt-{moment}")
        with self._lock(fcntl.LOCK_EX):
            if self._identify() != self._identity:
                return  # Another process was quicker.
            # The log goes first: SQLite would replay it into a new file of the old name.
            for suffix in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").rename(f"{aside}{suffix}")
        self._warn(
            f"{self._path} is corrupt ({error}): put aside as {aside.name}, a new journal begins and its "
            "counters start at 0; what can be saved: sqlite3 FILE .recover"
        )

    def _identify(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    @contextmanager
    def _lock(self, kind: int, seconds: float | None = None) -> Iterator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not try_lock(handle, kind, PATIENCE_SECONDS if seconds is None else seconds):
                raise TimeoutError
            yield
        finally:
            os.close(handle)

    def _failure(self, error: sqlite3.Error | OSError) -> AlignwatchError:
        code = _code(error) if isinstance(error, sqlite3.Error) else None
        if isinstance(error, TimeoutError) or code in _LOCKED:
            text = f"other processes kept the journal locked for {PATIENCE_SECONDS:g} s; try again"
        elif code == sqlite3.SQLITE_FULL or self._no_room():
            text = "no room for the journal; free some space on its file system"
        else:
            text = f"the journal cannot be used ({error}); see that its disk is sound and this user may write"
        return AlignwatchError(f"{self._path}: {text}")

    def _size(self) -> int:
        """Bytes of the file and of its log."""
        size = 0
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                size += Path(f"{self._path}{suffix}").stat().st_size
        return size

    def _no_room(self) -> bool:
        with suppress(OSError):
            return os.statvfs(self._path.parent).f_bavail == 0
        return False


def _begin(connection: sqlite3.Connection, begin: str, deadline: float) -> None:
    """Begins a transaction as soon as it may, with a chance no smaller than that of who comes later.

    SQLite looks again after 0.1 s in the end; whoever writes again and again would win each time.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute(begin)
            except sqlite3.OperationalError as error:
                if _code(error) not in _LOCKED or time.monotonic() > deadline:
                    raise
            else:
                return
            time.sleep(_POLL_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000:.0f}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code; None for an error of Python's own."""
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    return None if extended is None else extended & 0xFF


class JournalPart:
    """One side of the journal of one state folder; any number of processes and threads may use it at once.

    Nothing is opened before it is needed. Whatever keeps the journal from being used is an
    :class:`AlignwatchError` of the call at hand, and the next call tries again. A corrupt file is put
    aside, and the call goes on with a new one.
    """

    def __init__(self, path: Path, warn: Callable[[str], None] = warn) -> None:
        """Takes the database file's path, and whom to tell when it had to be put aside."""
        self._database = Database(path, warn)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; the next call opens it again."""
        self._database.close()
